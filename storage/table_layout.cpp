#include "storage/table_layout.hpp"

#include "storage/sql.hpp"

#include <fmt/format.h>

namespace harrier::storage {

using model::TableKind;
using model::TableSchema;

LatestKind latest_kind(const TableSchema& table) noexcept {
  if (table.is_snapshot()) return LatestKind::snapshot;
  return table.has_latest || table.kind != TableKind::event ? LatestKind::entity : LatestKind::none;
}

std::vector<ColumnDefinition> wanted_columns(const TableSchema& table) {
  std::vector<ColumnDefinition> columns;
  columns.push_back({"_Id", "INTEGER PRIMARY KEY"});
  for (const auto& column : table.columns)
    columns.push_back({column.name, std::string(model::sqlite_type(column.type))});
  columns.push_back({"_Ingested", "TEXT"});
  columns.push_back({"_Other", "TEXT"});
  const LatestKind latest = latest_kind(table);
  if (latest == LatestKind::entity) columns.push_back({"_Removed", "INTEGER"});
  if (latest == LatestKind::snapshot) {
    columns.push_back({"_FirstSeen", "TEXT"});
    columns.push_back({"_LastSeen", "TEXT"});
  }
  for (const auto& alias : table.time_aliases())
    columns.push_back({alias, fmt::format("TEXT GENERATED ALWAYS AS ({}) VIRTUAL",
                                          identifier(table.effective_time_column()))});
  columns.push_back({"_harrier_key", "BLOB"});
  if (latest == LatestKind::entity) columns.push_back({"_harrier_seen", "TEXT"});
  if (latest == LatestKind::snapshot) columns.push_back({"_harrier_previous", "TEXT"});
  return columns;
}

std::string create_tables_sql(const TableSchema& table) {
  std::string body;
  for (const auto& column : wanted_columns(table))
    body += fmt::format("{}\n  {} {}", body.empty() ? "" : ",", identifier(column.name),
                        column.declaration);
  const std::string name = identifier(table.name);
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} ({}\n);\n", name, body);
  if (table.is_snapshot() || table.stamped) {
    sql += fmt::format(
        "CREATE UNIQUE INDEX IF NOT EXISTS \"_harrier_row\" ON {} (\"_harrier_key\");\n", name);
  } else {
    // A unique index takes nulls for distinct, so rows without a time need one of their own.
    const std::string time = identifier(table.time_column);
    sql += fmt::format(
        "CREATE UNIQUE INDEX IF NOT EXISTS \"_harrier_row\" ON {} ({}, \"_harrier_key\");\n", name,
        time);
    sql += fmt::format(
        "CREATE UNIQUE INDEX IF NOT EXISTS \"_harrier_timeless\" ON {} (\"_harrier_key\") WHERE {} "
        "IS NULL;\n",
        name, time);
  }
  sql += R"(CREATE TABLE IF NOT EXISTS _harrier_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _harrier_ledger (
  stream TEXT NOT NULL, "from" TEXT NOT NULL, "to" TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (stream, "from")) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _harrier_columns (name TEXT PRIMARY KEY, type TEXT NOT NULL, source TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS _harrier_columnstore (
  segment INTEGER NOT NULL, "column" TEXT NOT NULL, cells BLOB NOT NULL, PRIMARY KEY (segment, "column"));
)";
  return sql;
}

std::string newest_first(const TableSchema& table) {
  std::string order;
  if (!table.version_column.empty()) order = identifier(table.version_column) + " DESC, ";
  return order + "coalesce(\"_harrier_seen\", \"_Ingested\") DESC, \"_Id\" DESC";
}

std::string entity_columns(const TableSchema& table) {
  std::string columns;
  for (const auto& key : table.keys) {
    if (key == table.time_column || key == table.version_column) continue;
    columns += columns.empty() ? identifier(key) : ", " + identifier(key);
  }
  return columns.empty() ? "\"_Id\"" : columns;
}

std::string latest_view_sql(const TableSchema& table, std::span<const std::string> columns) {
  const std::string list = identifiers(columns);
  const std::string name = identifier(table.name);
  const std::string head = fmt::format("CREATE VIEW {} AS SELECT {} FROM {} WHERE ",
                                       identifier(table.name + "_latest"), list, name);
  switch (latest_kind(table)) {
    case LatestKind::none:
      return {};
    case LatestKind::entity:
      return head +
             fmt::format(
                 "\"_Id\" IN (SELECT \"_Id\" FROM (SELECT \"_Id\", \"_Removed\", row_number() OVER "
                 "(PARTITION BY {} ORDER BY {}) AS place FROM {}) WHERE place = 1 AND \"_Removed\" "
                 "IS NOT 1)",
                 entity_columns(table), newest_first(table), name);
    case LatestKind::snapshot:
      return head +
             "(SELECT value FROM _harrier_meta WHERE key = 'snapshot') IN (\"_LastSeen\", "
             "\"_harrier_previous\")";
  }
  return {};
}

std::string named_view_sql(const model::TableView& view, std::span<const std::string> columns) {
  const std::string list = identifiers(columns);
  return fmt::format("CREATE VIEW {} AS SELECT {} FROM {} WHERE {} = '{}'", identifier(view.name),
                     list, identifier(std::string(view.table) + "_latest"), identifier(view.column),
                     view.value);
}

}  // namespace harrier::storage
