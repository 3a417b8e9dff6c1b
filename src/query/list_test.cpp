#include "query/list_test.hpp"

#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/match.hpp"
#include "query/registry.hpp"
#include "query/unicode.hpp"

#include <unordered_set>

namespace harrier::query {

namespace {

/// A cell as a text that is equal for equal values of one type.
void append_key(std::string& out, const Value& value) {
  if (layout_of(value.type) == Layout::integer) {
    out.append(reinterpret_cast<const char*>(&value.i), sizeof value.i);
  } else if (value.type == ScalarType::dynamic) {
    out = json_key(value.s);
  } else {
    append_text(out, value);
  }
}

/// The wanted values of `in` and `in~`.
class ValueSet {
 public:
  ValueSet(ScalarType type, bool fold) : type_(type), fold_(fold) {}

  void add(const Value& item) {
    if (item.type == ScalarType::dynamic && type_ != ScalarType::dynamic) {
      if (json_kind(item.s) == JsonKind::array) {
        for (const std::string_view e : json_elements(item.s)) add(dynamic_value(e));
        return;
      }
      add_converted(convert(item, type_, heap_));
      return;
    }
    if (type_ == ScalarType::dynamic && item.type == ScalarType::dynamic &&
        json_kind(item.s) == JsonKind::array) {
      for (const std::string_view e : json_elements(item.s)) add_converted(dynamic_value(e));
      return;
    }
    add_converted(convert(item, type_, heap_));
  }

  /// Null: only a null in the list answers with null.
  [[nodiscard]] Value test(const Value& value) const {
    if (value.null) {
      return has_null_ ? Value::of_null(ScalarType::boolean) : Value::of_bool(false);
    }
    if (fold_) return Value::of_bool(texts_.count(lower_text(value.s)) != 0);
    if (layout_of(type_) == Layout::integer) return Value::of_bool(ints_.count(value.i) != 0);
    if (type_ == ScalarType::string || type_ == ScalarType::guid) {
      return Value::of_bool(texts_.find(value.s) != texts_.end());
    }
    std::string key;
    append_key(key, value);
    return Value::of_bool(texts_.count(key) != 0);
  }

 private:
  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  void add_converted(const Value& item) {
    if (item.null) {
      has_null_ = true;
    } else if (fold_) {
      texts_.insert(lower_text(item.s));
    } else if (layout_of(type_) == Layout::integer) {
      ints_.insert(item.i);
    } else {
      std::string key;
      append_key(key, item);
      texts_.insert(std::move(key));
    }
  }

  ScalarType type_;
  bool fold_;
  bool has_null_ = false;
  StringHeap heap_;
  std::unordered_set<std::int64_t> ints_;
  std::unordered_set<std::string, Hash, std::equal_to<>> texts_;
};

/// The needles of has_any and has_all.
class NeedleList {
 public:
  explicit NeedleList(bool all) : all_(all) {}

  void add(const Value& item) {
    if (item.type == ScalarType::dynamic && json_kind(item.s) == JsonKind::array) {
      for (const std::string_view e : json_elements(item.s)) add(dynamic_value(e));
      return;
    }
    needles_.emplace_back(MatchKind::has, false, text_of(item));
  }

  [[nodiscard]] bool test(std::string_view text) const {
    for (const Needle& needle : needles_) {
      if (needle.in(text) != all_) return !all_;
    }
    return all_;
  }

 private:
  bool all_;
  std::vector<Needle> needles_;
};

class ListExpression final : public Expression {
 public:
  ListExpression(const kql::ListTest& test, ExpressionPtr value, std::vector<ExpressionPtr> items,
                 std::vector<TablePtr> tables)
      : op_(test.op),
        negated_(test.negated),
        type_(test.value->type),
        value_(std::move(value)),
        items_(std::move(items)),
        tables_(std::move(tables)) {}

  Result<VectorPtr> evaluate(const Chunk& input) override {
    HARRIER_TRY(const VectorPtr value, value_->evaluate(input));
    std::vector<VectorPtr> items;
    bool fixed = true;
    for (const ExpressionPtr& item : items_) {
      HARRIER_TRY(VectorPtr vector, item->evaluate(input));
      fixed = fixed && vector->constant;
      items.push_back(std::move(vector));
    }
    if (fixed && !prepared_) prepare(items, 0);
    VectorBuilder builder(ScalarType::boolean, input.rows);
    const std::size_t rows = fixed && value->constant ? 1 : input.rows;
    for (std::size_t row = 0; row < rows; ++row) {
      if (!fixed) prepare(items, row);
      Value answer = test(value->at(row));
      if (!answer.null && negated_) answer.i = answer.i == 0 ? 1 : 0;
      builder.push(answer);
    }
    auto out = builder.finish();
    out->constant = fixed && value->constant;
    return VectorPtr(std::move(out));
  }

 private:
  [[nodiscard]] bool is_set() const { return op_ == kql::ListOp::in || op_ == kql::ListOp::in_ci; }

  void prepare(const std::vector<VectorPtr>& items, std::size_t row) {
    prepared_ = true;
    set_.emplace(type_, op_ == kql::ListOp::in_ci);
    needles_.emplace(op_ == kql::ListOp::has_all);
    const auto add = [&](const Value& item) {
      if (is_set()) {
        set_->add(item);
      } else {
        needles_->add(item);
      }
    };
    for (const VectorPtr& item : items) add(item->at(row));
    for (const TablePtr& table : tables_) {
      for (std::size_t k = 0; k < table->rows(); ++k) add(table->at(0, k));
    }
  }

  [[nodiscard]] Value test(const Value& value) const {
    if (is_set()) return set_->test(value);
    return Value::of_bool(needles_->test(value.s));
  }

  kql::ListOp op_;
  bool negated_;
  ScalarType type_;
  ExpressionPtr value_;
  std::vector<ExpressionPtr> items_;
  std::vector<TablePtr> tables_;
  bool prepared_ = false;
  std::optional<ValueSet> set_;
  std::optional<NeedleList> needles_;
};

}  // namespace

Result<ExpressionPtr> compile_list_test(const kql::ListTest& test, Scope scope) {
  HARRIER_TRY(ExpressionPtr value, compile_expression(test.value, scope));
  HARRIER_TRY(std::vector<ExpressionPtr> items, compile_expressions(test.items, scope));
  std::vector<TablePtr> tables;
  for (const kql::PlanPtr& plan : test.tables) {
    HARRIER_TRY(TablePtr table, scope.execution.list(plan));
    tables.push_back(std::move(table));
  }
  return ExpressionPtr(std::make_unique<ListExpression>(test, std::move(value), std::move(items),
                                                        std::move(tables)));
}

}  // namespace harrier::query
