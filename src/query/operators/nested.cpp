// top-nested and partition.
#include "query/convert.hpp"
#include "query/operators/aggregation.hpp"
#include "query/operators/make.hpp"

#include <algorithm>
#include <numeric>

namespace harrier::query {

namespace {

using Rows = std::vector<std::uint32_t>;

class TopNestedOperator final : public Operator {
 public:
  TopNestedOperator(const kql::Plan& plan, const kql::TopNested& node, OperatorPtr input,
                    Execution& execution)
      : plan_(plan), node_(node), input_(std::move(input)), execution_(execution) {}

  Result<bool> next(Chunk& out) override {
    if (!rows_) {
      HARRIER_TRY(const TablePtr table,
                  drain(*input_, types_of(node_.input->schema), execution_.context()));
      all_ = table->all();
      for (const kql::OutColumn& column : plan_.schema) builders_.emplace_back(column.type);
      path_.resize(plan_.schema.size());
      Rows everything(all_.rows);
      std::iota(everything.begin(), everything.end(), 0U);
      HARRIER_TRYV(descend(0, everything, false));
      Chunk result;
      result.rows = count_;
      for (VectorBuilder& builder : builders_) result.columns.push_back(builder.finish());
      rows_ = std::make_unique<ChunkSource>(std::move(result));
    }
    return rows_->next(out);
  }

 private:
  struct Group {
    Value key;
    Value value;
    Rows rows;
  };

  Result<> descend(std::size_t level, const Rows& rows, bool others) {
    if (level == node_.levels.size()) {
      for (std::size_t c = 0; c < builders_.size(); ++c) builders_[c].push(path_[c]);
      ++count_;
      return {};
    }
    const kql::TopNestedLevel& spec = node_.levels[level];
    HARRIER_TRYV(execution_.context().check());
    if (others) {  // below "others" there is one row of everything
      Group rest;
      rest.key = spec.others ? value_of(*spec.others, heap_) : Value::of_null(spec.key->type);
      HARRIER_TRY(rest.value, value_of_rows(spec, rows));
      return enter(level, rest, rows, true);
    }
    HARRIER_TRY(std::vector<Group> groups, grouped(spec, rows));
    std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
      if (a.value.null || b.value.null) {
        if (a.value.null == b.value.null) return false;
        return a.value.null == spec.nulls_first;
      }
      const int order = order_cells(a.value, b.value);
      return spec.descending ? order > 0 : order < 0;
    });
    std::size_t taken = groups.size();
    if (spec.count) {
      HARRIER_TRY(const auto count, count_of(spec.count, Scope{execution_}));
      taken =
          std::min(taken, static_cast<std::size_t>(std::max<std::int64_t>(0, count.value_or(0))));
    }
    for (std::size_t k = 0; k < taken; ++k)
      HARRIER_TRYV(enter(level, groups[k], groups[k].rows, false));
    if (!spec.others || taken == groups.size()) return {};
    Group rest;
    for (std::size_t k = taken; k < groups.size(); ++k) {
      rest.rows.insert(rest.rows.end(), groups[k].rows.begin(), groups[k].rows.end());
    }
    rest.key = convert(value_of(*spec.others, heap_), spec.key->type, heap_);
    HARRIER_TRY(rest.value, value_of_rows(spec, rest.rows));
    return enter(level, rest, rest.rows, true);
  }

  Result<> enter(std::size_t level, const Group& group, const Rows& rows, bool others) {
    path_[2 * level] = group.key;
    path_[2 * level + 1] = group.value;
    return descend(level + 1, rows, others);
  }

  Result<std::vector<Group>> grouped(const kql::TopNestedLevel& spec, const Rows& rows) {
    HARRIER_TRY(const ExpressionPtr key, compile_expression(spec.key, Scope{execution_}));
    const Chunk chunk = gather(all_, rows);
    HARRIER_TRY(const VectorPtr keys, key->evaluate(chunk));
    GroupTable table({spec.key->type});
    std::vector<std::uint32_t> ids;
    table.insert({keys}, chunk.rows, ids);
    std::vector<Group> out(table.groups());
    for (std::size_t k = 0; k < rows.size(); ++k) out[ids[k]].rows.push_back(rows[k]);
    for (std::size_t g = 0; g < out.size(); ++g) {
      out[g].key = table.keys().at(0, g);
      out[g].key.s = heap_.add(out[g].key.s);
      HARRIER_TRY(out[g].value, value_of_rows(spec, out[g].rows));
    }
    return out;
  }

  Result<Value> value_of_rows(const kql::TopNestedLevel& spec, const Rows& rows) {
    kql::Schema schema;
    for (const kql::AggregateCall& call : spec.aggregates) {
      schema.emplace_back("value", type_of(spec, call, schema.size()));
    }
    HARRIER_TRY(const auto aggregation,
                Aggregation::make({}, spec.aggregates, schema, Scope{execution_}));
    HARRIER_TRYV(aggregation->add(gather(all_, rows)));
    const Chunk result = aggregation->result(0, 1);
    HARRIER_TRY(const ExpressionPtr compiled, compile_expression(spec.value, Scope{execution_}));
    HARRIER_TRY(const VectorPtr vector, compiled->evaluate(result));
    Value value = vector->at(0);
    value.s = heap_.add(value.s);
    return value;
  }

  /// What the value expression sees in column `index`.
  static ScalarType type_of(const kql::TopNestedLevel& spec, const kql::AggregateCall& call,
                            std::size_t index) {
    const auto found = column_type(*spec.value, index);
    return found.value_or(call.function->result);
  }

  static std::optional<ScalarType> column_type(const kql::Expr& expr, std::size_t index) {
    if (const auto* column = std::get_if<kql::ColumnRef>(&expr.node)) {
      if (column->index == index) return expr.type;
    }
    if (const auto* call = std::get_if<kql::Call>(&expr.node)) {
      for (const kql::ExprPtr& arg : call->args) {
        if (const auto found = column_type(*arg, index)) return found;
      }
    }
    return std::nullopt;
  }

  const kql::Plan& plan_;
  const kql::TopNested& node_;
  OperatorPtr input_;
  Execution& execution_;
  Chunk all_;
  StringHeap heap_;
  std::vector<VectorBuilder> builders_;
  std::vector<Value> path_;
  std::size_t count_ = 0;
  std::unique_ptr<ChunkSource> rows_;
};

class PartitionOperator final : public Operator {
 public:
  PartitionOperator(const kql::Partition& node, OperatorPtr input, ExpressionPtr key,
                    Execution& execution)
      : node_(node), input_(std::move(input)), key_(std::move(key)), execution_(execution) {}

  Result<bool> next(Chunk& out) override {
    if (input_) {
      HARRIER_TRYV(read());
    }
    if (at_ == groups_.size()) return false;
    execution_.push_sub_input(gather(all_, groups_[at_++]));
    auto result = execution_.run(node_.sub);
    execution_.pop_sub_input();
    if (!result) return result.error();
    out = (*result)->all();
    return true;
  }

 private:
  Result<> read() {
    HARRIER_TRY(const TablePtr table,
                drain(*input_, types_of(node_.input->schema), execution_.context()));
    input_.reset();
    all_ = table->all();
    HARRIER_TRY(const VectorPtr keys, key_->evaluate(all_));
    GroupTable groups({node_.key->type});
    std::vector<std::uint32_t> ids;
    groups.insert({keys}, all_.rows, ids);
    groups_.resize(groups.groups());
    for (std::uint32_t row = 0; row < all_.rows; ++row) groups_[ids[row]].push_back(row);
    return {};
  }

  const kql::Partition& node_;
  OperatorPtr input_;
  ExpressionPtr key_;
  Execution& execution_;
  Chunk all_;
  std::vector<Rows> groups_;
  std::size_t at_ = 0;
};

}  // namespace

Result<OperatorPtr> make_top_nested(const kql::Plan& plan, const kql::TopNested& node,
                                    Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  return OperatorPtr(std::make_unique<TopNestedOperator>(plan, node, std::move(input), execution));
}

Result<OperatorPtr> make_partition(const kql::Plan&, const kql::Partition& node,
                                   Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(ExpressionPtr key, compile_expression(node.key, Scope{execution}));
  return OperatorPtr(
      std::make_unique<PartitionOperator>(node, std::move(input), std::move(key), execution));
}

}  // namespace harrier::query
