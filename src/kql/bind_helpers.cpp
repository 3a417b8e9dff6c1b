#include "kql/binder.hpp"
#include "kql/literals.hpp"
#include "kql/traverse.hpp"

#include <algorithm>

namespace harrier::kql {
namespace {

std::string_view conversion_name(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::boolean:
      return "tobool";
    case ScalarType::int_:
      return "toint";
    case ScalarType::long_:
      return "tolong";
    case ScalarType::real:
      return "todouble";
    case ScalarType::decimal:
      return "todecimal";
    case ScalarType::datetime:
      return "todatetime";
    case ScalarType::timespan:
      return "totimespan";
    case ScalarType::guid:
      return "toguid";
    case ScalarType::string:
      return "tostring";
    case ScalarType::dynamic:
      return "dynamic_of";
  }
  return "tostring";
}

int rank(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::int_:
      return 1;
    case ScalarType::long_:
      return 2;
    case ScalarType::real:
      return 3;
    case ScalarType::decimal:
      return 4;
    case ScalarType::boolean:
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::guid:
    case ScalarType::string:
    case ScalarType::dynamic:
      return 0;
  }
  return 0;
}

/// Conversions of constants that need no clock and no library.
std::optional<Value> convert_constant(const Value& value, ScalarType type) {
  if (value.is_null()) return Value::null(type);
  const bool integer = is_integer(value.type());
  if (integer && is_integer(type)) return Value(type, value.integer());
  if (integer && type == ScalarType::real) {
    return Value::of_real(static_cast<double>(value.integer()));
  }
  if (integer && type == ScalarType::boolean) return Value::of_bool(value.integer() != 0);
  if (integer && type == ScalarType::string) {
    return Value::of_string(std::to_string(value.integer()));
  }
  if (value.type() == ScalarType::boolean && type == ScalarType::long_) {
    return Value::of_long(value.boolean() ? 1 : 0);
  }
  if (value.type() == ScalarType::string && type != ScalarType::dynamic &&
      type != ScalarType::boolean && type != ScalarType::decimal) {
    const auto parsed = parse_typed(type, value.text());
    return parsed ? *parsed : Value::null(type);
  }
  if (type == ScalarType::dynamic) {
    std::string json;
    append_json_value(json, value);
    return Value::of_dynamic(std::move(json));
  }
  return std::nullopt;
}

}  // namespace

ExprPtr make_expr(ScalarType type, Span span, ExprNode node) {
  auto expr = std::make_shared<Expr>();
  expr->type = type;
  expr->span = span;
  expr->node = std::move(node);
  expr->depth = depth_of(*expr);
  return expr;
}

ExprPtr column_ref(const Schema& schema, std::size_t index, Span span) {
  return make_expr(schema[index].type, span, ColumnRef{index});
}

ExprPtr constant(Value value, Span span) {
  const ScalarType type = value.type();
  return make_expr(type, span, Constant{std::move(value)});
}

ExprPtr call_expr(std::string_view name, ScalarType type, std::vector<ExprPtr> args, Span span) {
  const Function* function = find_operator(name);
  if (function == nullptr) function = find_function(name);
  return make_expr(type, span, Call{function, std::move(args)});
}

ExprPtr convert(ExprPtr expr, ScalarType type) {
  if (expr->type == type) return expr;
  const Span span = expr->span;
  if (const Value* value = constant_of(expr)) {
    if (auto folded = convert_constant(*value, type)) return constant(std::move(*folded), span);
  }
  return call_expr(conversion_name(type), type, {std::move(expr)}, span);
}

const Value* constant_of(const ExprPtr& expr) noexcept {
  const auto* node = std::get_if<Constant>(&expr->node);
  return node == nullptr ? nullptr : &node->value;
}

bool is_number(ScalarType type) noexcept {
  return rank(type) != 0;
}

bool is_integer(ScalarType type) noexcept {
  return type == ScalarType::int_ || type == ScalarType::long_;
}

std::optional<ScalarType> wider(ScalarType a, ScalarType b) noexcept {
  if (rank(a) == 0 || rank(b) == 0) return std::nullopt;
  return rank(a) < rank(b) ? b : a;
}

std::optional<std::size_t> find_column(const Schema& schema, std::string_view name) noexcept {
  std::optional<std::size_t> hidden;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name != name) continue;
    if (!schema[i].hidden) return i;
    hidden = i;
  }
  return hidden;
}

std::string free_name(const Schema& schema, const std::string& base) {
  const auto taken = [&schema](std::string_view name) {
    return std::any_of(schema.begin(), schema.end(), [name](const OutColumn& column) {
      return !column.hidden && column.name == name;
    });
  };
  if (!taken(base)) return base;
  for (std::size_t i = 1;; ++i) {
    std::string candidate = base + std::to_string(i);
    if (!taken(candidate)) return candidate;
  }
}

std::vector<std::string> column_names(const Schema& schema) {
  std::vector<std::string> names;
  names.reserve(schema.size());
  for (const OutColumn& column : schema) {
    if (!column.hidden) names.push_back(column.name);
  }
  return names;
}

bool matches_pattern(std::string_view pattern, std::string_view name) noexcept {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view head = pattern.substr(0, star);
  if (!name.starts_with(head)) return false;
  pattern.remove_prefix(star + 1);
  name.remove_prefix(head.size());
  while (true) {
    const auto next = pattern.find('*');
    const std::string_view part = pattern.substr(0, next);
    if (next == std::string_view::npos) return name.size() >= part.size() && name.ends_with(part);
    const auto at = name.find(part);
    if (at == std::string_view::npos) return false;
    name.remove_prefix(at + part.size());
    pattern.remove_prefix(next + 1);
  }
}

ExprPtr null_expr(ScalarType type, Span span) {
  return constant(Value::null(type), span);
}

}  // namespace harrier::kql
