#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {

using enum ScalarType;

namespace {

/// True where a value of `type` may stand for a parameter of `kind`.
bool accepts(std::string_view kind, ScalarType type) {
  if (kind == "Scalar" || kind == "Common" || kind == "Any") return true;
  if (kind == "NotDynamic") return type != dynamic;
  if (kind == "Integer" || kind == "long" || kind == "int") return is_integer(type);
  if (kind == "Number" || kind == "decimal") return is_number(type);
  if (kind == "real") return is_number(type);
  if (kind == "Summable") return is_number(type) || type == datetime || type == timespan;
  if (kind == "Orderable") return type != dynamic && type != guid;
  if (kind == "string" || kind == "StringOrDynamic") return type == string || type == dynamic;
  if (kind == "Array" || kind == "Bag") return type == dynamic;
  const auto exact = model::parse_scalar_type(kind);
  return exact && *exact == type;
}

std::string expectation(std::string_view kind) {
  if (kind == "Array") return "a dynamic array";
  if (kind == "Bag") return "a dynamic object";
  if (kind == "Integer" || kind == "long" || kind == "int") return "a whole number";
  if (kind == "Number" || kind == "real") return "a number";
  if (kind == "StringOrDynamic") return "a string or dynamic value";
  if (kind == "Summable") return "a number, datetime or timespan";
  if (kind == "Orderable") return "a value that has an order";
  if (kind == "NotDynamic") return "a value that is not dynamic";
  return "a value of type " + std::string(kind);
}

/// The parameter for argument `i` of `count`; repeated ones take turns until the plain ones behind
/// them begin.
const Parameter* parameter_at(const std::vector<Parameter>& parameters, std::size_t i,
                              std::size_t count) {
  const auto is_repeated = [](const Parameter& p) { return p.repeated; };
  const auto first = std::find_if(parameters.begin(), parameters.end(), is_repeated);
  if (first == parameters.end()) return i < parameters.size() ? &parameters[i] : nullptr;
  const auto last = std::find_if_not(first, parameters.end(), is_repeated);
  const auto before = static_cast<std::size_t>(first - parameters.begin());
  const auto cycle = static_cast<std::size_t>(last - first);
  const auto after = static_cast<std::size_t>(parameters.end() - last);
  if (i < before) return &parameters[i];
  if (after != 0 && !last->optional && i + after >= count) {
    return &parameters[parameters.size() - (count - i)];
  }
  return &parameters[before + (i - before) % cycle];
}

std::pair<std::size_t, std::size_t> arity_of(const std::vector<Parameter>& parameters) {
  std::size_t min = 0;
  bool many = false;
  for (const Parameter& parameter : parameters) {
    if (!parameter.optional) ++min;
    many = many || parameter.repeated;
  }
  return {min, many ? 65'534 : parameters.size()};
}

constexpr std::array<std::string_view, 14> kUnits{
    "year", "quarter", "month",  "week_of_year", "week",        "day",        "dayofyear",
    "hour", "minute",  "second", "millisecond",  "microsecond", "nanosecond", "tick"};

}  // namespace

Result<> Binder::check_arity(const ast::Call& call, Span span, std::size_t min,
                             std::size_t max) const {
  const std::size_t count = call.args.size();
  if (count >= min && count <= max) return {};
  std::string wanted = std::to_string(min);
  if (max != min) {
    wanted = max > 1000 ? "at least " + wanted : wanted + " to " + std::to_string(max);
  }
  return fail(span, "`" + call.name.text + "` takes " + wanted +
                        (min == 1 && max == 1 ? " argument" : " arguments") + ", found " +
                        std::to_string(count));
}

Result<Bound> Binder::bind_call(const ast::Call& call, Span span, const Scope& scope) {
  HARRIER_TRYV(count_step(span));
  const std::string& name = call.name.text;
  if (const Binding* binding = environment_->find(name);
      binding != nullptr && (binding->function != nullptr || binding->table != nullptr)) {
    if (binding->function != nullptr) {
      return call_function(*binding, call, span, scope, nullptr);
    }
    HARRIER_TRYV(check_arity(call, span, 0, 0));
    return Bound{nullptr, binding->table};
  }
  if (name == "materialize") {
    HARRIER_TRYV(check_arity(call, span, 1, 1));
    HARRIER_TRY(Bound inner, bind_any(*call.args[0], scope));
    if (inner.table == nullptr) return inner;
    Schema schema = inner.table->schema;
    return Bound{nullptr, make_plan(std::move(schema), span, Materialize{inner.table})};
  }
  if (name == "table") {
    HARRIER_TRYV(check_arity(call, span, 1, 2));
    HARRIER_TRY(const ExprPtr table, bind_scalar(*call.args[0], Scope()));
    const Value* value = constant_of(table);
    if (value == nullptr || value->type() != string) {
      return fail(call.args[0]->span, "`table` takes the name of a table as a constant text");
    }
    HARRIER_TRY(PlanPtr plan, table_by_name(value->text(), call.args[0]->span));
    return Bound{nullptr, std::move(plan)};
  }
  if (name == "toscalar") {
    HARRIER_TRYV(check_arity(call, span, 1, 1));
    HARRIER_TRY(Bound inner, bind_any(*call.args[0], scope));
    if (inner.scalar != nullptr) return inner;
    PlanPtr plan = drop_hidden(std::move(inner.table));
    if (plan->schema.empty()) return fail(span, "these rows have no column");
    const ScalarType type = plan->schema.front().type;
    return Bound{make_expr(type, span, ScalarSubquery{std::move(plan)}), nullptr};
  }
  // hll_merge and tdigest_merge are both: of one value the aggregate.
  if (scope.aggregates != nullptr && find_aggregate(name) != nullptr && name != "any" &&
      (find_function(name) == nullptr || call.args.size() == 1)) {
    HARRIER_TRY(ExprPtr scalar, bind_aggregate(call, span, scope));
    return Bound{std::move(scalar), nullptr};
  }
  HARRIER_TRY(std::optional<ExprPtr> of_graph, bind_graph_call(call, span, scope));
  if (of_graph) return Bound{std::move(*of_graph), nullptr};
  HARRIER_TRY(std::optional<ExprPtr> special, bind_special(call, span, scope));
  if (special) return Bound{std::move(*special), nullptr};
  if (const Function* function = find_function(name)) {
    HARRIER_TRY(ExprPtr scalar, bind_builtin(*function, call, span, scope));
    return Bound{std::move(scalar), nullptr};
  }
  if (scope.aggregates != nullptr &&
      (name == "any" || name == "percentile" || find_aggregate(name) != nullptr)) {
    HARRIER_TRY(ExprPtr scalar, bind_aggregate(call, span, scope));
    return Bound{std::move(scalar), nullptr};
  }
  if (find_aggregate(name) != nullptr) {
    return fail(call.name.span,
                "the aggregate `" + name + "` can only stand in `summarize` and its like");
  }
  if (is_known_unsupported(name)) {
    return fail(call.name.span, "the function `" + name + "` is not supported");
  }
  return fail(call.name.span,
              "unknown function `" + name + "`" + suggestion(name, function_names()));
}

Result<std::optional<ExprPtr>> Binder::bind_special(const ast::Call& call, Span span,
                                                    const Scope& scope) {
  const std::string& name = call.name.text;
  const auto wrap = [](Result<ExprPtr> result) -> Result<std::optional<ExprPtr>> {
    if (!result) return std::move(result).error();
    return std::optional<ExprPtr>(*std::move(result));
  };
  if (name == "column_ifexists" || name == "columnifexists") {
    return wrap(bind_column_if_exists(call, span, scope));
  }
  if (name == "pack_all" || name == "bag_pack_columns") {
    return wrap(bind_pack_columns(call, span, scope));
  }
  if (name == "replace") return wrap(bind_replace(call, span, scope));
  if (name == "ingestion_time") {
    HARRIER_TRYV(check_arity(call, span, 0, 0));
    const auto column =
        scope.columns == nullptr ? std::nullopt : find_column(*scope.columns, "_Ingested");
    if (column && (*scope.columns)[*column].hidden) {
      return std::optional<ExprPtr>(column_ref(*scope.columns, *column, span));
    }
    return std::optional<ExprPtr>(null_expr(datetime, span));
  }
  if (name == "estimate_data_size") {
    HARRIER_TRYV(check_arity(call, span, 1, 65'534));
    std::vector<ExprPtr> args;
    for (const ast::ExprPtr& arg : call.args) {
      if (std::holds_alternative<ast::Wildcard>(arg->node) && scope.columns != nullptr) {
        for (std::size_t i = 0; i < scope.columns->size(); ++i) {
          if (!(*scope.columns)[i].hidden) args.push_back(column_ref(*scope.columns, i, span));
        }
        continue;
      }
      HARRIER_TRY(ExprPtr value, bind_scalar(*arg, scope));
      args.push_back(std::move(value));
    }
    return std::optional<ExprPtr>(call_expr("estimate_data_size", long_, std::move(args), span));
  }
  return std::optional<ExprPtr>();
}

Result<ExprPtr> Binder::bind_column_if_exists(const ast::Call& call, Span span,
                                              const Scope& scope) {
  HARRIER_TRYV(check_arity(call, span, 2, 2));
  HARRIER_TRY(const ExprPtr name, bind_scalar(*call.args[0], Scope()));
  HARRIER_TRY(ExprPtr fallback, bind_scalar(*call.args[1], scope));
  const Value* value = constant_of(name);
  if (value == nullptr || value->type() != string) {
    return fail(call.args[0]->span, "expected the name of a column as a constant text");
  }
  if (scope.columns == nullptr || scope.aggregates != nullptr) return fallback;
  const auto column = find_column(*scope.columns, value->text());
  return column ? column_ref(*scope.columns, *column, span) : fallback;
}

Result<ExprPtr> Binder::bind_pack_columns(const ast::Call& call, Span span, const Scope& scope) {
  std::vector<ExprPtr> args;
  const auto add = [&](const std::string& name, ExprPtr value) {
    args.push_back(constant(Value::of_string(name), span));
    args.push_back(std::move(value));
  };
  if (call.name.text == "bag_pack_columns") {
    HARRIER_TRYV(check_arity(call, span, 1, 65'534));
    for (const ast::ExprPtr& arg : call.args) {
      HARRIER_TRY(ExprPtr value, bind_scalar(*arg, scope));
      add(derived_name(*arg), std::move(value));
    }
    return call_expr("bag_pack", dynamic, std::move(args), span);
  }
  HARRIER_TRYV(check_arity(call, span, 0, 1));
  if (scope.columns == nullptr) return fail(span, "there are no columns here");
  bool ignore_empty = false;
  if (!call.args.empty()) {
    HARRIER_TRY(const ExprPtr flag, bind_typed(*call.args[0], Scope(), boolean));
    const Value* value = constant_of(flag);
    ignore_empty = value != nullptr && !value->is_null() && value->boolean();
  }
  for (std::size_t i = 0; i < scope.columns->size(); ++i) {
    const OutColumn& column = (*scope.columns)[i];
    if (!column.hidden) add(column.name, column_ref(*scope.columns, i, span));
  }
  // The flag stands first, so that execution can leave out nulls and empty texts.
  args.insert(args.begin(), constant(Value::of_bool(ignore_empty), span));
  return call_expr("pack_all", dynamic, std::move(args), span);
}

/// replace(regex, rewrite, source) is replace_regex(source, regex, rewrite).
Result<ExprPtr> Binder::bind_replace(const ast::Call& call, Span span, const Scope& scope) {
  HARRIER_TRYV(check_arity(call, span, 3, 3));
  std::array<ExprPtr, 3> args;
  for (std::size_t i = 0; i < 3; ++i) {
    HARRIER_TRY(args[i], bind_scalar(*call.args[i], scope));
    if (args[i]->type != string && args[i]->type != dynamic) {
      return fail(call.args[i]->span, "expected a value of type string");
    }
    args[i] = convert(std::move(args[i]), string);
  }
  return call_expr("replace_regex", string,
                   {std::move(args[2]), std::move(args[0]), std::move(args[1])}, span);
}

Result<ExprPtr> Binder::bind_builtin(const Function& function, const ast::Call& call, Span span,
                                     const Scope& scope) {
  Scope plain = scope;
  plain.search = scope.search && function.name == "not";
  std::vector<ExprPtr> args;
  std::optional<ScalarType> type_literal;
  for (const ast::ExprPtr& arg : call.args) {
    if (const auto* type = std::get_if<ast::TypeLiteral>(&arg->node)) {
      if (type->columns.size() != 1 || function.rule != ResultRule::type_literal ||
          &arg != &call.args.back()) {
        return fail(arg->span, "`typeof` cannot stand here");
      }
      type_literal = type->columns.front().second;
      continue;
    }
    HARRIER_TRY(ExprPtr value, bind_scalar(*arg, plain));
    args.push_back(std::move(value));
  }
  HARRIER_TRY(args, match_arguments(call.name.text, overloads_of(function), std::move(args),
                                    type_literal, call, span));
  return finish_call(function, std::move(args), type_literal, span);
}

Result<std::vector<ExprPtr>> Binder::match_arguments(
    std::string_view name, const std::vector<std::vector<Parameter>>& overloads,
    std::vector<ExprPtr> args, std::optional<ScalarType>& type_literal, const ast::Call& call,
    Span span) {
  const std::size_t count = args.size() + (type_literal ? 1 : 0);
  const std::vector<Parameter>* chosen = nullptr;
  std::size_t min = 65'534;
  std::size_t max = 0;
  std::size_t bad = 0;
  for (const std::vector<Parameter>& overload : overloads) {
    const auto [least, most] = arity_of(overload);
    min = std::min(min, least);
    max = std::max(max, most);
    if (count < least || count > most) continue;
    std::size_t i = 0;
    while (i < args.size()) {
      const Parameter* parameter = parameter_at(overload, i, count);
      if (parameter == nullptr || !accepts(parameter->kind, args[i]->type)) break;
      ++i;
    }
    if (i == args.size()) {
      chosen = &overload;
      break;
    }
    bad = std::max(bad, i);
  }
  HARRIER_TRYV(check_arity(call, span, min, max));
  if (chosen == nullptr) {
    std::string_view kind = "Scalar";
    for (const std::vector<Parameter>& overload : overloads) {
      const auto [least, most] = arity_of(overload);
      const Parameter* parameter = parameter_at(overload, bad, count);
      if (count >= least && count <= most && parameter != nullptr) kind = parameter->kind;
    }
    const std::size_t at = std::min(bad, call.args.size() - 1);
    return fail(call.args.empty() ? span : call.args[at]->span,
                "`" + std::string(name) + "` expects " + expectation(kind) + " here, found " +
                    std::string(model::to_string(args[std::min(bad, args.size() - 1)]->type)));
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view kind = parameter_at(*chosen, i, count)->kind;
    if (kind == "string") args[i] = convert(std::move(args[i]), string);
    if (kind == "Integer" || kind == "long" || kind == "int") {
      args[i] = convert(std::move(args[i]), long_);
    }
    if (kind == "real") args[i] = convert(std::move(args[i]), real);
  }
  const bool unit_first = name == "datetime_diff" || name == "datetime_add" ||
                          name == "datetime_part" || name == "datepart";
  if (unit_first) {
    const Value* unit = constant_of(args[0]);
    if (unit == nullptr) return fail(call.args[0]->span, "the unit must be a constant text");
    std::string lower = unit->text();
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    static constexpr std::array<std::string_view, 3> kPartsOnly{"week_of_year", "dayofyear",
                                                                "tick"};
    const bool part = name == "datetime_part" || name == "datepart";
    const bool known =
        std::find(kUnits.begin(), kUnits.end(), lower) != kUnits.end() &&
        (part || std::find(kPartsOnly.begin(), kPartsOnly.end(), lower) == kPartsOnly.end());
    if (!known) return fail(call.args[0]->span, "unknown unit of time `" + unit->text() + "`");
    args[0] = constant(Value::of_string(lower), args[0]->span);
  }
  return args;
}

Result<ExprPtr> Binder::common_call(const Function& function, std::vector<ExprPtr> args,
                                    Span span) {
  // Which arguments share the type: all but the conditions of iff and case.
  std::vector<std::size_t> values;
  const bool conditional = function.name == "iff" || function.name == "case";
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool condition = conditional && i + 1 < args.size() && i % 2 == 0;
    if (function.name == "iff" ? i > 0 : !condition) values.push_back(i);
  }
  std::optional<ScalarType> type;
  bool any_dynamic = false;
  for (const std::size_t i : values) {
    const ScalarType next = args[i]->type;
    if (next == dynamic) {
      any_dynamic = true;
      continue;
    }
    if (!type || *type == next) {
      type = next;
    } else if (const auto both = wider(*type, next)) {
      type = both;
    } else if (conditional) {
      type = dynamic;
      break;
    } else {
      return fail(args[i]->span, "the arguments of `" + std::string(function.name) +
                                     "` need one type, found " +
                                     std::string(model::to_string(*type)) + " and " +
                                     std::string(model::to_string(next)));
    }
  }
  if (!conditional && any_dynamic && (type || function.name != "coalesce")) {
    return fail(span, "the arguments of `" + std::string(function.name) +
                          "` need one type: convert the dynamic one");
  }
  const ScalarType result = type.value_or(dynamic);
  for (const std::size_t i : values) args[i] = convert(std::move(args[i]), result);
  return make_expr(result, span, Call{&function, std::move(args)});
}

Result<ExprPtr> Binder::finish_call(const Function& function, std::vector<ExprPtr> args,
                                    std::optional<ScalarType> type_literal, Span span) {
  ScalarType type = function.result;
  switch (function.rule) {
    case ResultRule::fixed:
      break;
    case ResultRule::first:
      type = args.empty() ? function.result : args[0]->type;
      break;
    case ResultRule::first_summed:
      type = args.empty() ? function.result : args[0]->type;
      if (type == int_) type = long_;
      break;
    case ResultRule::second:
      type = args.size() > 1 ? args[1]->type : function.result;
      break;
    case ResultRule::widest: {
      type = args[0]->type;
      if (const auto both = args.size() > 1 ? wider(args[0]->type, args[1]->type) : std::nullopt) {
        type = *both == int_ ? long_ : *both;
        for (ExprPtr& arg : args) arg = convert(std::move(arg), type);
      }
      break;
    }
    case ResultRule::common:
      return common_call(function, std::move(args), span);
    case ResultRule::averaged:
      type = is_integer(args[0]->type) ? real : args[0]->type;
      break;
    case ResultRule::type_literal:
      type = type_literal.value_or(function.result);
      break;
    case ResultRule::special:
      type = function.result;
      break;
  }
  if (function.name == "abs" && type == int_) type = long_;
  if (function.name == "sign" || function.name == "pow") type = real;
  return make_expr(type, span, Call{&function, std::move(args)});
}

}  // namespace harrier::kql
