#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"

#include <algorithm>

namespace harrier::kql {

using enum ScalarType;

PlanPtr Binder::select(PlanPtr input, const std::vector<std::size_t>& columns, Span span) const {
  Schema schema;
  Project project;
  for (const std::size_t i : columns) {
    schema.push_back(input->schema[i]);
    project.columns.push_back(column_ref(input->schema, i, span));
  }
  project.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(project));
}

Result<PlanPtr> Binder::bind_operator(PlanPtr input, const ast::Operator& op) {
  const Span span = op.span;
  const auto visit = [&](const auto& node) -> Result<PlanPtr> {
    using Node = std::decay_t<decltype(node)>;
    constexpr bool of_graph = std::is_same_v<Node, ast::MatchGraph> ||
                              std::is_same_v<Node, ast::MarkComponents> ||
                              std::is_same_v<Node, ast::GraphTable>;
    if (of_graph != is_graph(*input)) {
      return fail(span, of_graph ? "this operator needs a graph: put `make-graph` before it"
                                 : "a graph has no rows: `graph-match` or `graph-to-table` gives "
                                   "some");
    }
    if constexpr (std::is_same_v<Node, ast::MakeGraph>) {
      return bind_make_graph(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::MarkComponents>) {
      return bind_components(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::GraphTable>) {
      return bind_graph_table(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::MatchGraph>) {
      return bind_match(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::Where>) {
      const Scope scope = row_scope(input->schema);
      HARRIER_TRY(ExprPtr predicate, bind_condition(*node.predicate, scope));
      Schema schema = input->schema;
      return make_plan(std::move(schema), span, Filter{std::move(input), std::move(predicate)});
    } else if constexpr (std::is_same_v<Node, ast::ColumnList>) {
      return bind_list(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::Summarize>) {
      return bind_summarize(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::SortBy>) {
      return bind_sort(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::TakeRows>) {
      return bind_take(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::CountRows>) {
      return bind_count(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::JoinWith>) {
      return bind_join(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::UnionOf>) {
      return bind_union(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::Expand>) {
      return bind_expand(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::ParseText>) {
      return bind_parse(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::ParsePairs>) {
      return bind_parse_kv(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::MakeSeries>) {
      return bind_make_series(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::TopNested>) {
      return bind_top_nested(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::TopHitters>) {
      return bind_top_hitters(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::PartitionBy>) {
      return bind_partition(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::ScanRows>) {
      return bind_scan(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::SearchFor>) {
      return bind_search(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::Evaluate>) {
      return bind_evaluate(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::GetSchema>) {
      return bind_getschema(input, span);
    } else if constexpr (std::is_same_v<Node, ast::As>) {
      Schema schema = input->schema;
      PlanPtr shared =
          make_plan(std::move(schema), span, Materialize{std::move(input), node.name.text});
      Binding binding;
      binding.table = shared;
      HARRIER_TRYV(declare(node.name, std::move(binding)));
      return shared;
    } else if constexpr (std::is_same_v<Node, ast::RenderAs>) {
      HARRIER_TRYV(bind_render(node));
      return std::move(input);
    } else if constexpr (std::is_same_v<Node, ast::Reduce>) {
      return bind_reduce(std::move(input), node, span);
    } else if constexpr (std::is_same_v<Node, ast::Refused>) {
      return fail(span, "the operator `" + node.name + "` is not supported");
    } else {
      return fail(span, "this operator must be the first of a query");
    }
  };
  return std::visit(visit, op.node);
}

Result<PlanPtr> Binder::bind_list(PlanPtr input, const ast::ColumnList& list, Span span) {
  using Kind = ast::ColumnList::Kind;
  switch (list.kind) {
    case Kind::project:
      return bind_project(std::move(input), list.columns, span);
    case Kind::extend:
    case Kind::serialize:
      return bind_extend(std::move(input), list.columns, span);
    case Kind::away:
      return bind_away(std::move(input), list, false, span);
    case Kind::keep:
      return bind_away(std::move(input), list, true, span);
    case Kind::rename:
      return bind_rename(std::move(input), list, span);
    case Kind::reorder:
      return bind_reorder(std::move(input), list, span);
    case Kind::distinct:
      return bind_distinct(std::move(input), list.columns, span);
    case Kind::print:
      return fail(span, "`print` must be the first operator of a query");
  }
  return fail(span, "unknown operator");
}

Result<PlanPtr> Binder::bind_project(PlanPtr input, const ast::Exprs& columns, Span span) {
  const Scope scope = row_scope(input->schema);
  Names names;
  for (const ast::ExprPtr& item : columns) {
    HARRIER_TRY(Names more, bind_named(*item, scope));
    for (NamedExpr& one : more) names.push_back(std::move(one));
  }
  HARRIER_TRY(Schema schema, settle_names(names));
  Project project;
  for (NamedExpr& one : names) project.columns.push_back(std::move(one.expr));
  project.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(project));
}

Result<PlanPtr> Binder::bind_extend(PlanPtr input, const ast::Exprs& columns, Span span) {
  const Scope scope = row_scope(input->schema);
  Schema schema = input->schema;
  Project project;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    project.columns.push_back(column_ref(schema, i, span));
  }
  std::vector<std::string> written;
  std::size_t unnamed = 0;
  for (const ast::ExprPtr& item : columns) {
    HARRIER_TRY(Names more, bind_named(*item, scope));
    for (NamedExpr& one : more) {
      const bool plain = !std::holds_alternative<ast::Assign>(item->node) && one.explicit_name;
      if (one.name.empty()) one.name = free_name(schema, "Column" + std::to_string(++unnamed));
      const bool again = std::find(written.begin(), written.end(), one.name) != written.end();
      if (again && (one.explicit_name && !plain)) {
        return fail(one.span, "there is a column `" + one.name + "` already");
      }
      if (one.explicit_name && !plain) written.push_back(one.name);
      auto at = find_column(schema, one.name);
      if (at && schema[*at].hidden) {
        schema.erase(schema.begin() + static_cast<std::ptrdiff_t>(*at));
        project.columns.erase(project.columns.begin() + static_cast<std::ptrdiff_t>(*at));
        at.reset();
      }
      if (at) {
        schema[*at].type = one.expr->type;
        project.columns[*at] = std::move(one.expr);
      } else {
        schema.emplace_back(one.name, one.expr->type);
        project.columns.push_back(std::move(one.expr));
      }
    }
  }
  project.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(project));
}

/// Columns that a name or a pattern means; a pattern only the visible ones.
Result<std::vector<std::size_t>> Binder::matching(const ast::Expr& pattern,
                                                  const Schema& schema) const {
  std::vector<std::size_t> found;
  if (const auto* name = std::get_if<ast::Name>(&pattern.node)) {
    const auto index = find_column(schema, name->text);
    if (!index) {
      return fail(pattern.span, "unknown column `" + name->text + "`" +
                                    suggestion(name->text, column_names(schema)));
    }
    found.push_back(*index);
    return found;
  }
  const auto* wildcard = std::get_if<ast::Wildcard>(&pattern.node);
  if (wildcard == nullptr) return fail(pattern.span, "expected a column");
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (!schema[i].hidden && matches_pattern(wildcard->pattern, schema[i].name)) {
      found.push_back(i);
    }
  }
  if (found.empty()) {
    return fail(pattern.span, "no column matches `" + wildcard->pattern + "`");
  }
  return found;
}

Result<PlanPtr> Binder::bind_away(PlanPtr input, const ast::ColumnList& list, bool keep,
                                  Span span) {
  std::vector<bool> named(input->schema.size(), false);
  for (const ast::ExprPtr& item : list.columns) {
    HARRIER_TRY(const std::vector<std::size_t> found, matching(*item, input->schema));
    for (const std::size_t i : found) named[i] = true;
  }
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (named[i] == keep) columns.push_back(i);
  }
  return select(std::move(input), columns, span);
}

Result<PlanPtr> Binder::bind_rename(PlanPtr input, const ast::ColumnList& list, Span span) {
  Schema schema = input->schema;
  std::vector<bool> renamed(schema.size(), false);
  for (const ast::ExprPtr& item : list.columns) {
    const auto* assign = std::get_if<ast::Assign>(&item->node);
    if (assign == nullptr || assign->names.size() != 1 ||
        !std::holds_alternative<ast::Name>(assign->value->node)) {
      return fail(item->span, "write `new_name = old_name`");
    }
    HARRIER_TRY(const std::vector<std::size_t> found, matching(*assign->value, input->schema));
    schema[found.front()].name = assign->names.front().text;
    schema[found.front()].hidden = false;
    renamed[found.front()] = true;
  }
  for (std::size_t i = 0; i < schema.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (schema[i].name != schema[j].name || schema[i].hidden || schema[j].hidden) continue;
      return fail(span, "there is a column `" + schema[i].name + "` already");
    }
  }
  Project project;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    project.columns.push_back(column_ref(input->schema, i, span));
  }
  project.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(project));
}

namespace {

/// Digits compare as numbers.
bool granny_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      std::size_t x = i;
      std::size_t y = j;
      while (x < a.size() && a[x] == '0') ++x;
      while (y < b.size() && b[y] == '0') ++y;
      std::size_t x_end = x;
      std::size_t y_end = y;
      while (x_end < a.size() && digit(a[x_end])) ++x_end;
      while (y_end < b.size() && digit(b[y_end])) ++y_end;
      if (x_end - x != y_end - y) return x_end - x < y_end - y;
      const int order = a.substr(x, x_end - x).compare(b.substr(y, y_end - y));
      if (order != 0) return order < 0;
      i = x_end;
      j = y_end;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

}  // namespace

Result<PlanPtr> Binder::bind_reorder(PlanPtr input, const ast::ColumnList& list, Span span) {
  const Schema& schema = input->schema;
  std::vector<bool> taken(schema.size(), false);
  std::vector<std::size_t> order;
  for (std::size_t n = 0; n < list.columns.size(); ++n) {
    const ast::Expr& item = *list.columns[n];
    HARRIER_TRY(std::vector<std::size_t> found, matching(item, schema));
    std::erase_if(found, [&](std::size_t i) { return taken[i]; });
    const std::string& how = list.orders[n];
    if (!how.empty() && how != "asc" && how != "desc" && how != "granny-asc" &&
        how != "granny-desc") {
      return fail(item.span, "columns are ordered asc, desc, granny-asc or granny-desc");
    }
    if (!how.empty()) {
      std::stable_sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
        const bool down = how.ends_with("desc");
        const std::string& x = schema[down ? b : a].name;
        const std::string& y = schema[down ? a : b].name;
        return how.starts_with("granny") ? granny_less(x, y) : x < y;
      });
    }
    for (const std::size_t i : found) {
      taken[i] = true;
      order.push_back(i);
    }
  }
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (!taken[i]) order.push_back(i);
  }
  return select(std::move(input), order, span);
}

Result<PlanPtr> Binder::bind_distinct(PlanPtr input, const ast::Exprs& columns, Span span) {
  PlanPtr projected;
  const bool star = columns.size() == 1 && std::holds_alternative<ast::Wildcard>(columns[0]->node);
  if (star) {
    projected = drop_hidden(std::move(input));
  } else {
    HARRIER_TRY(projected, bind_project(std::move(input), columns, span));
  }
  for (std::size_t i = 0; i < projected->schema.size(); ++i) {
    if (projected->schema[i].type != dynamic) continue;
    return fail(star ? span : columns[std::min(i, columns.size() - 1)]->span,
                "`distinct` cannot compare the dynamic column `" + projected->schema[i].name +
                    "`: convert it, for example with tostring()");
  }
  Schema schema = projected->schema;
  return make_plan(std::move(schema), span, Distinct{std::move(projected)});
}

Result<SortKey> Binder::sort_key(const ast::OrderItem& item, const Scope& scope) {
  const auto* assign = std::get_if<ast::Assign>(&item.expr->node);
  SortKey key;
  HARRIER_TRY(key.expr, bind_scalar(assign != nullptr ? *assign->value : *item.expr, scope));
  if (key.expr->type == dynamic) {
    return fail(item.expr->span,
                "dynamic values have no order: convert, for example with tostring()");
  }
  key.descending = item.descending.value_or(true);
  key.nulls_first = item.nulls_first.value_or(!key.descending);
  return key;
}

Result<PlanPtr> Binder::bind_sort(PlanPtr input, const ast::SortBy& sort, Span span) {
  const Scope scope = row_scope(input->schema);
  Sort node;
  for (const ast::OrderItem& item : sort.items) {
    HARRIER_TRY(SortKey key, sort_key(item, scope));
    node.keys.push_back(std::move(key));
  }
  if (sort.top != nullptr) {
    HARRIER_TRY(node.limit, bind_typed(*sort.top, Scope(), long_));
  }
  Schema schema = input->schema;
  node.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(node));
}

Result<PlanPtr> Binder::bind_take(PlanPtr input, const ast::TakeRows& take, Span span) {
  HARRIER_TRY(ExprPtr count, bind_typed(*take.count, Scope(), long_));
  if (take.kind == ast::TakeRows::Kind::sample_distinct) {
    HARRIER_TRY(const std::vector<std::size_t> column, matching(*take.column, input->schema));
    PlanPtr projected = select(std::move(input), column, span);
    Schema schema = projected->schema;
    return make_plan(std::move(schema), span, Sample{std::move(projected), std::move(count), true});
  }
  Schema schema = input->schema;
  if (take.kind == ast::TakeRows::Kind::sample) {
    return make_plan(std::move(schema), span, Sample{std::move(input), std::move(count), false});
  }
  return make_plan(std::move(schema), span, Take{std::move(input), std::move(count)});
}

Result<PlanPtr> Binder::bind_count(PlanPtr input, const ast::CountRows& count, Span span) {
  Aggregate node;
  node.input = std::move(input);
  AggregateCall call;
  call.function = find_aggregate("count");
  node.aggregates.push_back(std::move(call));
  const std::string name = count.name ? count.name->text : "Count";
  return make_plan({OutColumn(name, long_)}, span, std::move(node));
}

Result<PlanPtr> Binder::bind_getschema(const PlanPtr& input, Span span) {
  const auto net_type = [](ScalarType type) -> std::string {
    switch (type) {
      case boolean:
        return "System.SByte";
      case int_:
        return "System.Int32";
      case long_:
        return "System.Int64";
      case real:
        return "System.Double";
      case decimal:
        return "System.Data.SqlTypes.SqlDecimal";
      case datetime:
        return "System.DateTime";
      case timespan:
        return "System.TimeSpan";
      case guid:
        return "System.Guid";
      case string:
        return "System.String";
      case dynamic:
        return "System.Object";
    }
    return {};
  };
  Values values;
  std::int64_t ordinal = 0;
  for (const OutColumn& column : input->schema) {
    if (column.hidden) continue;
    values.rows.push_back(
        {constant(Value::of_string(column.name), span), constant(Value::of_long(ordinal++), span),
         constant(Value::of_string(net_type(column.type)), span),
         constant(Value::of_string(std::string(model::to_string(column.type))), span)});
  }
  return make_plan({OutColumn("ColumnName", string), OutColumn("ColumnOrdinal", long_),
                    OutColumn("DataType", string), OutColumn("ColumnType", string)},
                   span, std::move(values));
}

Result<PlanPtr> Binder::bind_partition(PlanPtr input, const ast::PartitionBy& partition,
                                       Span span) {
  input = keep_times(std::move(input));
  const Scope scope = row_scope(input->schema);
  Partition node;
  HARRIER_TRY(node.key, bind_scalar(*partition.key, scope));
  if (node.key->type == dynamic) {
    return fail(partition.key->span, "rows cannot be parted by a dynamic value: convert it");
  }
  PlanPtr rows = make_plan(input->schema, span, SubInput());
  HARRIER_TRY(node.sub,
              bind_operators(std::move(rows), std::get<ast::Pipeline>(partition.sub->node), 0));
  Schema schema = node.sub->schema;
  node.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(node));
}

Result<PlanPtr> Binder::bind_scan(PlanPtr input, const ast::ScanRows& scan, Span span) {
  if (!scan.order_by.empty()) {
    ast::SortBy sort;
    Sort node;
    const Scope rows = row_scope(input->schema);
    for (const ast::OrderItem& item : scan.order_by) {
      HARRIER_TRY(SortKey key, sort_key(item, rows));
      node.keys.push_back(std::move(key));
    }
    Schema sorted = input->schema;
    node.input = std::move(input);
    input = make_plan(std::move(sorted), span, std::move(node));
  }
  input = drop_hidden(std::move(input));
  Scan node;
  Schema state = input->schema;
  const Scope rows = row_scope(input->schema);
  for (const ast::ExprPtr& item : scan.partition_by) {
    HARRIER_TRY(ExprPtr key, bind_scalar(*item, rows));
    node.partition_by.push_back(std::move(key));
  }
  for (const ast::ColumnDef& column : scan.declared) {
    ExprPtr initial = null_expr(column.type, column.name.span);
    if (column.default_value != nullptr) {
      HARRIER_TRY(initial, bind_typed(*column.default_value, Scope(), column.type));
    }
    node.defaults.push_back(std::move(initial));
    state.emplace_back(free_name(state, column.name.text), column.type);
  }
  for (std::size_t i = 0; i < scan.steps.size(); ++i) {
    const ast::ScanStep& step = scan.steps[i];
    const ScanScope names{&scan.steps, i};
    Scope scope = row_scope(state);
    scope.scan = &names;
    ScanStep bound;
    bound.name = step.name.text;
    bound.optional = step.optional;
    if (step.output == "last") bound.output = ScanStep::Output::last;
    if (step.output == "none") bound.output = ScanStep::Output::none;
    HARRIER_TRY(bound.condition, bind_condition(*step.condition, scope));
    for (const ast::ExprPtr& item : step.assignments) {
      const auto* assign = std::get_if<ast::Assign>(&item->node);
      if (assign == nullptr) return fail(item->span, "write `column = value`");
      const auto column = find_column(state, assign->names.front().text);
      if (!column) {
        return fail(assign->names.front().span,
                    "unknown column `" + assign->names.front().text + "`");
      }
      HARRIER_TRY(ExprPtr value, bind_typed(*assign->value, scope, state[*column].type));
      bound.assignments.push_back({*column, std::move(value)});
    }
    node.steps.push_back(std::move(bound));
  }
  Schema schema = state;
  for (const ast::Option& option : scan.options) {
    const auto* name = std::get_if<ast::Name>(&option.value->node);
    if (option.name.text != "with_match_id" || name == nullptr) continue;
    node.match_id = true;
    schema.emplace_back(free_name(schema, name->text), long_);
  }
  node.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(node));
}

Result<> Binder::bind_render(const ast::RenderAs& node) {
  Render render;
  render.kind = node.kind.text;
  for (const ast::Option& option : node.options) {
    std::string text;
    if (const auto* name = std::get_if<ast::Name>(&option.value->node)) text = name->text;
    if (const auto* literal = std::get_if<ast::Literal>(&option.value->node)) {
      text = literal->value.type() == string ? literal->value.text() : to_literal(literal->value);
    }
    render.properties.emplace_back(option.name.text, std::move(text));
  }
  render_ = std::move(render);
  return {};
}

}  // namespace harrier::kql
