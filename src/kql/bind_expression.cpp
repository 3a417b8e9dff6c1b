#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"
#include "kql/lexer.hpp"
#include "kql/literals.hpp"

#include <algorithm>

namespace harrier::kql {

using enum ScalarType;

namespace {

std::string type_name(ScalarType type) {
  return std::string(model::to_string(type));
}

/// A constant array of texts as one item each; false for everything else.
bool add_texts(const ExprPtr& array, std::vector<ExprPtr>& items) {
  const Value* value = constant_of(array);
  if (value == nullptr || value->is_null() || value->type() != dynamic) return false;
  const auto tokens = tokenize(value->text());
  if (!tokens || tokens->size() < 4 || tokens->front().text != "[") return false;
  std::vector<ExprPtr> found;
  for (std::size_t i = 1; i + 2 < tokens->size(); i += 2) {
    const Token& token = (*tokens)[i];
    const std::string& after = (*tokens)[i + 1].text;
    const bool last = i + 3 == tokens->size();
    if (token.kind != TokenKind::literal || token.value.type() != string) return false;
    if (after != (last ? "]" : ",")) return false;
    found.push_back(constant(token.value, array->span));
  }
  items.insert(items.end(), found.begin(), found.end());
  return true;
}

}  // namespace

Error Binder::mismatch(std::string_view op, ScalarType left, ScalarType right, Span span) const {
  return fail(span, "`" + std::string(op) + "` does not work on " + type_name(left) + " and " +
                        type_name(right));
}

Result<ExprPtr> Binder::bind_typed(const ast::Expr& expr, const Scope& scope, ScalarType type) {
  HARRIER_TRY(ExprPtr value, bind_scalar(expr, scope));
  if (value->type == type) return value;
  const bool allowed = wider(value->type, type).has_value() || type == dynamic || type == string ||
                       value->type == dynamic || constant_of(value) != nullptr;
  if (!allowed) {
    return fail(expr.span, "expected a value of type " + type_name(type) + ", found " +
                               type_name(value->type));
  }
  return convert(std::move(value), type);
}

Result<ExprPtr> Binder::bind_condition(const ast::Expr& expr, const Scope& scope) {
  HARRIER_TRY(ExprPtr value, bind_scalar(expr, scope));
  if (value->type != boolean) {
    return fail(expr.span, "expected a condition, found a value of type " + type_name(value->type) +
                               (value->type == dynamic ? "; convert it with tobool()" : ""));
  }
  return value;
}

Result<ExprPtr> Binder::bind_scalar(const ast::Expr& expr, const Scope& scope) {
  HARRIER_TRYV(count_step(expr.span));
  const Span span = expr.span;
  if (const auto* literal = std::get_if<ast::Literal>(&expr.node)) {
    if (scope.search && literal->value.type() == string) {
      return search_term(literal->value.text(), span, scope);
    }
    return constant(literal->value, span);
  }
  if (const auto* name = std::get_if<ast::Name>(&expr.node)) return bind_name(*name, span, scope);
  if (const auto* member = std::get_if<ast::Member>(&expr.node)) {
    return bind_member(*member, span, scope);
  }
  if (const auto* index = std::get_if<ast::Index>(&expr.node)) {
    return bind_index(*index, span, scope);
  }
  if (const auto* call = std::get_if<ast::Call>(&expr.node)) {
    HARRIER_TRY(Bound bound, bind_call(*call, span, scope));
    if (bound.scalar == nullptr) {
      return fail(span, "expected a value, found rows; toscalar() takes the first value of rows");
    }
    return bound.scalar;
  }
  if (const auto* negate = std::get_if<ast::Negate>(&expr.node)) {
    return bind_negate(*negate, span, scope);
  }
  if (const auto* binary = std::get_if<ast::Binary>(&expr.node)) {
    return bind_binary(*binary, span, scope);
  }
  if (const auto* between = std::get_if<ast::Between>(&expr.node)) {
    return bind_between(*between, span, scope);
  }
  if (const auto* test = std::get_if<ast::ListTest>(&expr.node)) {
    return bind_list_test(*test, span, scope);
  }
  if (std::holds_alternative<ast::Wildcard>(expr.node)) {
    if (scope.search) return constant(Value::of_bool(true), span);
    return fail(span, "`*` cannot stand here");
  }
  if (std::holds_alternative<ast::TypeLiteral>(expr.node)) {
    return fail(span, "`typeof` cannot stand here");
  }
  if (std::holds_alternative<ast::Assign>(expr.node)) {
    return fail(span, "`=` names a column; to compare, write `==`");
  }
  return fail(span, "expected a value, found rows; toscalar() takes the first value of rows");
}

Result<ExprPtr> Binder::bind_name(const ast::Name& name, Span span, const Scope& scope) {
  if (scope.columns != nullptr && scope.visible) {
    if (const auto index = find_column(*scope.columns, name.text)) {
      if (scope.aggregates != nullptr) {
        return fail(span, "the column `" + name.text + "` is not an aggregate: write take_any(" +
                              name.text + ") or put it behind `by`");
      }
      return column_ref(*scope.columns, *index, span);
    }
  }
  const Binding* binding = environment_->find(name.text);
  if (binding != nullptr && binding->scalar != nullptr) {
    if (binding->scope != 0 && binding->scope != scope.id) {
      return fail(span, "`" + name.text + "` depends on a row that this place does not have");
    }
    return binding->scalar;
  }
  if (binding != nullptr && binding->function != nullptr && binding->function->parameters.empty()) {
    HARRIER_TRY(Bound bound,
                call_function(*binding, ast::Call{{name.text, span}, {}}, span, scope, nullptr));
    if (bound.scalar != nullptr) return bound.scalar;
  }
  if (binding != nullptr) {
    return fail(span, "`" + name.text + "` is not a value here");
  }
  std::vector<std::string> known;
  if (scope.columns != nullptr && scope.visible) known = column_names(*scope.columns);
  for (const Environment* at = environment_; at != nullptr; at = at->outer) {
    for (const auto& [let, unused] : at->names) known.push_back(let);
  }
  const bool has_columns = scope.columns != nullptr && scope.visible;
  if (!name.text.empty() && name.text.front() >= '0' && name.text.front() <= '9') {
    return fail(span, "`" + name.text + "` is neither a number nor a known " +
                          (has_columns ? "column" : "name") +
                          "; units of time are d, h, m, s, ms, microsecond, tick");
  }
  return fail(span, std::string("unknown ") + (has_columns ? "column" : "name") + " `" + name.text +
                        "`" + suggestion(name.text, known));
}

// ---- dynamic access ----

Result<ExprPtr> Binder::extend_path(ExprPtr base, PathStep step, Span span) {
  if (const auto* path = std::get_if<DynamicPath>(&base->node)) {
    DynamicPath longer = *path;
    longer.steps.push_back(std::move(step));
    return make_expr(dynamic, span, std::move(longer));
  }
  if (base->type != dynamic) {
    return fail(span, "a value of type " + type_name(base->type) +
                          " has no members; parse_json() makes a text dynamic");
  }
  DynamicPath path;
  path.base = std::move(base);
  path.steps.push_back(std::move(step));
  return make_expr(dynamic, span, std::move(path));
}

Result<ExprPtr> Binder::bind_member(const ast::Member& member, Span span, const Scope& scope) {
  const auto* base_name = std::get_if<ast::Name>(&member.base->node);
  if (base_name != nullptr && scope.scan != nullptr) {
    const auto& steps = *scope.scan->steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].name.text != base_name->text) continue;
      const auto column = find_column(*scope.columns, member.name);
      if (!column) return fail(span, "unknown column `" + member.name + "`");
      return make_expr((*scope.columns)[*column].type, span, ScanState{i, *column});
    }
  }
  HARRIER_TRY(std::optional<ExprPtr> property, bind_property(member, span, scope));
  if (property) return std::move(*property);
  HARRIER_TRY(ExprPtr base, bind_scalar(*member.base, scope));
  return extend_path(std::move(base), PathStep{member.name}, span);
}

Result<ExprPtr> Binder::bind_index(const ast::Index& index, Span span, const Scope& scope) {
  HARRIER_TRY(ExprPtr base, bind_scalar(*index.base, scope));
  Scope plain = scope;
  plain.search = false;
  HARRIER_TRY(ExprPtr key, bind_scalar(*index.key, plain));
  if (const Value* value = constant_of(key); value != nullptr && !value->is_null()) {
    if (value->type() == string) {
      return extend_path(std::move(base), PathStep{value->text()}, span);
    }
    if (is_integer(value->type())) {
      return extend_path(std::move(base), PathStep{value->integer()}, span);
    }
  }
  if (key->type != string && !is_integer(key->type) && key->type != dynamic) {
    return fail(index.key->span, "an element is named by a text or a whole number");
  }
  if (key->type == int_) key = convert(std::move(key), long_);
  return extend_path(std::move(base), PathStep{std::move(key)}, span);
}

// ---- operators ----

Result<ExprPtr> Binder::bind_negate(const ast::Negate& negate, Span span, const Scope& scope) {
  HARRIER_TRY(ExprPtr operand, bind_scalar(*negate.operand, scope));
  if (const Value* value = constant_of(operand); value != nullptr && !value->is_null()) {
    if (is_integer(value->type()) || value->type() == timespan) {
      const auto negated =
          static_cast<std::int64_t>(0U - static_cast<std::uint64_t>(value->integer()));
      return constant(Value(value->type() == int_ ? long_ : value->type(), negated), span);
    }
    if (value->type() == real) return constant(Value::of_real(-value->real()), span);
  }
  if (operand->type == int_) operand = convert(std::move(operand), long_);
  const ScalarType type = operand->type;
  if (type == dynamic) {
    operand = convert(std::move(operand), real);
    ExprPtr negated = call_expr("neg", real, {std::move(operand)}, span);
    return convert(std::move(negated), dynamic);
  }
  if (!is_number(type) && type != timespan) {
    return fail(span, "`-` does not work on " + type_name(type));
  }
  return call_expr("neg", type, {std::move(operand)}, span);
}

Result<ExprPtr> Binder::bind_logic(const ast::Binary& binary, Span span, const Scope& scope) {
  std::vector<ExprPtr> operands;
  for (const ast::ExprPtr& operand : binary.operands) {
    HARRIER_TRY(ExprPtr value, bind_scalar(*operand, scope));
    if (value->type == dynamic) value = convert(std::move(value), boolean);
    if (value->type != boolean) {
      return fail(operand->span, "`" + binary.op + "` joins conditions, found a value of type " +
                                     type_name(value->type));
    }
    operands.push_back(std::move(value));
  }
  return call_expr(binary.op, boolean, std::move(operands), span);
}

Result<ExprPtr> Binder::bind_binary(const ast::Binary& binary, Span span, const Scope& scope) {
  if (binary.op == "and" || binary.op == "or") return bind_logic(binary, span, scope);
  if (std::holds_alternative<ast::Wildcard>(binary.operands[0]->node)) {
    return bind_star_test(binary, span, scope);
  }
  Scope plain = scope;
  plain.search = false;
  HARRIER_TRY(ExprPtr left, bind_scalar(*binary.operands[0], plain));
  if (binary.op == ":") {
    const auto* literal = std::get_if<ast::Literal>(&binary.operands[1]->node);
    if (literal == nullptr) return fail(binary.operands[1]->span, "expected a constant after `:`");
    if (literal->value.type() != string) {
      return bind_equality("==", std::move(left), constant(literal->value, span), span);
    }
    return search_column(std::move(left), literal->value.text(), span, scope);
  }
  HARRIER_TRY(ExprPtr right, bind_scalar(*binary.operands[1], plain));
  return bind_operation(binary.op, std::move(left), std::move(right), span, scope);
}

Result<ExprPtr> Binder::bind_operation(std::string_view op, ExprPtr left, ExprPtr right, Span span,
                                       const Scope&) {
  if (op == "==" || op == "!=") return bind_equality(op, std::move(left), std::move(right), span);
  if (op == "<" || op == ">" || op == "<=" || op == ">=") {
    return bind_order(op, std::move(left), std::move(right), span);
  }
  if (op == "+" || op == "-" || op == "*" || op == "/" || op == "%") {
    return bind_arithmetic(op, std::move(left), std::move(right), span);
  }
  return bind_text_test(op, std::move(left), std::move(right), span);
}

Result<ExprPtr> Binder::bind_equality(std::string_view op, ExprPtr left, ExprPtr right, Span span) {
  const auto finish = [&](ScalarType type) {
    if (left->type != dynamic) left = convert(std::move(left), type);
    if (right->type != dynamic) right = convert(std::move(right), type);
    return call_expr(op, boolean, {std::move(left), std::move(right)}, span);
  };
  const ScalarType a = left->type;
  const ScalarType b = right->type;
  if (a == b || a == dynamic || b == dynamic) return finish(a == dynamic ? b : a);
  if (const auto type = wider(a, b)) return finish(*type);
  if (a == string) return finish(constant_of(left) != nullptr ? b : string);
  if (b == string) return finish(constant_of(right) != nullptr ? a : string);
  const auto countable = [](ScalarType type) {
    return is_integer(type) || type == boolean || type == datetime || type == timespan;
  };
  if (countable(a) && countable(b)) return finish(long_);
  if ((a == boolean && is_number(b)) || (b == boolean && is_number(a))) return finish(real);
  if (a == guid || b == guid) return mismatch(op, a, b, span);
  return finish(real);
}

Result<ExprPtr> Binder::bind_order(std::string_view op, ExprPtr left, ExprPtr right, Span span) {
  const ScalarType a = left->type;
  const ScalarType b = right->type;
  const auto number_like = [](ScalarType type) { return is_number(type) || type == boolean; };
  std::optional<ScalarType> type;
  if (a == b && (number_like(a) || a == datetime || a == timespan || a == dynamic)) {
    type = a;
  } else if (number_like(a) && number_like(b)) {
    type = a == boolean || b == boolean ? (is_integer(a) || is_integer(b) ? long_ : real)
                                        : *wider(a, b);
  } else if ((a == dynamic && is_number(b)) || (b == dynamic && is_number(a))) {
    return call_expr(op, boolean, {std::move(left), std::move(right)}, span);
  }
  if (!type) {
    Error error = mismatch(op, a, b, span);
    if (a == datetime || b == datetime) error.message += "\n(todatetime() makes a datetime)";
    return error;
  }
  return call_expr(op, boolean, {convert(std::move(left), *type), convert(std::move(right), *type)},
                   span);
}

Result<ExprPtr> Binder::bind_text_test(std::string_view op, ExprPtr left, ExprPtr right,
                                       Span span) {
  for (const ExprPtr* side : {&left, &right}) {
    const ScalarType type = (*side)->type;
    if (type != string && type != dynamic) return mismatch(op, left->type, right->type, span);
  }
  return call_expr(op, boolean,
                   {convert(std::move(left), string), convert(std::move(right), string)}, span);
}

Result<ExprPtr> Binder::bind_arithmetic(std::string_view op, ExprPtr left, ExprPtr right,
                                        Span span) {
  ScalarType a = left->type;
  ScalarType b = right->type;
  const auto call = [&](ScalarType result, ScalarType left_type, ScalarType right_type) {
    return call_expr(op, result,
                     {convert(std::move(left), left_type), convert(std::move(right), right_type)},
                     span);
  };
  if (a == dynamic && b == dynamic) return convert(call(real, real, real), dynamic);
  if (a == dynamic && (is_number(b) || (b == datetime && op == "-"))) {
    left = convert(std::move(left), b == int_ ? long_ : b);
    a = left->type;
  } else if (b == dynamic && is_number(a)) {
    right = convert(std::move(right), a == int_ ? long_ : a);
    b = right->type;
  } else if (a == datetime && b == dynamic) {
    right = convert(std::move(right), timespan);
    b = timespan;
  }
  if (const auto type = wider(a, b)) {
    const ScalarType result = *type == int_ ? long_ : *type;
    return call(result, result, result);
  }
  const bool additive = op == "+" || op == "-";
  if (a == datetime && b == timespan && (additive || op == "%")) {
    return call(additive ? datetime : timespan, datetime, timespan);
  }
  if (a == timespan && b == datetime && op == "+") {
    std::swap(left, right);
    return call(datetime, datetime, timespan);
  }
  if (a == datetime && b == datetime && op == "-") return call(timespan, datetime, datetime);
  if (a == timespan && b == timespan && op != "*") {
    return call(op == "/" ? real : timespan, timespan, timespan);
  }
  if (a == timespan && is_number(b) && (op == "*" || op == "/")) {
    return call(timespan, timespan, real);
  }
  if (is_number(a) && b == timespan && op == "*") {
    std::swap(left, right);
    return call(timespan, timespan, real);
  }
  Error error = mismatch(op, a, b, span);
  if (op == "+" && (a == string || b == string)) error.message += "\n(strcat() joins texts)";
  return error;
}

Result<ExprPtr> Binder::bind_between(const ast::Between& between, Span span, const Scope& scope) {
  Scope plain = scope;
  plain.search = false;
  HARRIER_TRY(ExprPtr value, bind_scalar(*between.value, plain));
  HARRIER_TRY(ExprPtr low, bind_scalar(*between.low, plain));
  HARRIER_TRY(ExprPtr high, bind_scalar(*between.high, plain));
  if (low->type == datetime && high->type == timespan) {
    HARRIER_TRY(high, bind_arithmetic("+", low, std::move(high), span));
  }
  if (value->type == dynamic) {
    const auto bound = wider(low->type, high->type);
    value = convert(std::move(value), bound.value_or(low->type));
  }
  std::optional<ScalarType> type;
  if (value->type == low->type && value->type == high->type &&
      (value->type == datetime || value->type == timespan)) {
    type = value->type;
  } else if (const auto ends = wider(low->type, high->type)) {
    type = wider(value->type, *ends);
  }
  if (!type) {
    return fail(span, "`between` does not work on " + type_name(value->type) + " with " +
                          type_name(low->type) + " and " + type_name(high->type));
  }
  return call_expr(between.negated ? "!between" : "between", boolean,
                   {convert(std::move(value), *type), convert(std::move(low), *type),
                    convert(std::move(high), *type)},
                   span);
}

Result<ExprPtr> Binder::bind_list_test(const ast::ListTest& test, Span span, const Scope& scope) {
  Scope plain = scope;
  plain.search = false;
  ListTest node;
  std::string_view op = test.op;
  node.negated = op.front() == '!';
  if (node.negated) op.remove_prefix(1);
  node.op = op == "in"        ? ListOp::in
            : op == "in~"     ? ListOp::in_ci
            : op == "has_any" ? ListOp::has_any
                              : ListOp::has_all;
  const bool text = node.op != ListOp::in;

  std::vector<ExprPtr> values;
  if (std::holds_alternative<ast::Wildcard>(test.value->node)) {
    if (scope.columns == nullptr) return fail(test.value->span, "there are no columns here");
    for (std::size_t i = 0; i < scope.columns->size(); ++i) {
      if ((*scope.columns)[i].hidden) continue;
      values.push_back(convert(column_ref(*scope.columns, i, span), string));
    }
  } else {
    HARRIER_TRY(ExprPtr value, bind_scalar(*test.value, plain));
    if (text && value->type != string && value->type != dynamic) {
      return fail(test.value->span,
                  "`" + test.op + "` works on texts, found " + type_name(value->type));
    }
    values.push_back(text ? convert(std::move(value), string) : std::move(value));
  }

  for (const ast::ExprPtr& item : test.items) {
    HARRIER_TRY(Bound bound, bind_any(*item, plain));
    if (bound.table != nullptr) {
      if (bound.table->schema.empty()) return fail(item->span, "these rows have no column");
      node.tables.push_back(drop_hidden(std::move(bound.table)));
      continue;
    }
    ExprPtr value = std::move(bound.scalar);
    if (!values.empty() && values[0]->type == string && add_texts(value, node.items)) continue;
    if (text && value->type != dynamic) value = convert(std::move(value), string);
    if (!text && value->type != dynamic && !values.empty() && values[0]->type != dynamic &&
        value->type != values[0]->type) {
      const ScalarType target = values[0]->type;
      const auto both = wider(value->type, target);
      if (both && *both != target) values[0] = convert(std::move(values[0]), *both);
      value = convert(std::move(value), both.value_or(target));
    }
    node.items.push_back(std::move(value));
  }
  if (!text && !values.empty() && values[0]->type != dynamic) {
    for (ExprPtr& item : node.items) {
      if (item->type != dynamic) item = convert(std::move(item), values[0]->type);
    }
  }
  std::vector<ExprPtr> tests;
  for (ExprPtr& value : values) {
    ListTest one = node;
    one.value = std::move(value);
    tests.push_back(make_expr(boolean, span, std::move(one)));
  }
  if (tests.empty()) return constant(Value::of_bool(node.negated), span);
  if (tests.size() == 1) return tests.front();
  return call_expr(node.negated ? "and" : "or", boolean, std::move(tests), span);
}

// ---- every column at once: `* has "x"`, search ----

Result<ExprPtr> Binder::bind_star_test(const ast::Binary& binary, Span span, const Scope& scope) {
  if (scope.columns == nullptr || !scope.visible) return fail(span, "there are no columns here");
  Scope plain = scope;
  plain.search = false;
  const std::string op = binary.op == ":" ? "has" : binary.op;
  HARRIER_TRY(const ExprPtr right, bind_scalar(*binary.operands[1], plain));
  std::vector<ExprPtr> tests;
  const bool equality = op == "==" || op == "!=";
  for (std::size_t i = 0; i < scope.columns->size(); ++i) {
    if ((*scope.columns)[i].hidden) continue;
    ExprPtr column = column_ref(*scope.columns, i, span);
    if (equality && is_number(right->type) && !is_number(column->type)) continue;
    if (!equality || right->type == string) column = convert(std::move(column), string);
    HARRIER_TRY(ExprPtr test, bind_operation(op, std::move(column), right, span, plain));
    tests.push_back(std::move(test));
  }
  if (tests.empty()) return constant(Value::of_bool(false), span);
  if (tests.size() == 1) return tests.front();
  return call_expr(op.front() == '!' ? "and" : "or", boolean, std::move(tests), span);
}

Result<ExprPtr> Binder::search_column(ExprPtr column, const std::string& text, Span span,
                                      const Scope& scope) {
  const std::string suffix = scope.case_sensitive ? "_cs" : "";
  column = convert(std::move(column), string);
  std::string_view needle = text;
  if (needle == "*") return constant(Value::of_bool(true), span);
  const bool head = needle.starts_with('*');
  const bool tail = needle.size() > 1 && needle.ends_with('*');
  if (head) needle.remove_prefix(1);
  if (tail) needle.remove_suffix(1);
  if (needle.find('*') != std::string_view::npos) {
    std::string pattern = scope.case_sensitive ? "" : "(?i)";
    if (!head) pattern += "\\b";
    for (const char c : needle) {
      if (c == '*') {
        pattern += ".*";
        continue;
      }
      if (std::string_view("\\.+?()[]{}^$|").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
    if (!tail) pattern += "\\b";
    return call_expr("matches regex", boolean,
                     {std::move(column), constant(Value::of_string(pattern), span)}, span);
  }
  const std::string op = head && tail ? "contains"
                         : head       ? "hassuffix"
                         : tail       ? "hasprefix"
                                      : "has";
  return call_expr(op + suffix, boolean,
                   {std::move(column), constant(Value::of_string(std::string(needle)), span)},
                   span);
}

Result<ExprPtr> Binder::search_term(const std::string& text, Span span, const Scope& scope) {
  if (scope.columns == nullptr) return fail(span, "there are no columns here");
  std::vector<ExprPtr> tests;
  for (std::size_t i = 0; i < scope.columns->size(); ++i) {
    if ((*scope.columns)[i].hidden || (*scope.columns)[i].name == "$table") continue;
    HARRIER_TRY(ExprPtr test,
                search_column(column_ref(*scope.columns, i, span), text, span, scope));
    tests.push_back(std::move(test));
  }
  if (tests.empty()) return constant(Value::of_bool(false), span);
  if (tests.size() == 1) return tests.front();
  return call_expr("or", boolean, std::move(tests), span);
}

}  // namespace harrier::kql
