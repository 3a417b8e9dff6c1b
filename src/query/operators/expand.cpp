// mv-expand and mv-apply.
#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/operators/make.hpp"

namespace harrier::query {

namespace {

/// The elements that one value expands into.
struct Elements {
  std::vector<std::string_view> values;
  bool null = false;  ///< one row with a null
};

Elements elements_of(const Value& value, bool pairs, StringHeap& heap) {
  Elements out;
  if (value.null) {
    out.null = true;
    return out;
  }
  const JsonKind kind = json_kind(value.s);
  if (kind == JsonKind::array) {
    out.values = json_elements(value.s);
  } else if (kind == JsonKind::object) {
    JsonCursor cursor(value.s);
    while (cursor.next()) {
      std::string json = pairs ? "[\"" : "{\"";
      json += cursor.raw_key();
      json += pairs ? "\"," : "\":";
      json += cursor.value();
      json += pairs ? "]" : "}";
      out.values.push_back(heap.add(json));
    }
  } else {
    out.values.push_back(value.s);
  }
  return out;
}

/// A cast, not a conversion: an element that is not of the type becomes null; numbers widen.
Value cast_element(std::string_view json, ScalarType type, StringHeap& heap) {
  if (type == ScalarType::dynamic) return dynamic_value(json);
  const Value scalar = json_scalar(json, heap);
  const JsonKind kind = json_kind(json);
  if (kind == JsonKind::null) return Value::of_null(type);
  const bool number = kind == JsonKind::integer || kind == JsonKind::real;
  const bool text = kind == JsonKind::string;
  switch (type) {
    case ScalarType::string:
      return convert(Value::of_text(ScalarType::dynamic, json), type, heap);
    case ScalarType::boolean:
      return kind == JsonKind::boolean ? scalar : Value::of_null(type);
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::real:
    case ScalarType::decimal:
      return number ? convert(scalar, type, heap) : Value::of_null(type);
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::guid:
      return text ? convert(scalar, type, heap) : Value::of_null(type);
    case ScalarType::dynamic:
      break;
  }
  return dynamic_value(json);
}

struct Item {
  ExpressionPtr value;
  ScalarType type;
};

Result<std::vector<Item>> compile_items(const std::vector<kql::ExpandItem>& items, Scope scope) {
  std::vector<Item> out;
  for (const kql::ExpandItem& item : items) {
    HARRIER_TRY(ExpressionPtr value, compile_expression(item.value, scope));
    out.push_back({std::move(value), item.type});
  }
  return out;
}

Result<std::size_t> limit_of(const kql::ExprPtr& limit, Scope scope) {
  if (!limit) return static_cast<std::size_t>(-1);
  HARRIER_TRY(const auto count, count_of(limit, scope));
  return count && *count >= 0 ? static_cast<std::size_t>(*count) : static_cast<std::size_t>(-1);
}

/// Expands the rows of one chunk.
class Expander {
 public:
  Expander(std::vector<Item> items, bool pairs, std::size_t limit)
      : items_(std::move(items)), pairs_(pairs), limit_(limit) {}

  Result<> evaluate(const Chunk& input) {
    values_.clear();
    for (const Item& item : items_) {
      HARRIER_TRY(VectorPtr vector, item.value->evaluate(input));
      values_.push_back(std::move(vector));
    }
    return {};
  }

  /// Fills `cells[i]` with the elements of item i in `row`; returns how many rows it gives.
  std::size_t row(std::size_t row, std::vector<std::vector<Value>>& cells, StringHeap& heap) const {
    std::size_t longest = 0;
    std::vector<Elements> all;
    for (const VectorPtr& value : values_) {
      all.push_back(elements_of(value->at(row), pairs_, heap));
      longest = std::max(longest, all.back().null ? 1 : all.back().values.size());
    }
    longest = std::min(longest, limit_);
    cells.assign(items_.size(), {});
    for (std::size_t k = 0; k < items_.size(); ++k) {
      for (std::size_t n = 0; n < longest; ++n) {
        const bool there = n < all[k].values.size();
        cells[k].push_back(there ? cast_element(all[k].values[n], items_[k].type, heap)
                                 : Value::of_null(items_[k].type));
      }
    }
    return longest;
  }

  void own(VectorBuilder& builder) const {
    for (const VectorPtr& value : values_) builder.own_all(*value);
  }

 private:
  std::vector<Item> items_;
  bool pairs_;
  std::size_t limit_;
  std::vector<VectorPtr> values_;
};

class MvExpandOperator final : public Operator {
 public:
  MvExpandOperator(const kql::MvExpand& node, std::vector<ScalarType> types, OperatorPtr input,
                   Expander expander, QueryContext& context)
      : node_(node),
        types_(std::move(types)),
        input_(std::move(input)),
        expander_(std::move(expander)),
        context_(context) {}

  Result<bool> next(Chunk& out) override {
    HARRIER_TRYV(context_.check());
    while (at_ >= chunk_.rows) {
      HARRIER_TRY(const bool more, input_->next(chunk_));
      if (!more) return false;
      at_ = 0;
      HARRIER_TRYV(expander_.evaluate(chunk_));
    }
    auto heap = std::make_shared<StringHeap>();
    std::vector<VectorBuilder> builders;
    for (const ScalarType type : types_) builders.emplace_back(type, kChunkRows);
    std::vector<std::vector<Value>> cells;
    std::size_t rows = 0;
    for (; at_ < chunk_.rows && rows < kChunkRows; ++at_) {
      const std::size_t count = expander_.row(at_, cells, *heap);
      for (std::size_t n = 0; n < count; ++n) append(builders, cells, n);
      rows += count;
    }
    out.columns.clear();
    out.rows = rows;
    for (std::size_t c = 0; c < builders.size(); ++c) {
      builders[c].own(heap);
      expander_.own(builders[c]);
      if (node_.output[c].source == kql::ExpandColumn::Source::input) {
        builders[c].own_all(*chunk_.columns[node_.output[c].index]);
      }
      out.columns.push_back(builders[c].finish());
    }
    return true;
  }

 private:
  void append(std::vector<VectorBuilder>& builders, const std::vector<std::vector<Value>>& cells,
              std::size_t n) const {
    for (std::size_t c = 0; c < builders.size(); ++c) {
      const kql::ExpandColumn& column = node_.output[c];
      switch (column.source) {
        case kql::ExpandColumn::Source::input:
          builders[c].push(chunk_.columns[column.index]->at(at_), false);
          break;
        case kql::ExpandColumn::Source::item:
          builders[c].push(cells[column.index][n], false);
          break;
        case kql::ExpandColumn::Source::ordinal:
          builders[c].push_int(static_cast<std::int64_t>(n));
          break;
        case kql::ExpandColumn::Source::sub:
          builders[c].push_null();
          break;
      }
    }
  }

  const kql::MvExpand& node_;
  std::vector<ScalarType> types_;
  OperatorPtr input_;
  Expander expander_;
  QueryContext& context_;
  Chunk chunk_;
  std::size_t at_ = 0;
};

class MvApplyOperator final : public Operator {
 public:
  MvApplyOperator(const kql::MvApply& node, std::vector<ScalarType> types, OperatorPtr input,
                  Expander expander, Execution& execution)
      : node_(node),
        types_(std::move(types)),
        input_(std::move(input)),
        expander_(std::move(expander)),
        execution_(execution) {}

  Result<bool> next(Chunk& out) override {
    HARRIER_TRY(const bool more, input_->next(chunk_));
    if (!more) return false;
    HARRIER_TRYV(expander_.evaluate(chunk_));
    std::vector<VectorBuilder> builders;
    for (const ScalarType type : types_) builders.emplace_back(type, chunk_.rows);
    std::size_t rows = 0;
    for (std::size_t row = 0; row < chunk_.rows; ++row) {
      HARRIER_TRYV(execution_.context().check());
      HARRIER_TRY(const TablePtr result, apply(row));
      for (std::size_t n = 0; n < result->rows(); ++n) {
        for (std::size_t c = 0; c < builders.size(); ++c) {
          const kql::ExpandColumn& column = node_.output[c];
          builders[c].push(column.source == kql::ExpandColumn::Source::sub
                               ? result->at(column.index, n)
                               : chunk_.columns[column.index]->at(row));
        }
      }
      rows += result->rows();
    }
    out.columns.clear();
    out.rows = rows;
    for (VectorBuilder& builder : builders) out.columns.push_back(builder.finish());
    return true;
  }

 private:
  /// Runs the subquery over the elements of one row.
  Result<TablePtr> apply(std::size_t row) {
    StringHeap heap;
    std::vector<std::vector<Value>> cells;
    const std::size_t count = expander_.row(row, cells, heap);
    std::vector<VectorBuilder> builders;
    for (const kql::ExpandColumn& column : node_.sub_input) {
      ScalarType type = ScalarType::long_;
      if (column.source == kql::ExpandColumn::Source::input) {
        type = node_.input->schema[column.index].type;
      } else if (column.source == kql::ExpandColumn::Source::item) {
        type = node_.items[column.index].type;
      }
      builders.emplace_back(type, count);
      for (std::size_t n = 0; n < count; ++n) {
        if (column.source == kql::ExpandColumn::Source::input) {
          builders.back().push(chunk_.columns[column.index]->at(row));
        } else if (column.source == kql::ExpandColumn::Source::item) {
          builders.back().push(cells[column.index][n]);
        } else {
          builders.back().push_int(static_cast<std::int64_t>(n));
        }
      }
    }
    Chunk elements;
    elements.rows = count;
    for (VectorBuilder& builder : builders) elements.columns.push_back(builder.finish());
    execution_.push_sub_input(std::move(elements));
    auto result = execution_.run(node_.sub);
    execution_.pop_sub_input();
    return result;
  }

  const kql::MvApply& node_;
  std::vector<ScalarType> types_;
  OperatorPtr input_;
  Expander expander_;
  Execution& execution_;
  Chunk chunk_;
};

}  // namespace

Result<OperatorPtr> make_mv_expand(const kql::Plan& plan, const kql::MvExpand& node,
                                   Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(std::vector<Item> items, compile_items(node.items, Scope{execution}));
  HARRIER_TRY(const std::size_t limit, limit_of(node.limit, Scope{execution}));
  return OperatorPtr(std::make_unique<MvExpandOperator>(
      node, types_of(plan.schema), std::move(input), Expander(std::move(items), node.pairs, limit),
      execution.context()));
}

Result<OperatorPtr> make_mv_apply(const kql::Plan& plan, const kql::MvApply& node,
                                  Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(std::vector<Item> items, compile_items(node.items, Scope{execution}));
  HARRIER_TRY(const std::size_t limit, limit_of(node.limit, Scope{execution}));
  return OperatorPtr(
      std::make_unique<MvApplyOperator>(node, types_of(plan.schema), std::move(input),
                                        Expander(std::move(items), false, limit), execution));
}

}  // namespace harrier::query
