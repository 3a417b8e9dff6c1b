// How a table schema becomes a store: columns, indexes, the view of the newest state.
#pragma once

#include "model/schema.hpp"
#include "model/views.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::storage {

/// `PRAGMA application_id` of every store ("Hrri") and `PRAGMA user_version` of their form.
inline constexpr int kApplicationId = 0x48727269;
inline constexpr int kFormatVersion = 1;

/// One column as SQL declares it.
struct ColumnDefinition {
  std::string name;
  std::string declaration;  ///< type and, for aliases, what they stand for
};

/// Which question `<Table>_latest` answers.
enum class LatestKind : std::uint8_t {
  none,
  entity,    ///< the newest version of each entity that is not removed
  snapshot,  ///< the rows of the newest complete snapshot
};

[[nodiscard]] LatestKind latest_kind(const model::TableSchema& table) noexcept;

/// Every column that the main table should have, in order: `_Id`, the documented ones, Harrier's
/// own, the aliases of the time column, and last what only Harrier reads.
[[nodiscard]] std::vector<ColumnDefinition> wanted_columns(const model::TableSchema& table);

/// `CREATE TABLE` of the main table and of ledger, metadata and added columns; `CREATE INDEX`. All
/// `IF NOT EXISTS`.
[[nodiscard]] std::string create_tables_sql(const model::TableSchema& table);

/// `CREATE VIEW "<Table>_latest"` over the given columns; empty where the table has none.
///
/// Entities: newest by version column, then by when it was last confirmed (`_harrier_seen`, else
/// `_Ingested`), then `_Id`. The key columns name the entity; among them the time and version
/// columns are left out, since they name its version.
[[nodiscard]] std::string latest_view_sql(const model::TableSchema& table,
                                          std::span<const std::string> columns);

/// `CREATE VIEW` of a named part of `<Table>_latest`.
[[nodiscard]] std::string named_view_sql(const model::TableView& view,
                                         std::span<const std::string> columns);

/// `ORDER BY` terms that put the newest version of an entity first.
[[nodiscard]] std::string newest_first(const model::TableSchema& table);
/// The columns that name an entity, quoted and separated by commas; `_Id` where nothing names it.
[[nodiscard]] std::string entity_columns(const model::TableSchema& table);

}  // namespace harrier::storage
