// What a table is: its columns in documented order, its time column, its keys; and the parser of
// table files.
#pragma once

#include "base/result.hpp"
#include "model/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::model {

/// What the rows of a table are.
enum class TableKind : std::uint8_t {
  event,      ///< append-only facts
  entity,     ///< one row per state of a thing; `<Table>_latest` has the newest
  snapshot,   ///< current state only, read whole
  reference,  ///< a catalogue, read whole
};

[[nodiscard]] std::string_view to_string(TableKind kind) noexcept;

/// A documented column.
struct Column {
  Column() = default;

  Column(std::string name_, ScalarType type_, std::string source_name_ = {})
      : name(std::move(name_)),
        type(type_),
        source_name(source_name_.empty() ? name : std::move(source_name_)) {}

  std::string name;  ///< as stored; unique in its table even when case is ignored
  ScalarType type = ScalarType::string;
  std::string
      source_name;  ///< as the service spells it; differs from `name` only on a case collision

  friend bool operator==(const Column&, const Column&) = default;
};

/// One table of the catalog. Immutable after loading.
struct TableSchema {
  std::string name;
  std::string doc;        ///< one sentence
  std::string connector;  ///< microsoft365_defender, graph_security or office365_management
  std::string group;      ///< heading on the select-events page
  TableKind kind = TableKind::event;
  std::string time_column;  ///< empty: the table has none
  std::vector<std::string>
      keys;  ///< columns that name the entity or event; empty: the whole row does
  /// Column that orders the versions of an entity for `<Table>_latest`; empty: `_Ingested`.
  std::string version_column;
  bool has_latest = false;  ///< `<Table>_latest` exists
  /// `time_column` is when a state was first read, because the service tells no time of change: it
  /// takes no part in a row's identity.
  bool stamped = false;
  bool preview = false;
  std::string retired;  ///< why and when, when the service retires the table; empty otherwise
  bool selectable =
      true;       ///< listed in the configuration; false for tables that only describe a source
  int order = 0;  ///< position on the select-events page
  std::string source;  ///< the document the facts come from
  std::vector<Column> columns;

  /// True for tables without a time column: rows carry `_FirstSeen` and `_LastSeen`.
  [[nodiscard]] bool is_snapshot() const noexcept { return time_column.empty(); }

  /// The column that retention, time filters and lag use: `time_column`, or `_LastSeen`.
  [[nodiscard]] std::string_view effective_time_column() const noexcept {
    return time_column.empty() ? std::string_view("_LastSeen") : std::string_view(time_column);
  }

  /// `Timestamp` and `TimeGenerated` as far as the table does not document them: virtual aliases of
  /// its time column.
  [[nodiscard]] std::vector<std::string> time_aliases() const;
  /// Documented column by stored name, exact case; nullptr where there is none.
  [[nodiscard]] const Column* find(std::string_view column) const noexcept;
};

/// Parses one table file (`storage/tables/<Table>.toml`). Resolves names that differ only in case
/// with the suffix `_1`. Errors: parse, naming `file` and what is wrong.
[[nodiscard]] Result<TableSchema> parse_table_file(std::string_view file, std::string_view text);

}  // namespace harrier::model
