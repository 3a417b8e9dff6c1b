#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"
#include "kql/literals.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {

using enum ScalarType;

namespace {

const ast::Expr* option(const ast::Options& options, std::string_view name) {
  for (const ast::Option& candidate : options) {
    if (candidate.name.text == name) return candidate.value.get();
  }
  return nullptr;
}

/// A word or a constant given for an option.
std::string option_text(const ast::Expr* value) {
  if (value == nullptr) return {};
  if (const auto* name = std::get_if<ast::Name>(&value->node)) return name->text;
  const auto* literal = std::get_if<ast::Literal>(&value->node);
  if (literal == nullptr) return {};
  return literal->value.type() == string ? literal->value.text() : to_literal(literal->value);
}

bool has_column(const Schema& schema, std::string_view name) {
  return find_column(schema, name).has_value();
}

}  // namespace

PlanPtr Binder::scan_table(const model::TablePtr& table, bool latest, Span span,
                           const model::TableView* view) {
  Schema schema;
  TableScan scan;
  scan.table = table;
  scan.latest = latest;
  const auto add = [&](const std::string& name, ScalarType type, bool hidden) {
    if (has_column(schema, name)) return;
    schema.emplace_back(name, type, hidden);
    scan.columns.push_back(name);
  };
  for (const model::Column& column : table->columns) add(column.name, column.type, false);
  if (options_.tables != nullptr) {
    for (const model::Column& column : options_.tables->added_columns(*table)) {
      add(column.name, column.type, false);
    }
  }
  for (const std::string& alias : table->time_aliases()) add(alias, datetime, true);
  if (table->is_snapshot()) {
    add("_FirstSeen", datetime, true);
    add("_LastSeen", datetime, true);
  }
  add("_Id", long_, true);
  add("_Ingested", datetime, true);
  add("_Other", dynamic, true);
  add("_Flagged", boolean, true);
  add("_FlagNote", string, true);
  if (options_.timespan) {
    ScanPredicate recent;
    recent.column = std::string(table->effective_time_column());
    recent.type = datetime;
    recent.op = ScanOp::ge;
    recent.values.push_back(Value::of_datetime((options_.now - *options_.timespan).ticks));
    if (!table->is_snapshot()) scan.predicates.push_back(std::move(recent));
  }
  if (view != nullptr) {
    ScanPredicate part;
    part.column = std::string(view->column);
    part.values.push_back(Value::of_string(std::string(view->value)));
    scan.predicates.push_back(std::move(part));
  }
  return make_plan(std::move(schema), span, std::move(scan));
}

std::optional<PlanPtr> Binder::find_table(std::string_view name, Span span) {
  const auto snapshot = [](const model::TablePtr& table) {
    return table->has_latest && table->is_snapshot();
  };
  if (const model::TablePtr table = catalog_.find(name)) {
    return scan_table(table, snapshot(table), span);
  }
  static constexpr std::string_view kLatest = "_latest";
  if (name.ends_with(kLatest)) {
    const model::TablePtr table = catalog_.find(name.substr(0, name.size() - kLatest.size()));
    if (table != nullptr && table->has_latest) return scan_table(table, true, span);
  }
  if (const model::TablePtr table = catalog_.find_alias(name)) {
    return scan_table(table, snapshot(table), span);
  }
  const model::TableView* view = model::find_view(name);
  if (const model::TablePtr table = view == nullptr ? nullptr : catalog_.find(view->table)) {
    return scan_table(table, true, span, view);
  }
  return std::nullopt;
}

std::string Binder::table_names_hint(std::string_view name) const {
  std::vector<std::string> known = catalog_.names();
  for (const model::TableView& view : model::table_views()) known.emplace_back(view.name);
  for (const Environment* at = environment_; at != nullptr; at = at->outer) {
    for (const auto& [let, unused] : at->names) known.push_back(let);
  }
  return suggestion(name, known);
}

Result<PlanPtr> Binder::table_by_name(std::string_view name, Span span) {
  const Binding* binding = environment_->find(name);
  if (binding != nullptr && binding->table != nullptr) return binding->table;
  if (binding != nullptr && binding->scalar != nullptr) {
    return fail(span, "`" + std::string(name) + "` is a value, not a table");
  }
  if (auto table = find_table(name, span)) return *table;
  unknown_table_ = true;
  return fail(span, "unknown table `" + std::string(name) + "`" + table_names_hint(name));
}

/// What `withsource` calls a leg: tables, views and results of `as` have names; empty for others.
std::string Binder::source_name(const ast::Expr* item, const Plan& plan) const {
  if (const auto* scan = std::get_if<TableScan>(&plan.node)) return scan->table->name;
  if (const auto* shared = std::get_if<Materialize>(&plan.node)) return shared->name;
  const auto* named = item == nullptr ? nullptr : std::get_if<ast::Name>(&item->node);
  const Binding* binding = named == nullptr ? nullptr : environment_->find(named->text);
  const bool view = binding != nullptr && binding->function != nullptr && binding->function->view;
  return view ? named->text : std::string();
}

/// The tables of union, search and find with the names that `withsource` shows.
Result<std::vector<std::pair<std::string, PlanPtr>>> Binder::table_list(const ast::Exprs& list,
                                                                        bool fuzzy,
                                                                        std::string_view prefix) {
  std::vector<std::pair<std::string, PlanPtr>> legs;
  for (const ast::ExprPtr& item : list) {
    if (const auto* pattern = std::get_if<ast::Wildcard>(&item->node)) {
      for (const model::TablePtr& table : catalog_.tables()) {
        if (!matches_pattern(pattern->pattern, table->name)) continue;
        HARRIER_TRY(PlanPtr plan, table_by_name(table->name, item->span));
        legs.emplace_back(table->name, std::move(plan));
      }
      continue;
    }
    unknown_table_ = false;
    auto plan = bind_table(*item);
    if (!plan) {
      if (fuzzy && unknown_table_) continue;
      return std::move(plan).error();
    }
    std::string name = source_name(item.get(), **plan);
    if (name.empty()) name = std::string(prefix) + std::to_string(legs.size());
    legs.emplace_back(std::move(name), *std::move(plan));
  }
  return legs;
}

// ---- union ----

/// Brings every leg to one schema: a column per name and type, in order of first appearance.
Result<PlanPtr> Binder::unite(std::vector<std::pair<std::string, PlanPtr>> legs, bool inner,
                              const std::string& source_column, Span span) {
  struct Merged {
    std::string source;
    std::string name;
    ScalarType type = string;
    bool hidden = true;
    std::size_t legs = 0;
  };

  std::vector<Merged> merged;
  for (const auto& [name, plan] : legs) {
    for (const OutColumn& column : plan->schema) {
      const auto same = std::find_if(merged.begin(), merged.end(), [&](const Merged& m) {
        return m.source == column.name && m.type == column.type;
      });
      if (same == merged.end()) {
        // Columns of one name stand together, where the first of them appeared.
        const auto last = std::find_if(merged.rbegin(), merged.rend(),
                                       [&](const Merged& m) { return m.source == column.name; });
        merged.insert(last == merged.rend() ? merged.end() : last.base(),
                      {column.name, column.name, column.type, column.hidden, 1});
      } else {
        same->hidden = same->hidden && column.hidden;
        ++same->legs;
      }
    }
  }
  // A hidden column counts only where the visible one of its name has the same type.
  std::erase_if(merged, [&merged](const Merged& m) {
    return m.hidden && std::any_of(merged.begin(), merged.end(), [&m](const Merged& other) {
             return &m != &other && m.source == other.source && m.type != other.type;
           });
  });
  if (inner) std::erase_if(merged, [&](const Merged& m) { return m.legs != legs.size(); });
  Schema schema;
  if (!source_column.empty()) schema.emplace_back(source_column, string);
  for (Merged& column : merged) {
    const bool several = std::count_if(merged.begin(), merged.end(), [&](const Merged& m) {
                           return m.source == column.source;
                         }) > 1;
    if (several) column.name += "_" + std::string(model::to_string(column.type));
  }
  for (Merged& column : merged) {
    column.name = free_name(schema, column.name);
    schema.emplace_back(column.name, column.type, column.hidden);
  }
  Union node;
  for (auto& [name, plan] : legs) {
    Project project;
    if (!source_column.empty()) project.columns.push_back(constant(Value::of_string(name), span));
    for (const Merged& column : merged) {
      const auto index = find_column(plan->schema, column.source);
      const bool present = index && plan->schema[*index].type == column.type;
      project.columns.push_back(present ? column_ref(plan->schema, *index, span)
                                        : null_expr(column.type, span));
    }
    project.input = std::move(plan);
    node.inputs.push_back(make_plan(schema, span, std::move(project)));
  }
  return make_plan(std::move(schema), span, std::move(node));
}

Result<PlanPtr> Binder::bind_union(PlanPtr input, const ast::UnionOf& node, Span span) {
  const bool fuzzy = option_text(option(node.options, "isfuzzy")) == "true";
  const std::string kind = option_text(option(node.options, "kind"));
  if (!kind.empty() && kind != "inner" && kind != "outer") {
    return fail(span, "`union` has the kinds inner and outer");
  }
  std::string source = option_text(option(node.options, "withsource"));
  if (source.empty()) source = option_text(option(node.options, "with_source"));
  std::vector<std::pair<std::string, PlanPtr>> legs;
  if (input != nullptr) {
    std::string name = source_name(nullptr, *input);
    legs.emplace_back(name.empty() ? "union_arg0" : std::move(name), std::move(input));
  }
  HARRIER_TRY(auto more, table_list(node.tables, fuzzy, "union_arg"));
  for (auto& leg : more) legs.push_back(std::move(leg));
  for (std::size_t i = 0; i < legs.size(); ++i) {
    if (legs[i].first.starts_with("union_arg")) legs[i].first = "union_arg" + std::to_string(i);
  }
  if (legs.empty()) {
    if (!fuzzy) return fail(span, "no table matches");
    return make_plan({}, span, Values());
  }
  return unite(std::move(legs), kind == "inner", source, span);
}

// ---- operators that make rows ----

Result<PlanPtr> Binder::bind_source(const ast::Operator& op) {
  if (const auto* list = std::get_if<ast::ColumnList>(&op.node);
      list != nullptr && list->kind == ast::ColumnList::Kind::print) {
    return bind_print(*list, op.span);
  }
  if (const auto* range = std::get_if<ast::RangeOf>(&op.node)) return bind_range(*range, op.span);
  if (const auto* table = std::get_if<ast::DataTable>(&op.node)) {
    return bind_datatable(*table, op.span);
  }
  if (const auto* table = std::get_if<ast::ExternalTable>(&op.node)) {
    return bind_external(*table, op.span);
  }
  if (const auto* node = std::get_if<ast::UnionOf>(&op.node)) {
    return bind_union(nullptr, *node, op.span);
  }
  if (const auto* search = std::get_if<ast::SearchFor>(&op.node)) {
    return bind_search(nullptr, *search, op.span);
  }
  if (const auto* find = std::get_if<ast::FindRows>(&op.node)) return bind_find(*find, op.span);
  return fail(op.span, "this operator needs rows in front of it");
}

Result<PlanPtr> Binder::bind_print(const ast::ColumnList& list, Span span) {
  Names names;
  for (const ast::ExprPtr& item : list.columns) {
    HARRIER_TRY(Names more, bind_named(*item, Scope()));
    for (NamedExpr& one : more) {
      if (!std::holds_alternative<ast::Assign>(item->node)) {
        one.name = "print_" + std::to_string(names.size());
        one.explicit_name = false;
      }
      names.push_back(std::move(one));
    }
  }
  HARRIER_TRY(Schema schema, settle_names(names));
  Values values;
  for (NamedExpr& one : names) {
    if (values.rows.empty()) values.rows.emplace_back();
    values.rows.front().push_back(std::move(one.expr));
  }
  return make_plan(std::move(schema), span, std::move(values));
}

Result<PlanPtr> Binder::bind_range(const ast::RangeOf& range, Span span) {
  RangeRows node;
  HARRIER_TRY(node.from, bind_scalar(*range.from, Scope()));
  HARRIER_TRY(node.to, bind_scalar(*range.to, Scope()));
  HARRIER_TRY(node.step, bind_scalar(*range.step, Scope()));
  ScalarType type = node.from->type;
  ScalarType step = type;
  const bool numbers =
      is_number(node.from->type) && is_number(node.to->type) && is_number(node.step->type);
  if (numbers) {
    type = *wider(*wider(node.from->type, node.to->type), node.step->type);
    if (type == int_) type = long_;
    step = type;
  } else if ((type == datetime || type == timespan) && node.to->type == type &&
             node.step->type == timespan) {
    step = timespan;
  } else {
    return fail(span, "`range` runs over numbers, datetimes or timespans of one type");
  }
  node.from = convert(std::move(node.from), type);
  node.to = convert(std::move(node.to), type);
  node.step = convert(std::move(node.step), step);
  return make_plan({OutColumn(range.name.text, type)}, span, std::move(node));
}

Result<Schema> Binder::external_schema(const std::vector<ast::ColumnDef>& columns) {
  Schema schema;
  for (const ast::ColumnDef& column : columns) {
    if (has_column(schema, column.name.text)) {
      return fail(column.name.span, "there is a column `" + column.name.text + "` already");
    }
    schema.emplace_back(column.name.text, column.type);
  }
  return schema;
}

Result<PlanPtr> Binder::bind_datatable(const ast::DataTable& table, Span span) {
  HARRIER_TRY(Schema schema, external_schema(table.columns));
  if (schema.empty() || table.cells.size() % schema.size() != 0) {
    return fail(span, "the number of values must be a multiple of the " +
                          std::to_string(schema.size()) + " columns");
  }
  Values values;
  for (std::size_t i = 0; i < table.cells.size(); ++i) {
    if (i % schema.size() == 0) values.rows.emplace_back();
    HARRIER_TRY(ExprPtr cell, bind_scalar(*table.cells[i], Scope()));
    if (constant_of(cell) == nullptr) {
      return fail(table.cells[i]->span, "the values of a datatable are constants");
    }
    values.rows.back().push_back(convert(std::move(cell), schema[i % schema.size()].type));
  }
  return make_plan(std::move(schema), span, std::move(values));
}

Result<PlanPtr> Binder::bind_external(const ast::ExternalTable& table, Span span) {
  HARRIER_TRY(Schema schema, external_schema(table.columns));
  ExternalData data;
  for (const ast::ExprPtr& url : table.urls) {
    HARRIER_TRY(const ExprPtr value, bind_scalar(*url, Scope()));
    const Value* text = constant_of(value);
    if (text == nullptr || text->type() != string) {
      return fail(url->span, "an address must be a constant text");
    }
    data.urls.push_back(text->text());
  }
  for (const ast::Option& property : table.options) {
    data.properties.emplace_back(property.name.text, option_text(property.value.get()));
  }
  return make_plan(std::move(schema), span, std::move(data));
}

// ---- search and find ----

Result<PlanPtr> Binder::bind_search(PlanPtr input, const ast::SearchFor& search, Span span) {
  std::vector<std::pair<std::string, PlanPtr>> legs;
  if (input != nullptr) {
    if (!search.tables.empty()) {
      return fail(span, "`search in (…)` must be the first operator");
    }
    const auto* scan = std::get_if<TableScan>(&input->node);
    const std::string name = scan != nullptr ? scan->table->name : "search_arg0";
    legs.emplace_back(name, std::move(input));
  } else if (search.tables.empty()) {
    for (const model::TablePtr& table : catalog_.tables()) {
      HARRIER_TRY(PlanPtr plan, table_by_name(table->name, span));
      legs.emplace_back(table->name, std::move(plan));
    }
  } else {
    HARRIER_TRY(legs, table_list(search.tables, false, "search_arg"));
  }
  if (legs.empty()) return fail(span, "there is no table to search");
  const std::string kind = option_text(option(search.options, "kind"));
  std::vector<std::pair<std::string, PlanPtr>> found;
  std::optional<Error> problem;
  for (auto& [name, plan] : legs) {
    Scope scope = row_scope(plan->schema);
    scope.search = true;
    scope.case_sensitive = kind == "case_sensitive";
    auto predicate = bind_scalar(*search.predicate, scope);
    // A table without a named column has nothing to find.
    if (!predicate) {
      if (!problem) problem = std::move(predicate).error();
      continue;
    }
    if ((*predicate)->type != boolean) return fail(search.predicate->span, "expected a condition");
    Schema schema = plan->schema;
    const Span place = plan->span;
    found.emplace_back(
        name, make_plan(std::move(schema), place, Filter{std::move(plan), *std::move(predicate)}));
  }
  if (found.empty()) return *problem;
  return unite(std::move(found), false, "$table", span);
}

Result<PlanPtr> Binder::bind_find(const ast::FindRows& find, Span span) {
  std::vector<std::pair<std::string, PlanPtr>> legs;
  if (find.tables.empty()) {
    for (const model::TablePtr& table : catalog_.tables()) {
      HARRIER_TRY(PlanPtr plan, table_by_name(table->name, span));
      legs.emplace_back(table->name, std::move(plan));
    }
  } else {
    HARRIER_TRY(legs, table_list(find.tables, false, "find_arg"));
  }
  if (!find.away.empty()) return fail(span, "`find … project-away` is not supported");
  std::string source = option_text(option(find.options, "withsource"));
  if (source.empty()) source = option_text(option(find.options, "with_source"));
  if (source.empty()) source = "source_";

  struct Leg {
    std::string name;
    PlanPtr plan;
    ExprPtr predicate;
  };

  std::vector<Leg> kept;
  std::optional<Error> problem;
  for (auto& [name, plan] : legs) {
    Scope scope = row_scope(plan->schema);
    scope.search = true;
    auto predicate = bind_scalar(*find.predicate, scope);
    if (!predicate) {
      if (!problem) problem = std::move(predicate).error();
      continue;
    }
    kept.push_back({name, std::move(plan), *std::move(predicate)});
  }
  if (kept.empty()) {
    if (problem) return *problem;
    return fail(span, "there is no table to search");
  }
  // project-smart: the columns that all tables have; the rest goes into pack_.
  Schema common;
  if (find.smart) {
    for (const OutColumn& column : kept.front().plan->schema) {
      const bool everywhere = std::all_of(kept.begin(), kept.end(), [&](const Leg& leg) {
        const auto index = find_column(leg.plan->schema, column.name);
        return index && !leg.plan->schema[*index].hidden;
      });
      if (!column.hidden && everywhere) common.push_back(column);
    }
  } else {
    for (std::size_t i = 0; i < find.columns.size(); ++i) {
      const auto* name = std::get_if<ast::Name>(&find.columns[i]->node);
      if (name == nullptr) return fail(find.columns[i]->span, "expected a column");
      std::optional<ScalarType> type = find.types[i];
      for (const Leg& leg : kept) {
        const auto index = find_column(leg.plan->schema, name->text);
        if (index && !type) type = leg.plan->schema[*index].type;
      }
      if (!type) return fail(find.columns[i]->span, "unknown column `" + name->text + "`");
      common.emplace_back(name->text, *type);
    }
  }
  Schema schema{OutColumn(source, string)};
  schema.insert(schema.end(), common.begin(), common.end());
  const bool pack = find.smart && (kept.size() > 1);
  if (pack) schema.emplace_back("pack_", dynamic);
  Union node;
  for (Leg& leg : kept) {
    const Schema input = leg.plan->schema;
    Project project;
    project.columns.push_back(constant(Value::of_string(leg.name), span));
    std::vector<ExprPtr> rest{constant(Value::of_bool(true), span)};
    for (const OutColumn& column : common) {
      const auto index = find_column(input, column.name);
      project.columns.push_back(index ? convert(column_ref(input, *index, span), column.type)
                                      : null_expr(column.type, span));
    }
    for (std::size_t i = 0; i < input.size(); ++i) {
      if (input[i].hidden || has_column(common, input[i].name)) continue;
      rest.push_back(constant(Value::of_string(input[i].name), span));
      rest.push_back(column_ref(input, i, span));
    }
    if (pack) project.columns.push_back(call_expr("pack_all", dynamic, std::move(rest), span));
    project.input = make_plan(input, span, Filter{std::move(leg.plan), std::move(leg.predicate)});
    node.inputs.push_back(make_plan(schema, span, std::move(project)));
  }
  return make_plan(std::move(schema), span, std::move(node));
}

}  // namespace harrier::kql
