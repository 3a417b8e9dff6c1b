// Which conditions a store can test exactly as the language means them.
#include "kql/binder.hpp"
#include "kql/optimizer_impl.hpp"

#include <algorithm>

namespace harrier::kql {

using enum ScalarType;

namespace {

constexpr std::size_t kMaxListValues = 500;

/// Columns that a store does not hold under this name.
bool is_virtual(std::string_view name) {
  return name == "_Flagged" || name == "_FlagNote";
}

/// Types whose stored form SQL compares as the language does.
bool is_exact(ScalarType type) {
  return type == string || type == guid || type == datetime || type == boolean || type == real ||
         is_integer(type);
}

bool has_order(ScalarType type) {
  return type == datetime || type == real || is_integer(type);
}

/// The scan's column behind `expr`; widening an int to long changes nothing in a store.
std::optional<std::size_t> column_of(const ExprPtr& expr, const Plan& scan) {
  if (const auto* ref = std::get_if<ColumnRef>(&expr->node)) {
    const OutColumn& column = scan.schema[ref->index];
    if (!is_exact(column.type) || is_virtual(column.name)) return std::nullopt;
    return ref->index;
  }
  const auto* call = std::get_if<Call>(&expr->node);
  const bool widening = call != nullptr && call->function->name == "tolong" &&
                        call->args.size() == 1 && call->args.front()->type == int_;
  return widening ? column_of(call->args.front(), scan) : std::nullopt;
}

/// A constant that SQL can compare the column with.
const Value* usable(const ExprPtr& expr, ScalarType column) {
  const Value* value = constant_of(expr);
  if (value == nullptr || value->is_null()) return nullptr;
  if (value->type() != column && !(is_integer(value->type()) && is_integer(column))) return nullptr;
  if (column == string && value->text().empty()) return nullptr;
  if (column == real && value->real() != value->real()) return nullptr;
  return value;
}

ScanPredicate predicate(const Plan& scan, std::size_t column, ScanOp op,
                        std::vector<Value> values) {
  ScanPredicate made;
  made.column = std::get<TableScan>(scan.node).columns[column];
  made.type = scan.schema[column].type;
  made.op = op;
  made.values = std::move(values);
  return made;
}

std::optional<ScanOp> scan_op(std::string_view name, bool swapped) {
  if (name == "==") return ScanOp::eq;
  if (name == "!=") return ScanOp::ne;
  if (name == "<") return swapped ? ScanOp::gt : ScanOp::lt;
  if (name == "<=") return swapped ? ScanOp::ge : ScanOp::le;
  if (name == ">") return swapped ? ScanOp::lt : ScanOp::gt;
  if (name == ">=") return swapped ? ScanOp::le : ScanOp::ge;
  return std::nullopt;
}

bool comparison(const Call& call, const Plan& scan, std::vector<ScanPredicate>& into) {
  if (call.args.size() != 2) return false;
  const bool swapped = constant_of(call.args[0]) != nullptr;
  const auto op = scan_op(call.function->name, swapped);
  const auto column = column_of(call.args[swapped ? 1 : 0], scan);
  if (!op || !column) return false;
  const ScalarType type = scan.schema[*column].type;
  const Value* value = usable(call.args[swapped ? 0 : 1], type);
  const bool ordered = *op != ScanOp::eq && *op != ScanOp::ne;
  if (value == nullptr || (ordered && !has_order(type))) return false;
  into.push_back(predicate(scan, *column, *op, {*value}));
  return true;
}

bool between(const Call& call, const Plan& scan, std::vector<ScanPredicate>& into) {
  const auto column = column_of(call.args[0], scan);
  if (!column || !has_order(scan.schema[*column].type)) return false;
  const ScalarType type = scan.schema[*column].type;
  const Value* low = usable(call.args[1], type);
  const Value* high = usable(call.args[2], type);
  if (low == nullptr || high == nullptr) return false;
  into.push_back(predicate(scan, *column, ScanOp::ge, {*low}));
  into.push_back(predicate(scan, *column, ScanOp::le, {*high}));
  return true;
}

bool list(const ListTest& test, const Plan& scan, std::vector<ScanPredicate>& into) {
  if (test.op != ListOp::in || test.negated || !test.tables.empty() || test.items.empty() ||
      test.items.size() > kMaxListValues) {
    return false;
  }
  const auto column = column_of(test.value, scan);
  if (!column) return false;
  std::vector<Value> values;
  for (const ExprPtr& item : test.items) {
    const Value* value = usable(item, scan.schema[*column].type);
    if (value == nullptr) return false;
    values.push_back(*value);
  }
  into.push_back(predicate(scan, *column, ScanOp::in, std::move(values)));
  return true;
}

/// `_Flagged`, or its comparison with true.
bool asks_for_flag(const ExprPtr& condition, const Plan& scan) {
  if (const auto* ref = std::get_if<ColumnRef>(&condition->node)) {
    return std::get<TableScan>(scan.node).columns[ref->index] == "_Flagged";
  }
  const auto* call = std::get_if<Call>(&condition->node);
  if (call == nullptr || call->function->name != "==" || call->args.size() != 2) return false;
  const auto is_true = [](const ExprPtr& expr) {
    const Value* value = constant_of(expr);
    return value != nullptr && value->type() == boolean && !value->is_null() && value->boolean();
  };
  return (is_true(call->args[1]) && asks_for_flag(call->args[0], scan)) ||
         (is_true(call->args[0]) && asks_for_flag(call->args[1], scan));
}

}  // namespace

bool push_condition(const ExprPtr& condition, const Plan& scan, TableScan& table) {
  if (asks_for_flag(condition, scan)) {
    table.flagged = true;
    return true;
  }
  std::vector<ScanPredicate>& into = table.predicates;
  if (const auto* test = std::get_if<ListTest>(&condition->node)) return list(*test, scan, into);
  if (std::holds_alternative<ColumnRef>(condition->node)) {
    const auto column = column_of(condition, scan);
    if (!column) return false;
    into.push_back(predicate(scan, *column, ScanOp::eq, {Value::of_bool(true)}));
    return true;
  }
  const auto* call = std::get_if<Call>(&condition->node);
  if (call == nullptr) return false;
  if (call->function->name == "between") return between(*call, scan, into);
  const bool presence = call->function->name == "isnotnull" && call->args.size() == 1;
  if (presence) {
    const auto column = column_of(call->args.front(), scan);
    if (!column || scan.schema[*column].type == string) return false;
    into.push_back(predicate(scan, *column, ScanOp::not_null, {}));
    return true;
  }
  if (call->function->kind != FunctionKind::operator_) return false;
  return comparison(*call, scan, into);
}

}  // namespace harrier::kql
