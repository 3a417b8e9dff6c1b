#include "model/schema.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <set>

namespace harrier::model {

namespace {

// Names in the order they come; a later one that differs only in case from an earlier one gets the
// first free suffix.
void resolve_case_collisions(std::vector<Column>& columns) {
  std::set<std::string> taken;
  for (Column& column : columns) {
    std::string name = column.source_name;
    for (int suffix = 1; taken.contains(to_lower(name)); ++suffix)
      name = fmt::format("{}_{}", column.source_name, suffix);
    taken.insert(to_lower(name));
    column.name = std::move(name);
  }
}

Result<TableKind> parse_kind(std::string_view text) {
  for (const auto kind :
       {TableKind::event, TableKind::entity, TableKind::snapshot, TableKind::reference}) {
    if (to_string(kind) == text) return kind;
  }
  return Error(Errc::parse, fmt::format("unknown kind \"{}\"", text));
}

Result<std::vector<Column>> parse_columns(const toml::table& root) {
  const auto* array = root["columns"].as_array();
  if (array == nullptr) return Error(Errc::parse, "no columns");
  std::vector<Column> columns;
  for (const auto& node : *array) {
    const auto* entry = node.as_array();
    if (entry == nullptr || entry->size() != 2)
      return Error(Errc::parse, "a column is not [name, type]");
    const auto name = (*entry)[0].value<std::string>();
    const auto type_name = (*entry)[1].value<std::string>();
    if (!name || !type_name) return Error(Errc::parse, "a column is not [name, type]");
    const auto type = parse_scalar_type(*type_name);
    if (!type)
      return Error(Errc::parse,
                   fmt::format("column {} has the unknown type \"{}\"", *name, *type_name));
    columns.emplace_back(*name, *type);
  }
  resolve_case_collisions(columns);
  return columns;
}

Result<TableSchema> parse_root(const toml::table& root) {
  TableSchema table;
  table.name = root["name"].value_or(std::string());
  table.doc = root["doc"].value_or(std::string());
  table.connector = root["connector"].value_or(std::string());
  table.group = root["group"].value_or(std::string());
  table.time_column = root["time"].value_or(std::string());
  table.version_column = root["version"].value_or(std::string());
  table.has_latest = root["latest"].value_or(false);
  table.stamped = root["stamped"].value_or(false);
  table.preview = root["preview"].value_or(false);
  table.retired = root["retired"].value_or(std::string());
  table.selectable = root["selectable"].value_or(true);
  table.order = root["order"].value_or(0);
  table.source = root["source"].value_or(std::string());
  if (table.name.empty() || table.doc.empty() || table.connector.empty())
    return Error(Errc::parse, "name, doc and connector are needed");
  HARRIER_TRY(table.kind, parse_kind(root["kind"].value_or(std::string("event"))));
  HARRIER_TRY(table.columns, parse_columns(root));
  if (const auto* keys = root["key"].as_array()) {
    for (const auto& key : *keys) table.keys.push_back(key.value_or(std::string()));
  }
  for (const auto& key : table.keys) {
    if (table.find(key) == nullptr)
      return Error(Errc::parse, fmt::format("key column \"{}\" is not a column", key));
  }
  if (!table.time_column.empty() && table.find(table.time_column) == nullptr)
    return Error(Errc::parse, fmt::format("time column \"{}\" is not a column", table.time_column));
  return table;
}

}  // namespace

std::string_view to_string(TableKind kind) noexcept {
  switch (kind) {
    case TableKind::event:
      return "event";
    case TableKind::entity:
      return "entity";
    case TableKind::snapshot:
      return "snapshot";
    case TableKind::reference:
      return "reference";
  }
  return "event";
}

std::vector<std::string> TableSchema::time_aliases() const {
  std::vector<std::string> aliases;
  for (const char* alias : {"Timestamp", "TimeGenerated"}) {
    bool documented = false;
    for (const auto& column : columns)
      documented = documented || equals_ignore_case(column.name, alias);
    if (!documented) aliases.emplace_back(alias);
  }
  return aliases;
}

const Column* TableSchema::find(std::string_view column) const noexcept {
  for (const auto& candidate : columns) {
    if (candidate.name == column) return &candidate;
  }
  return nullptr;
}

Result<TableSchema> parse_table_file(std::string_view file, std::string_view text) {
  try {
    auto parsed = parse_root(toml::parse(text, file));
    if (!parsed) return with_context(parsed.error(), file);
    return parsed;
  } catch (const toml::parse_error& error) {
    return Error(Errc::parse,
                 fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
}

}  // namespace harrier::model
