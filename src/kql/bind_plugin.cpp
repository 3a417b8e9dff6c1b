#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"
#include "kql/optimizer.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {

using enum ScalarType;

namespace {

/// The columns that FileProfile adds, where the input does not have them already.
const std::array kFileProfile{std::pair{"SHA1", string},
                              std::pair{"SHA256", string},
                              std::pair{"MD5", string},
                              std::pair{"FileSize", long_},
                              std::pair{"GlobalPrevalence", long_},
                              std::pair{"GlobalFirstSeen", datetime},
                              std::pair{"GlobalLastSeen", datetime},
                              std::pair{"Signer", string},
                              std::pair{"Issuer", string},
                              std::pair{"SignerHash", string},
                              std::pair{"IsCertificateValid", boolean},
                              std::pair{"IsRootSignerMicrosoft", boolean},
                              std::pair{"SignatureState", string},
                              std::pair{"IsExecutable", boolean},
                              std::pair{"ThreatName", string},
                              std::pair{"Publisher", string},
                              std::pair{"SoftwareName", string},
                              std::pair{"ProfileAvailability", string}};

/// Appends to a schema and its passthrough.
void keep_column(const Schema& input, std::size_t index, Schema& schema, Plugin& plugin) {
  schema.push_back(input[index]);
  plugin.passthrough.emplace_back(index);
}

}  // namespace

Result<PlanPtr> Binder::bind_evaluate(PlanPtr input, const ast::Evaluate& node, Span span) {
  const std::string& name = node.call.name.text;
  if (!node.invoke) return bind_plugin(std::move(input), node, span);
  if (const Binding* binding = environment_->find(name);
      binding != nullptr && binding->function != nullptr) {
    HARRIER_TRY(Bound bound,
                call_function(*binding, node.call, node.call.name.span, Scope(), std::move(input)));
    if (bound.table == nullptr) return fail(span, "`" + name + "` gives a value, not rows");
    return bound.table;
  }
  if (name == "FileProfile") return bind_file_profile(std::move(input), node, span);
  if (name == "SeenBy" || name == "DeviceFromIP" || name == "AssignedIPAddresses") {
    return fail(node.call.name.span,
                "the function `" + name + "` needs the service; it is not available here");
  }
  std::vector<std::string> known{"FileProfile"};
  for (const Environment* at = environment_; at != nullptr; at = at->outer) {
    for (const auto& [let, binding] : at->names) {
      if (binding.function != nullptr) known.push_back(let);
    }
  }
  return fail(node.call.name.span, "unknown function `" + name + "`" + suggestion(name, known));
}

Result<PlanPtr> Binder::bind_plugin(PlanPtr input, const ast::Evaluate& node, Span span) {
  const std::string& name = node.call.name.text;
  input = drop_hidden(std::move(input));
  if (name == "bag_unpack") return bind_bag_unpack(std::move(input), node, span);
  if (name == "pivot") return bind_pivot(std::move(input), node, span);
  if (name == "ipv4_lookup" || name == "ipv6_lookup") {
    return bind_ip_lookup(std::move(input), node, span);
  }
  if (name == "active_users_count") return bind_active_users(std::move(input), node, span);
  if (name == "narrow") {
    HARRIER_TRYV(check_arity(node.call, span, 0, 0));
    Plugin plugin;
    plugin.name = name;
    plugin.input = std::move(input);
    plugin.passthrough.assign(3, std::nullopt);
    return make_plan(
        {OutColumn("Row", long_), OutColumn("Column", string), OutColumn("Value", string)}, span,
        std::move(plugin));
  }
  if (name == "dcount_intersect") return bind_dcount_intersect(std::move(input), node, span);
  if (name == "basket") return bind_basket(std::move(input), node, span);
  if (name == "rows_near") return bind_rows_near(std::move(input), node, span);
  if (name == "rolling_percentile") return bind_rolling_percentile(std::move(input), node, span);
  if (name == "sliding_window_counts") return bind_sliding_window(std::move(input), node, span);
  if (name == "sequence_detect") return bind_sequence_detect(std::move(input), node, span);
  if (name == "geo_polygon_lookup" || name == "geo_line_lookup") {
    return bind_shape_lookup(std::move(input), node, span);
  }
  static const std::vector<std::string> kKnown{"bag_unpack",
                                               "pivot",
                                               "ipv4_lookup",
                                               "ipv6_lookup",
                                               "narrow",
                                               "active_users_count",
                                               "rows_near",
                                               "rolling_percentile",
                                               "sliding_window_counts",
                                               "sequence_detect",
                                               "geo_polygon_lookup",
                                               "geo_line_lookup",
                                               "dcount_intersect",
                                               "basket"};
  return fail(node.call.name.span,
              "the plugin `" + name + "` is not supported" + suggestion(name, kKnown));
}

/// The plugin's plan with its final schema: written by the author, asked of execution, or the
/// passthrough columns alone.
Result<PlanPtr> Binder::late_schema(Plugin plugin, Schema known, const ast::Evaluate& node,
                                    Span span) {
  if (node.schema) {
    Schema schema;
    std::vector<std::optional<std::size_t>> passthrough;
    if (node.schema->star) {
      schema = known;
      passthrough = plugin.passthrough;
    }
    for (const auto& [name, type] : node.schema->columns) {
      const auto own = find_column(known, name.text);
      const bool same = own && known[*own].type == type;
      schema.emplace_back(name.text, type);
      passthrough.push_back(same ? plugin.passthrough[*own] : std::nullopt);
    }
    plugin.passthrough = std::move(passthrough);
    return make_plan(std::move(schema), span, std::move(plugin));
  }
  Schema rows = plugin.input->schema;
  plugin.input = make_plan(std::move(rows), span, Materialize{std::move(plugin.input)});
  if (options_.late == nullptr) {
    warnings_.push_back("the columns of `" + plugin.name + "` depend on the data");
    return make_plan(std::move(known), span, std::move(plugin));
  }
  const PlanPtr first = make_plan(known, span, plugin);
  HARRIER_TRY(Schema schema, options_.late->columns_of(optimize(first, options_)));
  std::vector<std::optional<std::size_t>> passthrough;
  for (const OutColumn& column : schema) {
    const auto own = find_column(known, column.name);
    const bool same = own && known[*own].type == column.type;
    passthrough.push_back(same ? plugin.passthrough[*own] : std::nullopt);
  }
  plugin.passthrough = std::move(passthrough);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: the column, the prefix, the conflict rule, the ignored keys (texts or
/// dynamic; "" where absent).
Result<PlanPtr> Binder::bind_bag_unpack(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 1, 4));
  const Scope scope = row_scope(input->schema);
  Plugin plugin;
  plugin.name = "bag_unpack";
  HARRIER_TRY(ExprPtr column, bind_scalar(*node.call.args[0], scope));
  const auto* ref = std::get_if<ColumnRef>(&column->node);
  if (ref == nullptr) return fail(node.call.args[0]->span, "`bag_unpack` takes a column");
  const std::size_t unpacked = ref->index;
  plugin.args.push_back(column->type == dynamic ? column
                                                : call_expr("parse_json", dynamic, {column}, span));
  std::array<ExprPtr, 3> rest{constant(Value::of_string({}), span),
                              constant(Value::of_string("error"), span), null_expr(dynamic, span)};
  static constexpr std::array<std::string_view, 3> kNames{"OutputColumnPrefix", "columnsConflict",
                                                          "ignoredProperties"};
  for (std::size_t i = 1; i < node.call.args.size(); ++i) {
    const ast::Expr& arg = *node.call.args[i];
    std::size_t at = i - 1;
    const ast::Expr* value = &arg;
    if (const auto* assign = std::get_if<ast::Assign>(&arg.node)) {
      const auto named = std::find(kNames.begin(), kNames.end(), assign->names[0].text);
      if (named == kNames.end()) return fail(arg.span, "unknown argument of `bag_unpack`");
      at = static_cast<std::size_t>(named - kNames.begin());
      value = assign->value.get();
    }
    HARRIER_TRY(rest[at], bind_typed(*value, Scope(), at == 2 ? dynamic : string));
    HARRIER_TRYV(constant_value(rest[at], "this argument"));
  }
  for (ExprPtr& arg : rest) plugin.args.push_back(std::move(arg));
  Schema known;
  for (std::size_t i = 0; i < input->schema.size(); ++i) {
    if (i != unpacked) keep_column(input->schema, i, known, plugin);
  }
  plugin.input = std::move(input);
  return late_schema(std::move(plugin), std::move(known), node, span);
}

/// Arguments in execution: the pivot column, then the columns to group by. The aggregate defaults
/// to count().
Result<PlanPtr> Binder::bind_pivot(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 1, 65'534));
  const Scope scope = row_scope(input->schema);
  Plugin plugin;
  plugin.name = "pivot";
  HARRIER_TRY(ExprPtr column, bind_scalar(*node.call.args[0], scope));
  if (column->type == dynamic) {
    return fail(node.call.args[0]->span, "a dynamic column cannot be pivoted: convert it");
  }
  const auto* pivot = std::get_if<ColumnRef>(&column->node);
  if (pivot == nullptr) return fail(node.call.args[0]->span, "`pivot` takes a column");
  std::vector<std::size_t> used{pivot->index};
  plugin.args.push_back(std::move(column));
  AggregateCall aggregate;
  aggregate.function = find_aggregate("count");
  std::vector<std::size_t> keys;
  for (std::size_t i = 1; i < node.call.args.size(); ++i) {
    const ast::Expr& arg = *node.call.args[i];
    if (const auto* call = std::get_if<ast::Call>(&arg.node); call != nullptr && i == 1) {
      HARRIER_TRY(auto bound, aggregate_call(*call, arg.span, scope));
      aggregate = std::move(bound.first);
      for (const ExprPtr& used_arg : aggregate.args) {
        if (const auto* ref = std::get_if<ColumnRef>(&used_arg->node)) used.push_back(ref->index);
      }
      continue;
    }
    HARRIER_TRY(const ExprPtr key, bind_scalar(arg, scope));
    const auto* ref = std::get_if<ColumnRef>(&key->node);
    if (ref == nullptr) return fail(arg.span, "expected a column");
    keys.push_back(ref->index);
  }
  plugin.aggregates.push_back(std::move(aggregate));
  if (keys.empty()) {
    for (std::size_t i = 0; i < input->schema.size(); ++i) {
      if (std::find(used.begin(), used.end(), i) == used.end()) keys.push_back(i);
    }
  }
  Schema known;
  for (const std::size_t i : keys) {
    keep_column(input->schema, i, known, plugin);
    plugin.args.push_back(column_ref(input->schema, i, span));
  }
  plugin.input = std::move(input);
  return late_schema(std::move(plugin), std::move(known), node, span);
}

/// Arguments in execution: the address, the name of the lookup table's network column, the
/// unmatched flag, then pairs of source column and lookup column's name. Schema columns without
/// passthrough are the lookup table's, in its order.
Result<PlanPtr> Binder::bind_ip_lookup(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 3, 65'534));
  const Scope scope = row_scope(input->schema);
  Plugin plugin;
  plugin.name = node.call.name.text;
  HARRIER_TRY(PlanPtr table, bind_table(*node.call.args[0]));
  table = drop_hidden(std::move(table));
  HARRIER_TRY(ExprPtr address, bind_scalar(*node.call.args[1], scope));
  if (address->type != string && address->type != dynamic) {
    return fail(node.call.args[1]->span, "an address is a text");
  }
  plugin.args.push_back(convert(std::move(address), string));
  HARRIER_TRY(const auto network, matching(*node.call.args[2], table->schema));
  plugin.args.push_back(constant(Value::of_string(table->schema[network.front()].name), span));
  plugin.args.push_back(constant(Value::of_bool(false), span));
  std::vector<std::size_t> extra;
  for (std::size_t i = 3; i < node.call.args.size(); ++i) {
    const ast::Expr& arg = *node.call.args[i];
    if (const auto* assign = std::get_if<ast::Assign>(&arg.node)) {
      if (assign->names[0].text != "return_unmatched") return fail(arg.span, "unknown argument");
      HARRIER_TRY(plugin.args[2], bind_typed(*assign->value, Scope(), boolean));
      continue;
    }
    HARRIER_TRY(const ExprPtr key, bind_scalar(arg, scope));
    if (key->type == boolean) {
      plugin.args[2] = key;
      continue;
    }
    HARRIER_TRY(const auto column, matching(arg, table->schema));
    extra.push_back(column.front());
    plugin.args.push_back(key);
    plugin.args.push_back(constant(Value::of_string(table->schema[column.front()].name), span));
  }
  Schema schema;
  keep_columns(input->schema, schema, plugin);
  for (std::size_t i = 0; i < table->schema.size(); ++i) {
    if (std::find(extra.begin(), extra.end(), i) != extra.end()) continue;
    schema.emplace_back(free_name(schema, table->schema[i].name), table->schema[i].type);
    plugin.passthrough.emplace_back(std::nullopt);
  }
  plugin.tables.push_back(std::move(table));
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Arguments in execution: the id, the time, start, end, lookback, period, the least number of
/// periods, the step, then the dimensions.
Result<PlanPtr> Binder::bind_active_users(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 8, 100));
  static constexpr std::array kTypes{datetime, datetime, timespan, timespan, long_, timespan};
  const Scope scope = row_scope(input->schema);
  Plugin plugin;
  plugin.name = "active_users_count";
  Schema schema;
  for (std::size_t i = 0; i < node.call.args.size(); ++i) {
    const ast::Expr& arg = *node.call.args[i];
    if (i >= 2 && i < 2 + kTypes.size()) {
      HARRIER_TRY(ExprPtr value, bind_scalar(arg, Scope()));
      if (value->type != kTypes[i - 2]) {
        return fail(arg.span,
                    "only times, lengths of time and a whole number of periods are "
                    "supported here");
      }
      plugin.args.push_back(std::move(value));
      continue;
    }
    HARRIER_TRY(ExprPtr column, bind_scalar(arg, scope));
    const auto* ref = std::get_if<ColumnRef>(&column->node);
    if (ref == nullptr) return fail(arg.span, "expected a column");
    if (i == 1 && column->type != datetime) {
      return fail(arg.span, "only a timeline of type datetime is supported");
    }
    if (i != 0) {
      schema.push_back(input->schema[ref->index]);
      plugin.passthrough.emplace_back(std::nullopt);
    }
    plugin.args.push_back(std::move(column));
  }
  schema.emplace_back(free_name(schema, "dcount"), long_);
  plugin.passthrough.emplace_back(std::nullopt);
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

/// Argument in execution: the hash. The added columns are those without passthrough.
Result<PlanPtr> Binder::bind_file_profile(PlanPtr input, const ast::Evaluate& node, Span span) {
  HARRIER_TRYV(check_arity(node.call, span, 0, 2));
  const Scope scope = row_scope(input->schema);
  Plugin plugin;
  plugin.name = "FileProfile";
  ast::Name hash{"SHA1"};
  Span place = span;
  if (!node.call.args.empty()) {
    const ast::Expr& arg = *node.call.args[0];
    place = arg.span;
    if (const auto* name = std::get_if<ast::Name>(&arg.node)) hash.text = name->text;
    const auto* literal = std::get_if<ast::Literal>(&arg.node);
    if (literal != nullptr && literal->value.type() == string) hash.text = literal->value.text();
  }
  HARRIER_TRY(ExprPtr column, bind_name(hash, place, scope));
  plugin.args.push_back(convert(std::move(column), string));
  Schema schema;
  keep_columns(input->schema, schema, plugin);
  for (const auto& [name, type] : kFileProfile) {
    if (find_column(schema, name)) continue;
    schema.emplace_back(name, type);
    plugin.passthrough.emplace_back(std::nullopt);
  }
  warnings_.push_back(
      "FileProfile has no reputation service here: its columns are empty unless a local mapping is "
      "given, and filters on them drop every row");
  plugin.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(plugin));
}

}  // namespace harrier::kql
