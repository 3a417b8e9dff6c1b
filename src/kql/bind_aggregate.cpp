#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"
#include "kql/functions_impl.hpp"
#include "kql/literals.hpp"

#include <algorithm>

namespace harrier::kql {

using enum ScalarType;

namespace {

bool is_extreme(std::string_view name) {
  return name == "arg_max" || name == "arg_min" || name == "argmax" || name == "argmin";
}

std::string percent_name(const Value& value) {
  std::string text =
      value.type() == real ? format_real(value.real()) : std::to_string(value.integer());
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

/// The column a key is, if need be behind a conversion: `*` of arg_max leaves it out.
std::optional<std::size_t> converted_column(const ExprPtr& key) {
  if (const auto* ref = std::get_if<ColumnRef>(&key->node)) return ref->index;
  const auto* call = std::get_if<Call>(&key->node);
  const bool conversion = call != nullptr && call->args.size() == 1 &&
                          call->function->name.starts_with("to") &&
                          call->function->naming == NameRule::first;
  return conversion ? converted_column(call->args.front()) : std::nullopt;
}

ScalarType result_type(const Function& function, const std::vector<ExprPtr>& args) {
  const ScalarType first = args.empty() ? function.result : args.front()->type;
  switch (function.rule) {
    case ResultRule::first:
      return first;
    case ResultRule::first_summed:
      return first == int_ ? long_ : first;
    case ResultRule::averaged:
      return is_integer(first) ? real : first;
    case ResultRule::fixed:
    case ResultRule::second:
    case ResultRule::widest:
    case ResultRule::common:
    case ResultRule::type_literal:
    case ResultRule::special:
      return function.result;
  }
  return function.result;
}

}  // namespace

Result<Value> Binder::constant_value(const ExprPtr& expr, std::string_view what) const {
  const Value* value = constant_of(expr);
  if (value == nullptr || value->is_null()) {
    return fail(expr->span, std::string(what) + " must be a constant");
  }
  return *value;
}

ExprPtr Binder::add_aggregate(AggregateSink& sink, AggregateCall call, ScalarType type, Span span) {
  const std::size_t index = sink.first_output + sink.outputs.size();
  sink.outputs.emplace_back("aggregate" + std::to_string(sink.outputs.size()), type);
  sink.calls.push_back(std::move(call));
  return make_expr(type, span, ColumnRef{index});
}

Result<std::pair<AggregateCall, ScalarType>> Binder::aggregate_call(const ast::Call& call,
                                                                    Span span, const Scope& rows) {
  const std::string& name = call.name.text;
  std::string_view parameters;
  std::string_view canonical;
  bool conditional = false;
  std::int64_t default_limit = 0;
  if (const functions::AggregateForm* form = functions::find_form(name)) {
    parameters = form->parameters;
    canonical = form->function;
    conditional = form->conditional;
    default_limit = form->default_limit;
  } else if (name == "any" || name == "take_any") {
    parameters = "expr:Scalar";
    canonical = "take_any";
  } else if (is_extreme(name)) {
    return fail(span, "`" + name + "` has several results: it cannot stand in an expression");
  } else if (const Function* function = find_aggregate(name)) {
    parameters = function->parameters;
    canonical = function->name;
  } else {
    return fail(span, "the aggregate `" + name + "` is not supported");
  }
  AggregateCall result;
  result.function = find_aggregate(canonical);
  std::vector<ExprPtr> args;
  for (const ast::ExprPtr& arg : call.args) {
    HARRIER_TRY(ExprPtr value, bind_scalar(*arg, rows));
    args.push_back(std::move(value));
  }
  std::optional<ScalarType> no_type;
  HARRIER_TRY(args, match_arguments(name, parse_overloads(parameters), std::move(args), no_type,
                                    call, span));
  if (canonical == "count" && !conditional) args.clear();
  if (conditional) {
    const std::size_t at = canonical == "count" ? 0 : 1;
    result.predicate = std::move(args[at]);
    args.erase(args.begin() + static_cast<std::ptrdiff_t>(at));
  }
  const std::size_t own = canonical == "count" ? 0
                          : canonical == "percentilew" || canonical == "percentilesw_array" ||
                                  canonical.starts_with("covariance")
                              ? 2
                              : 1;
  while (args.size() > own) {
    HARRIER_TRY(Value option, constant_value(args[own], "this argument"));
    result.options.push_back(std::move(option));
    args.erase(args.begin() + static_cast<std::ptrdiff_t>(own));
  }
  if (default_limit != 0 && result.options.empty()) {
    result.options.push_back(Value::of_long(default_limit));
  }
  const bool spread = canonical.starts_with("stdev") || canonical.starts_with("variance") ||
                      canonical.starts_with("covariance");
  const ScalarType type =
      canonical == "take_any" ? args.front()->type : result_type(*result.function, args);
  for (ExprPtr& arg : args) {
    if (spread && is_number(arg->type)) arg = convert(std::move(arg), real);
    if (canonical == "sum" && arg->type == int_) arg = convert(std::move(arg), long_);
  }
  result.args = std::move(args);
  return std::pair(std::move(result), type);
}

Result<ExprPtr> Binder::bind_aggregate(const ast::Call& call, Span span, const Scope& scope) {
  Scope rows = scope;
  rows.aggregates = nullptr;
  HARRIER_TRY(auto aggregate, aggregate_call(call, span, rows));
  return add_aggregate(*scope.aggregates, std::move(aggregate.first), aggregate.second, span);
}

// ---- aggregates with several result columns ----

Result<> Binder::arg_extreme(const ast::Call& call, const std::vector<ast::Word>& names, Span span,
                             const Scope& rows, const std::vector<std::string>& keys,
                             AggregateSink& sink, Names& out) {
  const bool max = call.name.text.ends_with("max");
  const bool old = call.name.text == "argmax" || call.name.text == "argmin";
  const std::string prefix = max ? "max" : "min";
  HARRIER_TRYV(check_arity(call, span, 1, 65'534));
  AggregateCall aggregate;
  aggregate.function = find_aggregate(max ? "arg_max" : "arg_min");
  std::vector<std::pair<std::string, ExprPtr>> columns;
  const std::string base = derived_name(*call.args[0]);
  HARRIER_TRY(ExprPtr order, bind_scalar(*call.args[0], rows));
  if (order->type == dynamic) {
    return fail(call.args[0]->span,
                "dynamic values have no order: convert, for example with "
                "tolong()");
  }
  columns.emplace_back(old || base.empty() ? prefix + "_" + base : base, std::move(order));
  for (std::size_t i = 1; i < call.args.size(); ++i) {
    const ast::Expr& arg = *call.args[i];
    if (std::holds_alternative<ast::Wildcard>(arg.node)) {
      const Schema& schema = *rows.columns;
      for (std::size_t c = 0; c < schema.size(); ++c) {
        const bool key = std::find(keys.begin(), keys.end(), schema[c].name) != keys.end();
        if (schema[c].hidden || key || schema[c].name == base) continue;
        columns.emplace_back(old ? prefix + "_" + base + "_" + schema[c].name : schema[c].name,
                             column_ref(schema, c, arg.span));
      }
      continue;
    }
    const auto* assign = std::get_if<ast::Assign>(&arg.node);
    const ast::Expr& value = assign != nullptr ? *assign->value : arg;
    std::string name = assign != nullptr ? assign->names[0].text : derived_name(value);
    if (name.empty()) {
      name = prefix + "_" + base + "_arg" + std::to_string(i);
    } else if (old && assign == nullptr) {
      name = prefix + "_" + base + "_" + name;
    }
    HARRIER_TRY(ExprPtr expr, bind_scalar(value, rows));
    columns.emplace_back(std::move(name), std::move(expr));
  }
  aggregate.outputs = columns.size();
  const std::size_t first = sink.first_output + sink.outputs.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool named = i < names.size();
    const ScalarType type = columns[i].second->type;
    aggregate.args.push_back(std::move(columns[i].second));
    sink.outputs.emplace_back("aggregate" + std::to_string(sink.outputs.size()), type);
    out.push_back({make_expr(type, span, ColumnRef{first + i}),
                   named ? names[i].text : columns[i].first, named, span});
  }
  sink.calls.push_back(std::move(aggregate));
  return {};
}

Result<> Binder::take_any_columns(const ast::Call& call, const std::vector<ast::Word>& names,
                                  Span span, const Scope& rows,
                                  const std::vector<std::string>& keys, AggregateSink& sink,
                                  Names& out) {
  const std::string prefix = call.name.text == "any" ? "any_" : "";
  HARRIER_TRYV(check_arity(call, span, 1, 65'534));
  AggregateCall aggregate;
  aggregate.function = find_aggregate("take_any");
  aggregate.outputs = 0;
  const std::size_t first = sink.first_output + sink.outputs.size();
  const auto add = [&](const std::string& name, ExprPtr expr) {
    const std::size_t i = aggregate.outputs++;
    const ScalarType type = expr->type;
    aggregate.args.push_back(std::move(expr));
    sink.outputs.emplace_back("aggregate" + std::to_string(sink.outputs.size()), type);
    const bool named = i < names.size();
    out.push_back(
        {make_expr(type, span, ColumnRef{first + i}), named ? names[i].text : name, named, span});
  };
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    const ast::Expr& arg = *call.args[i];
    if (std::holds_alternative<ast::Wildcard>(arg.node)) {
      const Schema& schema = *rows.columns;
      for (std::size_t c = 0; c < schema.size(); ++c) {
        const bool key = std::find(keys.begin(), keys.end(), schema[c].name) != keys.end();
        if (!schema[c].hidden && !key) {
          add(prefix + schema[c].name, column_ref(schema, c, arg.span));
        }
      }
      continue;
    }
    HARRIER_TRY(ExprPtr expr, bind_scalar(arg, rows));
    const std::string name = derived_name(arg);
    const bool unnamed = name.empty() && prefix.empty();
    add(unnamed ? "any_arg" + std::to_string(i) : prefix + name, std::move(expr));
  }
  if (aggregate.outputs == 0) return fail(span, "there is no column left to take");
  sink.calls.push_back(std::move(aggregate));
  return {};
}

Result<> Binder::percentiles(const ast::Call& call, const std::vector<ast::Word>& names, Span span,
                             const Scope& rows, AggregateSink& sink, Names& out) {
  const bool weighted =
      call.name.text.starts_with("percentilew") || call.name.text.starts_with("percentilesw");
  const std::size_t own = weighted ? 2 : 1;
  HARRIER_TRYV(check_arity(call, span, own + 1, 65'534));
  std::vector<ExprPtr> args;
  for (std::size_t i = 0; i < own; ++i) {
    HARRIER_TRY(ExprPtr arg, bind_scalar(*call.args[i], rows));
    args.push_back(std::move(arg));
  }
  if (weighted && !is_integer(args[1]->type)) {
    return fail(call.args[1]->span, "a weight is a whole number");
  }
  const std::string base = derived_name(*call.args[0]);
  for (std::size_t i = own; i < call.args.size(); ++i) {
    HARRIER_TRY(const ExprPtr percent, bind_scalar(*call.args[i], rows));
    HARRIER_TRY(Value value, constant_value(percent, "a percentage"));
    if (!is_integer(value.type()) && value.type() != real) {
      return fail(call.args[i]->span, "a percentage is a number");
    }
    const bool named = i - own < names.size();
    const std::string name =
        named ? names[i - own].text : "percentile_" + base + "_" + percent_name(value);
    AggregateCall aggregate;
    aggregate.function = find_aggregate(weighted ? "percentilew" : "percentile");
    aggregate.args = args;
    aggregate.options.push_back(
        Value::of_real(value.type() == real ? value.real() : static_cast<double>(value.integer())));
    const ScalarType type = args.front()->type;
    out.push_back({add_aggregate(sink, std::move(aggregate), type, span), name, named, span});
  }
  return {};
}

/// Handles the aggregates that give columns rather than a value; false for all other expressions.
Result<bool> Binder::aggregate_columns(const ast::Expr& item, const Scope& rows,
                                       const std::vector<std::string>& keys, AggregateSink& sink,
                                       Names& out) {
  const auto* assign = std::get_if<ast::Assign>(&item.node);
  const ast::Expr& value = assign != nullptr ? *assign->value : item;
  const auto* call = std::get_if<ast::Call>(&value.node);
  if (call == nullptr || environment_->find(call->name.text) != nullptr) return false;
  const std::vector<ast::Word> names = assign != nullptr ? assign->names : std::vector<ast::Word>();
  const std::string& name = call->name.text;
  if (is_extreme(name)) {
    HARRIER_TRYV(arg_extreme(*call, names, item.span, rows, keys, sink, out));
    return true;
  }
  if (name == "take_any" || name == "any") {
    HARRIER_TRYV(take_any_columns(*call, names, item.span, rows, keys, sink, out));
    return true;
  }
  if (name == "percentile" || name == "percentiles" || name == "percentilew" ||
      name == "percentilesw") {
    HARRIER_TRYV(percentiles(*call, names, item.span, rows, sink, out));
    return true;
  }
  return false;
}

// ---- summarize ----

Result<std::vector<ExprPtr>> Binder::bind_keys(const ast::Exprs& by, const Scope& scope,
                                               Names& out) {
  std::vector<ExprPtr> keys;
  for (const ast::ExprPtr& item : by) {
    HARRIER_TRY(Names names, bind_named(*item, scope));
    for (NamedExpr& one : names) {
      if (one.expr->type == dynamic) {
        return fail(one.span,
                    "rows cannot be grouped by a dynamic value: convert it, for example "
                    "with tostring()");
      }
      keys.push_back(one.expr);
      out.push_back(std::move(one));
    }
  }
  return keys;
}

Result<PlanPtr> Binder::bind_summarize(PlanPtr input, const ast::Summarize& node, Span span) {
  const Scope rows = row_scope(input->schema);
  if (node.aggregates.empty() && node.by.empty()) return fail(span, "nothing to summarize");
  Names names;
  Aggregate aggregate;
  HARRIER_TRY(aggregate.keys, bind_keys(node.by, rows, names));
  std::vector<std::string> key_names;
  for (std::size_t i = 0; i < aggregate.keys.size(); ++i) {
    if (const auto column = converted_column(aggregate.keys[i])) {
      key_names.push_back(input->schema[*column].name);
    }
    names[i].expr = make_expr(aggregate.keys[i]->type, names[i].span, ColumnRef{i});
  }
  AggregateSink sink;
  sink.first_output = aggregate.keys.size();
  Scope scope = rows;
  scope.aggregates = &sink;
  for (const ast::ExprPtr& item : node.aggregates) {
    HARRIER_TRY(const bool done, aggregate_columns(*item, rows, key_names, sink, names));
    if (done) continue;
    HARRIER_TRY(Names more, bind_named(*item, scope));
    for (NamedExpr& one : more) names.push_back(std::move(one));
  }
  HARRIER_TRY(Schema schema, settle_names(names));

  Project project;
  bool direct = names.size() == sink.first_output + sink.outputs.size();
  Schema inner;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* ref = std::get_if<ColumnRef>(&names[i].expr->node);
    direct = direct && ref != nullptr && ref->index == i;
    if (i < sink.first_output) inner.push_back(schema[i]);
    project.columns.push_back(std::move(names[i].expr));
  }
  aggregate.input = std::move(input);
  aggregate.aggregates = std::move(sink.calls);
  if (direct) return make_plan(std::move(schema), span, std::move(aggregate));
  for (OutColumn& output : sink.outputs) {
    output.name = free_name(inner, output.name);
    inner.push_back(output);
  }
  project.input = make_plan(std::move(inner), span, std::move(aggregate));
  return make_plan(std::move(schema), span, std::move(project));
}

// ---- make-series, top-nested, top-hitters ----

Result<PlanPtr> Binder::bind_make_series(PlanPtr input, const ast::MakeSeries& node, Span span) {
  const Scope rows = row_scope(input->schema);
  MakeSeries series;
  series.in_range = node.in_range;
  Names names;
  HARRIER_TRY(series.keys, bind_keys(node.by, rows, names));
  for (const ast::SeriesColumn& column : node.series) {
    const auto* assign = std::get_if<ast::Assign>(&column.aggregate->node);
    const ast::Expr& value = assign != nullptr ? *assign->value : *column.aggregate;
    const auto* call = std::get_if<ast::Call>(&value.node);
    if (call == nullptr) return fail(value.span, "`make-series` takes aggregates");
    Names outputs;
    AggregateSink sink;
    SeriesAggregate one;
    ScalarType type = real;
    HARRIER_TRY(const bool several, aggregate_columns(*column.aggregate, rows, {}, sink, outputs));
    if (several) {
      if (outputs.size() != 1)
        return fail(value.span, "`make-series` takes aggregates of one value");
      one.call = std::move(sink.calls.front());
      type = outputs.front().expr->type;
    } else {
      HARRIER_TRY(auto aggregate, aggregate_call(*call, value.span, rows));
      one.call = std::move(aggregate.first);
      type = aggregate.second;
      std::string name = assign != nullptr ? assign->names.front().text : derived_name(value);
      outputs.push_back({nullptr, std::move(name), assign != nullptr, value.span});
    }
    if (column.default_value != nullptr) {
      HARRIER_TRY(one.default_value, bind_typed(*column.default_value, Scope(), type));
    } else {
      one.default_value = is_number(type) ? convert(constant(Value::of_long(0), span), type)
                                          : null_expr(type, span);
    }
    outputs.front().expr = null_expr(dynamic, span);
    names.push_back(std::move(outputs.front()));
    series.series.push_back(std::move(one));
  }
  HARRIER_TRY(Names axis, bind_named(*node.axis, rows));
  const ScalarType type = axis.front().expr->type;
  if (!is_number(type) && type != datetime && type != timespan) {
    return fail(node.axis->span, "the axis is a number, a datetime or a timespan");
  }
  series.axis = std::move(axis.front().expr);
  const auto bound = [&](const ast::ExprPtr& expr, ScalarType wanted) -> Result<ExprPtr> {
    if (expr == nullptr) return ExprPtr();
    return bind_typed(*expr, Scope(), wanted);
  };
  HARRIER_TRY(series.from, bound(node.from, type));
  HARRIER_TRY(series.to, bound(node.to, type));
  HARRIER_TRY(series.step, bound(node.step, type == datetime ? timespan : type));
  axis.front().expr = null_expr(dynamic, span);
  names.push_back(std::move(axis.front()));
  HARRIER_TRY(Schema schema, settle_names(names));
  series.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(series));
}

Result<PlanPtr> Binder::bind_top_nested(PlanPtr input, const ast::TopNested& node, Span span) {
  const Scope rows = row_scope(input->schema);
  TopNested nested;
  Names names;
  for (const ast::NestedLevel& level : node.levels) {
    TopNestedLevel bound;
    if (level.count != nullptr) {
      HARRIER_TRY(bound.count, bind_typed(*level.count, Scope(), long_));
    }
    HARRIER_TRY(Names key, bind_named(*level.key, rows));
    bound.key = std::move(key.front().expr);
    if (bound.key->type == dynamic) {
      return fail(level.key->span, "rows cannot be grouped by a dynamic value: convert it");
    }
    if (level.others != nullptr) {
      HARRIER_TRY(const ExprPtr others, bind_typed(*level.others, Scope(), bound.key->type));
      HARRIER_TRY(bound.others, constant_value(others, "the value for others"));
    }
    AggregateSink sink;
    Scope scope = rows;
    scope.aggregates = &sink;
    HARRIER_TRY(Names value, bind_named(*level.value, scope));
    bound.value = std::move(value.front().expr);
    bound.aggregates = std::move(sink.calls);
    bound.descending = level.descending.value_or(true);
    bound.nulls_first = level.nulls_first.value_or(!bound.descending);
    const bool named = std::holds_alternative<ast::Assign>(level.value->node);
    key.front().expr = null_expr(bound.key->type, span);
    value.front().expr = null_expr(bound.value->type, span);
    if (!named) {
      value.front().name = "aggregated_" + key.front().name;
      value.front().explicit_name = false;
    }
    names.push_back(std::move(key.front()));
    names.push_back(std::move(value.front()));
    nested.levels.push_back(std::move(bound));
  }
  HARRIER_TRY(Schema schema, settle_names(names));
  nested.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(nested));
}

/// top-hitters is a count (or a sum) by the key, the greatest first.
Result<PlanPtr> Binder::bind_top_hitters(PlanPtr input, const ast::TopHitters& node, Span span) {
  const Scope rows = row_scope(input->schema);
  Names names;
  HARRIER_TRY(Names key, bind_named(*node.key, rows));
  Aggregate aggregate;
  aggregate.keys.push_back(key.front().expr);
  AggregateCall call;
  ScalarType type = long_;
  std::string name = "approximate_count_" + key.front().name;
  call.function = find_aggregate(node.by == nullptr ? "count" : "sum");
  if (node.by != nullptr) {
    HARRIER_TRY(ExprPtr by, bind_scalar(*node.by, rows));
    if (!is_number(by->type)) return fail(node.by->span, "expected a number");
    name = "approximate_sum_" + derived_name(*node.by);
    if (by->type == int_) by = convert(std::move(by), long_);
    type = by->type;
    call.args.push_back(std::move(by));
  }
  aggregate.aggregates.push_back(std::move(call));
  aggregate.input = std::move(input);
  names.push_back(std::move(key.front()));
  names.push_back({null_expr(type, span), std::move(name), false, span});
  HARRIER_TRY(Schema schema, settle_names(names));
  Sort sort;
  sort.input = make_plan(schema, span, std::move(aggregate));
  sort.keys.push_back({column_ref(schema, 1, span), true, false});
  HARRIER_TRY(sort.limit, bind_typed(*node.count, Scope(), long_));
  return make_plan(std::move(schema), span, std::move(sort));
}

}  // namespace harrier::kql
