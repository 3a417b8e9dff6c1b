// Operators that pass rows on: literal rows, filter, project, take, sample, distinct, union.
#include "query/convert.hpp"
#include "query/operators/make.hpp"
#include "query/pipeline.hpp"

#include <algorithm>
#include <random>

namespace harrier::query {

namespace {

class StageOperator final : public Operator {
 public:
  StageOperator(OperatorPtr input, StagePtr stage, QueryContext& context)
      : input_(std::move(input)), stage_(std::move(stage)), context_(context) {}

  Result<bool> next(Chunk& out) override {
    HARRIER_TRYV(context_.check());
    HARRIER_TRY(const bool more, input_->next(out));
    if (!more) return false;
    HARRIER_TRYV(stage_->apply(out));
    return true;
  }

 private:
  OperatorPtr input_;
  StagePtr stage_;
  QueryContext& context_;
};

/// A stage whose expressions need all rows in order.
class WindowOperator final : public Operator {
 public:
  WindowOperator(OperatorPtr input, StagePtr stage, std::vector<ScalarType> types,
                 QueryContext& context)
      : input_(std::move(input)),
        stage_(std::move(stage)),
        types_(std::move(types)),
        context_(context) {}

  Result<bool> next(Chunk& out) override {
    if (!rows_) {
      HARRIER_TRY(const TablePtr table, drain(*input_, types_, context_));
      Chunk all = table->all();
      HARRIER_TRYV(stage_->apply(all));
      rows_ = std::make_unique<ChunkSource>(std::move(all));
    }
    return rows_->next(out);
  }

 private:
  OperatorPtr input_;
  StagePtr stage_;
  std::vector<ScalarType> types_;
  QueryContext& context_;
  std::unique_ptr<ChunkSource> rows_;
};

class TakeOperator final : public Operator {
 public:
  TakeOperator(OperatorPtr input, std::size_t count) : input_(std::move(input)), left_(count) {}

  Result<bool> next(Chunk& out) override {
    if (left_ == 0) {
      input_.reset();
      return false;
    }
    HARRIER_TRY(const bool more, input_->next(out));
    if (!more) return false;
    if (out.rows > left_) out = slice(out, 0, left_);
    left_ -= out.rows;
    return true;
  }

 private:
  OperatorPtr input_;
  std::size_t left_;
};

class DistinctOperator final : public Operator {
 public:
  DistinctOperator(OperatorPtr input, const std::vector<ScalarType>& types, QueryContext& context)
      : input_(std::move(input)), seen_(types), context_(context), memory_(context.memory()) {}

  Result<bool> next(Chunk& out) override {
    HARRIER_TRYV(context_.check());
    HARRIER_TRY(const bool more, input_->next(out));
    if (!more) return false;
    std::size_t known = seen_.groups();
    seen_.insert(out.columns, out.rows, ids_);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < out.rows; ++row) {
      if (ids_[row] != known) continue;
      ++known;
      rows.push_back(row);
    }
    HARRIER_TRYV(memory_.set(seen_.bytes()));
    out = gather(out, rows);
    return true;
  }

 private:
  OperatorPtr input_;
  GroupTable seen_;
  QueryContext& context_;
  MemoryUse memory_;
  std::vector<std::uint32_t> ids_;
};

/// The inputs one after the other.
class UnionOperator final : public Operator {
 public:
  UnionOperator(const kql::Union& node, Execution& execution)
      : node_(node), execution_(execution) {}

  Result<bool> next(Chunk& out) override {
    while (at_ < node_.inputs.size()) {
      if (!current_) {
        HARRIER_TRY(current_, execution_.build(node_.inputs[at_]));
      }
      HARRIER_TRY(const bool more, current_->next(out));
      if (more) return true;
      current_.reset();
      ++at_;
    }
    return false;
  }

 private:
  const kql::Union& node_;
  Execution& execution_;
  OperatorPtr current_;
  std::size_t at_ = 0;
};

/// Rows chosen by reservoir sampling.
class SampleOperator final : public Operator {
 public:
  SampleOperator(OperatorPtr input, std::vector<ScalarType> types, std::size_t count,
                 QueryContext& context)
      : input_(std::move(input)), types_(std::move(types)), count_(count), context_(context) {}

  Result<bool> next(Chunk& out) override {
    if (!rows_) {
      HARRIER_TRY(const TablePtr table, drain(*input_, types_, context_));
      std::vector<std::uint32_t> all(table->rows());
      for (std::uint32_t k = 0; k < all.size(); ++k) all[k] = k;
      std::vector<std::uint32_t> chosen;
      std::sample(all.begin(), all.end(), std::back_inserter(chosen),
                  static_cast<std::ptrdiff_t>(count_), std::mt19937_64{std::random_device{}()});
      rows_ = std::make_unique<ChunkSource>(gather(table->all(), chosen));
    }
    return rows_->next(out);
  }

 private:
  OperatorPtr input_;
  std::vector<ScalarType> types_;
  std::size_t count_;
  QueryContext& context_;
  std::unique_ptr<ChunkSource> rows_;
};

/// `range x from a to b step c`.
class RangeOperator final : public Operator {
 public:
  RangeOperator(ScalarType type, Value from, Value to, Value step, QueryContext& context)
      : type_(type), from_(from), to_(to), step_(step), context_(context) {}

  Result<bool> next(Chunk& out) override {
    HARRIER_TRYV(context_.check());
    VectorBuilder builder(type_, kChunkRows);
    while (builder.size() < kChunkRows && step_one(builder)) ++count_;
    out.rows = builder.size();
    const bool more = out.rows > 0;
    out.columns = {builder.finish()};
    return more;
  }

 private:
  bool step_one(VectorBuilder& builder) {
    if (type_ == ScalarType::real) {
      const double value = from_.r + static_cast<double>(count_) * step_.r;
      if (step_.r == 0 || (step_.r > 0 ? value > to_.r : value < to_.r)) return false;
      builder.push_real(value);
      return true;
    }
    std::int64_t length = 0;
    std::int64_t value = 0;
    if (step_.i == 0 || __builtin_mul_overflow(count_, step_.i, &length) ||
        __builtin_add_overflow(from_.i, length, &value)) {
      return false;
    }
    if (step_.i > 0 ? value > to_.i : value < to_.i) return false;
    if (type_ == ScalarType::datetime && !in_datetime_range(value)) return false;
    builder.push_int(value);
    return true;
  }

  ScalarType type_;
  Value from_;
  Value to_;
  Value step_;
  QueryContext& context_;
  std::int64_t count_ = 0;
};

}  // namespace

Result<OperatorPtr> make_values(const kql::Plan& plan, const kql::Values& node,
                                Execution& execution) {
  std::vector<VectorBuilder> builders;
  for (const kql::OutColumn& column : plan.schema)
    builders.emplace_back(column.type, node.rows.size());
  for (const auto& row : node.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      StringHeap heap;
      HARRIER_TRY(Value value, constant_of(row[c], Scope{execution}, heap));
      if (value.type != builders[c].type()) value = convert(value, builders[c].type(), heap);
      builders[c].push(value);
    }
  }
  Chunk chunk;
  chunk.rows = node.rows.size();
  for (VectorBuilder& builder : builders) chunk.columns.push_back(builder.finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(chunk)));
}

Result<OperatorPtr> make_range(const kql::Plan& plan, const kql::RangeRows& node,
                               Execution& execution) {
  const ScalarType type = plan.schema[0].type;
  const ScalarType step_type = type == ScalarType::datetime ? ScalarType::timespan : type;
  StringHeap heap;
  Value bounds[3];
  const kql::ExprPtr* exprs[] = {&node.from, &node.to, &node.step};
  for (std::size_t k = 0; k < 3; ++k) {
    HARRIER_TRY(bounds[k], constant_of(*exprs[k], Scope{execution}, heap));
    bounds[k] = convert(bounds[k], k == 2 ? step_type : type, heap);
  }
  if (bounds[0].null || bounds[1].null || bounds[2].null || layout_of(type) == Layout::text) {
    return OperatorPtr(
        std::make_unique<ChunkSource>(Chunk{{constant_vector(Value::of_null(type))}, 0}));
  }
  return OperatorPtr(
      std::make_unique<RangeOperator>(type, bounds[0], bounds[1], bounds[2], execution.context()));
}

Result<OperatorPtr> make_filter(const kql::Filter& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(StagePtr stage, make_filter_stage(node, Scope{execution}));
  if (has_window(*node.predicate)) {
    return OperatorPtr(std::make_unique<WindowOperator>(
        std::move(input), std::move(stage), types_of(node.input->schema), execution.context()));
  }
  return OperatorPtr(
      std::make_unique<StageOperator>(std::move(input), std::move(stage), execution.context()));
}

Result<OperatorPtr> make_project(const kql::Project& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(StagePtr stage, make_project_stage(node, Scope{execution}));
  if (has_window(node.columns)) {
    return OperatorPtr(std::make_unique<WindowOperator>(
        std::move(input), std::move(stage), types_of(node.input->schema), execution.context()));
  }
  return OperatorPtr(
      std::make_unique<StageOperator>(std::move(input), std::move(stage), execution.context()));
}

Result<OperatorPtr> make_take(const kql::Take& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(const auto count, count_of(node.count, Scope{execution}));
  const std::int64_t rows = std::max<std::int64_t>(0, count.value_or(0));
  return OperatorPtr(
      std::make_unique<TakeOperator>(std::move(input), static_cast<std::size_t>(rows)));
}

Result<OperatorPtr> make_sample(const kql::Plan& plan, const kql::Sample& node,
                                Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(const auto count, count_of(node.count, Scope{execution}));
  const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(0, count.value_or(0)));
  if (node.distinct) {
    input = std::make_unique<DistinctOperator>(std::move(input), types_of(plan.schema),
                                               execution.context());
    return OperatorPtr(std::make_unique<TakeOperator>(std::move(input), rows));
  }
  return OperatorPtr(std::make_unique<SampleOperator>(std::move(input), types_of(plan.schema), rows,
                                                      execution.context()));
}

Result<OperatorPtr> make_distinct(const kql::Plan& plan, const kql::Distinct& node,
                                  Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  return OperatorPtr(std::make_unique<DistinctOperator>(std::move(input), types_of(plan.schema),
                                                        execution.context()));
}

Result<OperatorPtr> make_union(const kql::Union& node, Execution& execution) {
  return OperatorPtr(std::make_unique<UnionOperator>(node, execution));
}

}  // namespace harrier::query
