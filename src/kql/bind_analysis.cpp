// Plugins and operators that answer with findings about the rows instead of the rows.
#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"

#include <fmt/format.h>

#include <array>

namespace harrier::kql {

using enum ScalarType;

namespace {

/// Appends a column that the plugin makes.
void add_column(Schema& schema, Plugin& plugin, std::string name, ScalarType type) {
  schema.emplace_back(std::move(name), type);
  plugin.passthrough.emplace_back(std::nullopt);
}

bool is_timeline(ScalarType type) {
  return type == datetime || type == timespan || type == long_ || type == int_;
}

/// Type of the distance between two values of a timeline.
ScalarType distance_type(ScalarType timeline) {
  if (timeline == datetime || timeline == timespan) return timespan;
  return long_;
}

}  // namespace

void keep_columns(const Schema& input, Schema& schema, Plugin& plugin) {
  for (std::size_t i = 0; i < input.size(); ++i) {
    schema.push_back(input[i]);
    plugin.passthrough.emplace_back(i);
  }
}

/// A column of the input, by name.
Result<ExprPtr> Binder::plugin_column(const ast::Expr& arg, const Schema& input) {
  HARRIER_TRY(ExprPtr column, bind_scalar(arg, row_scope(input)));
  if (!std::holds_alternative<ColumnRef>(column->node)) return fail(arg.span, "expected a column");
  return column;
}

/// A constant of a type; a whole number also where the type is real.
Result<ExprPtr> Binder::plugin_constant(const ast::Expr& arg, ScalarType type) {
  HARRIER_TRY(ExprPtr value, bind_scalar(arg, Scope()));
  const bool number = type == real && (value->type == long_ || value->type == int_);
  const bool whole = type == long_ && value->type == int_;
  if (value->type != type && !number && !whole) {
    return fail(arg.span, "expected a value of type " + std::string(model::to_string(type)));
  }
  value = convert(std::move(value), type);
  HARRIER_TRYV(constant_value(value, "this argument"));
  return value;
}

/// Arguments in execution: the threshold, the most dimensions, the weight where there is one.
Result<PlanPtr> Binder::bind_basket(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 0, 3));
  const auto& args = node.call.args;
  // `~` stands for the default.
  const auto given = [&](std::size_t i) {
    if (i >= args.size()) return false;
    const auto* literal = std::get_if<ast::Literal>(&args[i]->node);
    return literal == nullptr || literal->value.type() != string || literal->value.text() != "~";
  };
  Plugin plugin;
  plugin.name = node.call.name.text;
  ExprPtr threshold = constant(Value::of_real(0.05), span);
  ExprPtr most = constant(Value::of_long(5), span);
  if (given(0)) {
    HARRIER_TRY(threshold, plugin_constant(*args[0], real));
  }
  if (given(2)) {
    HARRIER_TRY(most, plugin_constant(*args[2], long_));
  }
  plugin.args = {std::move(threshold), std::move(most)};
  if (given(1)) {
    HARRIER_TRY(ExprPtr weight, plugin_column(*args[1], input->schema));
    if (weight->type != int_ && weight->type != long_ && weight->type != real) {
      return fail(args[1]->span, "expected a column of numbers");
    }
    plugin.args.push_back(std::move(weight));
  }
  Schema schema;
  add_column(schema, plugin, "SegmentId", long_);
  add_column(schema, plugin, "Count", long_);
  add_column(schema, plugin, "Percent", real);
  for (const OutColumn& column : input->schema) {
    add_column(schema, plugin, free_name(schema, column.name), column.type);
  }
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: what hll() gave.
Result<PlanPtr> Binder::bind_dcount_intersect(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 2, 16));
  Plugin plugin;
  plugin.name = node.call.name.text;
  Schema schema;
  for (std::size_t i = 0; i < node.call.args.size(); ++i) {
    HARRIER_TRY(ExprPtr column, plugin_column(*node.call.args[i], input->schema));
    if (column->type != dynamic) return fail(node.call.args[i]->span, "expected a result of hll()");
    plugin.args.push_back(std::move(column));
    add_column(schema, plugin, "s" + std::to_string(i), long_);
  }
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: the condition, the rows before and after.
Result<PlanPtr> Binder::bind_rows_near(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 2, 3));
  Plugin plugin;
  plugin.name = node.call.name.text;
  HARRIER_TRY(ExprPtr condition, bind_typed(*node.call.args[0], row_scope(input->schema), boolean));
  plugin.args.push_back(std::move(condition));
  for (const std::size_t i : {std::size_t{1}, node.call.args.size() - 1}) {
    HARRIER_TRY(ExprPtr count, plugin_constant(*node.call.args[i], long_));
    plugin.args.push_back(std::move(count));
  }
  Schema schema;
  keep_columns(input->schema, schema, plugin);
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: the value, the percentile, the index, the bin's size, the bins of a
/// window, then the dimensions.
Result<PlanPtr> Binder::bind_rolling_percentile(PlanPtr input, const ast::Evaluate& node,
                                                Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 5, 100));
  const auto& args = node.call.args;
  Plugin plugin;
  plugin.name = node.call.name.text;
  HARRIER_TRY(ExprPtr value, plugin_column(*args[0], input->schema));
  HARRIER_TRY(ExprPtr percent, plugin_constant(*args[1], real));
  HARRIER_TRY(ExprPtr index, plugin_column(*args[2], input->schema));
  if (!is_timeline(index->type)) return fail(args[2]->span, "only times and whole numbers index");
  if (!is_timeline(value->type) && value->type != real) {
    return fail(args[0]->span, "expected a column of numbers or times");
  }
  HARRIER_TRY(ExprPtr size, plugin_constant(*args[3], distance_type(index->type)));
  HARRIER_TRY(ExprPtr bins, plugin_constant(*args[4], long_));
  HARRIER_TRY(const Value window, constant_value(bins, "this argument"));
  HARRIER_TRY(const Value share, constant_value(percent, "this argument"));
  if (window.is_null() || share.is_null()) return fail(span, "an argument is null");
  Schema schema;
  add_column(schema, plugin, derived_name(*args[2]), index->type);
  const std::string name = fmt::format("rolling_{}_percentile_{}_{}", window.integer(),
                                       derived_name(*args[0]), share.real());
  const ScalarType type = value->type;
  plugin.args = {std::move(value), std::move(percent), std::move(index), std::move(size),
                 std::move(bins)};
  HARRIER_TRYV(add_dimensions(node, 5, input->schema, schema, plugin));
  add_column(schema, plugin, free_name(schema, name), type);
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Appends the arguments from `first` on: columns that divide the rows.
Result<> Binder::add_dimensions(const ast::Evaluate& node, std::size_t first, const Schema& input,
                                Schema& schema, Plugin& plugin) {
  for (std::size_t i = first; i < node.call.args.size(); ++i) {
    const ast::Expr& arg = *node.call.args[i];
    HARRIER_TRY(ExprPtr column, plugin_column(arg, input));
    add_column(schema, plugin, free_name(schema, derived_name(arg)), column->type);
    plugin.args.push_back(std::move(column));
  }
  return {};
}

/// Arguments in execution: the id, the timeline, start, end, lookback, bin, then the dimensions.
Result<PlanPtr> Binder::bind_sliding_window(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 6, 100));
  const auto& args = node.call.args;
  Plugin plugin;
  plugin.name = node.call.name.text;
  HARRIER_TRY(ExprPtr id, plugin_column(*args[0], input->schema));
  HARRIER_TRY(ExprPtr time, plugin_column(*args[1], input->schema));
  const ScalarType type = time->type;
  if (!is_timeline(type)) {
    return fail(args[1]->span, "only times and whole numbers make a timeline");
  }
  plugin.args = {std::move(id), std::move(time)};
  const ScalarType place = type == int_ ? long_ : type;
  for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
    HARRIER_TRY(ExprPtr edge, plugin_constant(*args[i], place));
    plugin.args.push_back(std::move(edge));
  }
  for (const std::size_t i : {std::size_t{4}, std::size_t{5}}) {
    HARRIER_TRY(ExprPtr length, plugin_constant(*args[i], distance_type(type)));
    plugin.args.push_back(std::move(length));
  }
  Schema schema;
  add_column(schema, plugin, derived_name(*args[1]), type);
  HARRIER_TRYV(add_dimensions(node, 6, input->schema, schema, plugin));
  add_column(schema, plugin, free_name(schema, "Count"), long_);
  add_column(schema, plugin, free_name(schema, "Dcount"), long_);
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: the timeline, the longest step and span, how many conditions, the
/// conditions, then the dimensions.
Result<PlanPtr> Binder::bind_sequence_detect(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 4, 100));
  const auto& args = node.call.args;
  Plugin plugin;
  plugin.name = node.call.name.text;
  HARRIER_TRY(ExprPtr time, plugin_column(*args[0], input->schema));
  const ScalarType type = time->type;
  if (!is_timeline(type)) {
    return fail(args[0]->span, "only times and whole numbers make a timeline");
  }
  HARRIER_TRY(ExprPtr step, plugin_constant(*args[1], distance_type(type)));
  HARRIER_TRY(ExprPtr whole, plugin_constant(*args[2], distance_type(type)));
  std::vector<ExprPtr> conditions;
  std::vector<ExprPtr> dimensions;
  std::vector<std::string> names;
  Schema schema;
  for (std::size_t i = 3; i < args.size(); ++i) {
    HARRIER_TRY(Names named, bind_named(*args[i], row_scope(input->schema)));
    for (NamedExpr& one : named) {
      if (one.expr->type != boolean) {
        std::string name = one.name.empty() ? "Column1" : one.name;
        add_column(schema, plugin, free_name(schema, std::move(name)), one.expr->type);
        dimensions.push_back(std::move(one.expr));
        continue;
      }
      if (!dimensions.empty()) {
        return fail(args[i]->span, "the conditions stand before the dimensions");
      }
      names.push_back(one.name.empty() ? "Expr" + std::to_string(names.size() + 1) : one.name);
      conditions.push_back(std::move(one.expr));
    }
  }
  if (conditions.empty()) return fail(span, "`sequence_detect` needs a condition");
  for (const std::string& name : names) {
    add_column(schema, plugin, free_name(schema, name + "_" + derived_name(*args[0])), type);
  }
  add_column(schema, plugin, free_name(schema, "Duration"), distance_type(type));
  plugin.args = {std::move(time), std::move(step), std::move(whole),
                 constant(Value::of_long(static_cast<std::int64_t>(conditions.size())), span)};
  for (ExprPtr& condition : conditions) plugin.args.push_back(std::move(condition));
  for (ExprPtr& dimension : dimensions) plugin.args.push_back(std::move(dimension));
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: longitude, latitude, the name of the lookup table's shape column, the
/// radius (null: none), whether rows without a match stay. Schema columns without passthrough are
/// the lookup table's, in its order.
Result<PlanPtr> Binder::bind_shape_lookup(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 4, 7));
  const auto& args = node.call.args;
  const bool lines = node.call.name.text == "geo_line_lookup";
  Plugin plugin;
  plugin.name = node.call.name.text;
  HARRIER_TRY(PlanPtr table, bind_table(*args[0]));
  table = drop_hidden(std::move(table));
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    HARRIER_TRY(ExprPtr degrees, bind_typed(*args[i], row_scope(input->schema), real));
    plugin.args.push_back(std::move(degrees));
  }
  HARRIER_TRY(const auto shape, matching(*args[3], table->schema));
  if (table->schema[shape.front()].type != dynamic) {
    return fail(args[3]->span, "expected a dynamic column");
  }
  plugin.args.push_back(constant(Value::of_string(table->schema[shape.front()].name), span));
  std::array<ExprPtr, 3> rest{null_expr(real, span), constant(Value::of_bool(false), span),
                              null_expr(real, span)};
  static constexpr std::array<std::string_view, 3> kNames{"radius", "return_unmatched",
                                                          "join_hint"};
  for (std::size_t i = 4; i < args.size(); ++i) {
    std::size_t at = i - 4;
    const ast::Expr* value = args[i].get();
    if (const auto* assign = std::get_if<ast::Assign>(&args[i]->node)) {
      for (at = 0; at < kNames.size() && kNames[at] != assign->names[0].text;) ++at;
      if (at == kNames.size()) return fail(args[i]->span, "unknown argument of the plugin");
      value = assign->value.get();
    }
    HARRIER_TRY(rest[at], plugin_constant(*value, at == 1 ? boolean : real));
  }
  if (lines && std::holds_alternative<Constant>(rest[0]->node) && constant_of(rest[0])->is_null()) {
    return fail(span, "`geo_line_lookup` needs a radius");
  }
  plugin.args.push_back(rest[0]);
  plugin.args.push_back(rest[1]);
  Schema schema;
  keep_columns(input->schema, schema, plugin);
  for (const OutColumn& column : table->schema) {
    add_column(schema, plugin, free_name(schema, column.name), column.type);
  }
  plugin.tables.push_back(std::move(table));
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: the text, the threshold, the separators ("": all but letters and
/// digits). With kind=source the rows stay and the pattern is added.
Result<PlanPtr> Binder::bind_reduce(PlanPtr input, const ast::Reduce& node, Span span) {
  input = drop_hidden(std::move(input));
  Plugin plugin;
  plugin.name = "reduce";
  HARRIER_TRY(ExprPtr text, bind_typed(*node.column, row_scope(input->schema), string));
  ExprPtr threshold = constant(Value::of_real(0.1), span);
  ExprPtr characters = constant(Value::of_string({}), span);
  bool source = false;
  for (const ast::Option& option : node.options) {
    if (option.name.text == "kind") {
      const auto* word = std::get_if<ast::Name>(&option.value->node);
      if (word == nullptr || word->text != "source") {
        return fail(option.value->span, "the kind of `reduce` is `source`");
      }
      source = true;
    } else if (option.name.text == "threshold") {
      HARRIER_TRY(threshold, plugin_constant(*option.value, real));
    } else if (option.name.text == "characters") {
      HARRIER_TRY(characters, plugin_constant(*option.value, string));
    } else {
      return fail(option.name.span, "`reduce` has the options threshold and characters");
    }
  }
  plugin.args = {std::move(text), std::move(threshold), std::move(characters)};
  Schema schema;
  if (source) keep_columns(input->schema, schema, plugin);
  add_column(schema, plugin, free_name(schema, "Pattern"), string);
  if (!source) {
    add_column(schema, plugin, "Count", long_);
    add_column(schema, plugin, "Representative", string);
  }
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

}  // namespace harrier::kql
