// Constant folding: what needs only the query's clock and plain arithmetic.
#include "base/time.hpp"
#include "kql/binder.hpp"
#include "kql/optimizer.hpp"
#include "kql/traverse.hpp"

#include <algorithm>
#include <cmath>

namespace harrier::kql {

using enum ScalarType;

namespace {

std::int64_t wrap(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::optional<Value> datetime_value(std::int64_t base, std::int64_t shift) {
  std::int64_t ticks = 0;
  if (__builtin_add_overflow(base, shift, &ticks) || ticks < 0 || ticks >= kEndOfTime.ticks) {
    return Value::null(datetime);
  }
  return Value::of_datetime(ticks);
}

std::optional<Value> integers(std::string_view op, std::int64_t a, std::int64_t b,
                              ScalarType type) {
  const auto x = static_cast<std::uint64_t>(a);
  const auto y = static_cast<std::uint64_t>(b);
  if (op == "+") return Value(type, wrap(x + y));
  if (op == "-") return Value(type, wrap(x - y));
  if (op == "*") return Value(type, wrap(x * y));
  return std::nullopt;
}

std::optional<Value> arithmetic(std::string_view op, const Value& a, const Value& b,
                                ScalarType result) {
  // A null is not equal to a value, and that is a value too.
  if (op == "==" || op == "!=") return std::nullopt;
  if (a.is_null() || b.is_null()) return Value::null(result);
  if (a.type() == long_ && b.type() == long_) {
    return integers(op, a.integer(), b.integer(), long_);
  }
  if (a.type() == real && b.type() == real) {
    if (op == "+") return Value::of_real(a.real() + b.real());
    if (op == "-") return Value::of_real(a.real() - b.real());
    if (op == "*") return Value::of_real(a.real() * b.real());
    if (op == "/") return Value::of_real(a.real() / b.real());
    return std::nullopt;
  }
  if (a.type() == datetime && b.type() == timespan && op != "%") {
    return datetime_value(a.integer(), op == "+" ? b.integer() : -b.integer());
  }
  if (a.type() == datetime && b.type() == datetime) {
    return Value::of_timespan(a.integer() - b.integer());
  }
  if (a.type() == timespan && b.type() == timespan && (op == "+" || op == "-")) {
    return integers(op, a.integer(), b.integer(), timespan);
  }
  if (a.type() == timespan && b.type() == real && op == "*") {
    const double ticks = static_cast<double>(a.integer()) * b.real();
    if (!(std::fabs(ticks) < 9.2e18)) return std::nullopt;
    return Value::of_timespan(static_cast<std::int64_t>(std::trunc(ticks)));
  }
  return std::nullopt;
}

/// `and` and `or`: constants that decide or do not matter fall away.
ExprPtr fold_logic(const ExprPtr& expr, const Call& call) {
  const bool decisive = call.function->name == "or";
  std::vector<ExprPtr> rest;
  for (const ExprPtr& arg : call.args) {
    const Value* value = constant_of(arg);
    if (value == nullptr || value->is_null()) {
      rest.push_back(arg);
    } else if (value->boolean() == decisive) {
      return arg;
    }
  }
  if (rest.empty()) return constant(Value::of_bool(!decisive), expr->span);
  if (rest.size() == 1) return rest.front();
  if (rest.size() == call.args.size()) return expr;
  return call_expr(call.function->name, boolean, std::move(rest), expr->span);
}

std::optional<Value> clock_value(const Call& call, Instant now) {
  const std::string_view name = call.function->name;
  if (name != "now" && name != "ago") return std::nullopt;
  if (call.args.empty()) return Value::of_datetime(now.ticks);
  const Value* shift = constant_of(call.args.front());
  if (shift == nullptr) return std::nullopt;
  if (shift->is_null()) return Value::null(datetime);
  return datetime_value(now.ticks, name == "now" ? shift->integer() : -shift->integer());
}

std::optional<Value> start_of_day(const Call& call) {
  const Value* value = constant_of(call.args.front());
  const bool plain = call.function->name == "startofday" && call.args.size() == 1;
  if (!plain || value == nullptr || value->is_null()) return std::nullopt;
  return Value::of_datetime(value->integer() - value->integer() % kTicksPerDay);
}

/// Tests of the empty text, which a missing column of a union gives: nothing is in it.
std::optional<bool> empty_text_test(const ExprPtr& value, std::string_view op,
                                    const std::vector<ExprPtr>& others) {
  const auto text = [](const ExprPtr& expr) {
    const Value* held = constant_of(expr);
    return held != nullptr && held->type() == string ? held : nullptr;
  };
  const Value* left = text(value);
  if (left == nullptr || !left->text().empty() || others.empty()) return std::nullopt;
  for (const ExprPtr& other : others) {
    const Value* right = text(other);
    if (right == nullptr || right->text().empty()) return std::nullopt;
  }
  return op.front() == '!';
}

ExprPtr fold_text_test(const ExprPtr& expr, const Call& call) {
  const std::string_view op = call.function->name;
  const bool test = call.function->kind == FunctionKind::operator_ && call.args.size() == 2 &&
                    expr->type == boolean && op != "<" && op != ">" && op != "<=" && op != ">=" &&
                    op != "matches regex";
  if (!test) return expr;
  const auto known = empty_text_test(call.args[0], op, {call.args[1]});
  return known ? constant(Value::of_bool(*known), expr->span) : expr;
}

ExprPtr fold_list(const ExprPtr& expr, const ListTest& test) {
  if (!test.tables.empty()) return expr;
  const auto known = empty_text_test(test.value, test.negated ? "!" : "in", test.items);
  return known ? constant(Value::of_bool(*known), expr->span) : expr;
}

ExprPtr fold_call(const ExprPtr& expr, const Call& call, const CompileOptions& options) {
  const std::string_view name = call.function->name;
  if (name == "and" || name == "or") return fold_logic(expr, call);
  if (const ExprPtr known = fold_text_test(expr, call); known != expr) return known;
  std::optional<Value> value = clock_value(call, options.now);
  const bool constants = std::all_of(call.args.begin(), call.args.end(), [](const ExprPtr& arg) {
    return constant_of(arg) != nullptr;
  });
  if (!value && constants && call.args.size() == 2 &&
      call.function->kind == FunctionKind::operator_) {
    value = arithmetic(name, *constant_of(call.args[0]), *constant_of(call.args[1]), expr->type);
  }
  if (!value && constants && !call.args.empty()) value = start_of_day(call);
  if (!value && constants && call.function->pure && options.fold) value = options.fold(*expr);
  if (!value || value->type() != expr->type) return expr;
  return constant(std::move(*value), expr->span);
}

}  // namespace

ExprPtr fold(const ExprPtr& expr, const CompileOptions& options) {
  const ExprMap parts = [&options](const ExprPtr& part) { return fold(part, options); };
  const PlanMap plans = [](const PlanPtr& plan) { return plan; };
  const ExprPtr inner = map_parts(expr, parts, plans);
  if (const auto* test = std::get_if<ListTest>(&inner->node)) return fold_list(inner, *test);
  const auto* call = std::get_if<Call>(&inner->node);
  return call == nullptr ? inner : fold_call(inner, *call, options);
}

}  // namespace harrier::kql
