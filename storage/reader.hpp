// Reading stores while a daemon writes them, or without one: for queries, the command line and the
// console.
//
// A query's workers use it so: one `ReadConnection` for each worker and table (connections are not
// shared between threads); the first one asks `row_range()`, and each worker takes a part of it in
// `ScanRequest::rows`, so that rows stored meanwhile belong to no part and all parts see the same
// rows. Values are read from the `Statement` that `scan` returns: views of SQLite's own page memory
// that live until the next `step`. Time bounds belong on `time_column()`, which the store's index
// leads with; aliases of it are not indexed. Rows deleted by retention or confirmed by a snapshot
// pass while a scan runs may be seen in either state.
#pragma once

#include "model/schema.hpp"
#include "storage/columnstore.hpp"
#include "storage/connection.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace harrier::storage {

/// Opens a store for reading. It creates no file: where the log's index is missing and no log holds
/// commits, the file is read as one that nobody writes. Errors: not_found, storage,
/// storage_corrupt.
[[nodiscard]] Result<Connection> open_for_reading(const std::filesystem::path& file);

/// A column of a main table.
struct StoredColumn {
  std::string name;
  std::string sqlite_type;  ///< TEXT, INTEGER, REAL or BLOB
  /// KQL type of a column that the service began to send and no schema documents; empty for all
  /// others.
  std::string added_type;
  std::string added_source;  ///< how the service spells such a column
  bool alias = false;  ///< computed from the time column; names that begin with `_harrier_` are
                       ///< Harrier's own
};

/// Ids from `first` to `last`, both included; empty when `last` is smaller.
struct RowRange {
  std::int64_t first = 1;
  std::int64_t last = 0;

  [[nodiscard]] bool empty() const noexcept { return last < first; }
};

/// The ids of a store's rows, from smallest to largest.
[[nodiscard]] Result<RowRange> stored_ids(Connection& connection, std::string_view table);

using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// What a scan delivers.
struct ScanRequest {
  std::vector<std::string> columns;  ///< by stored name, in the order of the result; may be empty
  /// An SQL condition over quoted column names with the parameters `?1`, `?2`, ...; empty: every
  /// row.
  std::string where;
  std::vector<Value> parameters;
  std::optional<RowRange> rows;
  std::string order;  ///< an SQL `ORDER BY` list; empty: by id
  std::optional<std::int64_t> limit;
  /// Read `<Table>_latest` instead of the table.
  bool latest = false;
};

/// Read-only access to the store of one table. One thread at a time, except `interrupt`.
class ReadConnection {
 public:
  /// Errors: not_found when the table has no store yet; storage; storage_corrupt.
  [[nodiscard]] static Result<ReadConnection> open(const std::filesystem::path& directory,
                                                   std::string_view table);

  [[nodiscard]] const std::string& table() const noexcept { return table_; }

  /// Every column of the main table in stored order.
  [[nodiscard]] const std::vector<StoredColumn>& columns() const noexcept { return columns_; }

  /// By exact name; nullptr where there is none.
  [[nodiscard]] const StoredColumn* find(std::string_view name) const noexcept;

  [[nodiscard]] bool has_latest() const noexcept { return has_latest_; }

  /// The column that the store's index leads with; empty for snapshot tables, which have none.
  [[nodiscard]] const std::string& time_column() const noexcept { return time_column_; }

  /// Ids of the main table, from smallest to largest.
  [[nodiscard]] Result<RowRange> row_range() { return stored_ids(connection_, table_); }

  /// Rows as the store counts them, without reading them.
  [[nodiscard]] Result<std::int64_t> row_count();
  /// Columns that have copies of the newest full segment (see columnstore.hpp); for events only.
  [[nodiscard]] Result<std::set<std::string, std::less<>>> copied_columns();
  /// The copies of the cells of `columns` in a segment, all of one state of the store. nullopt
  /// where one is missing or unsound, or a cell is not of its column's type: the rows are to be
  /// read.
  [[nodiscard]] Result<std::optional<std::vector<std::shared_ptr<const ColumnSegment>>>>
  read_copies(std::int64_t segment, const std::vector<std::string>& columns);
  /// A statement that delivers the rows. Its text and blob parameters are copied. Errors: not_found
  /// for an unknown column; storage.
  [[nodiscard]] Result<Statement> scan(const ScanRequest& request);
  /// Keeps what all scans see at the present state until `end_snapshot` or destruction. Writers go
  /// on; their log grows meanwhile.
  [[nodiscard]] Result<> begin_snapshot();
  [[nodiscard]] Result<> end_snapshot();

  /// Makes a running `step` fail with `cancelled`; from any thread.
  void interrupt() noexcept { connection_.interrupt(); }

  [[nodiscard]] Connection& connection() noexcept { return connection_; }

 private:
  [[nodiscard]] Result<> load();

  Connection connection_;
  std::string table_;
  std::string time_column_;
  std::vector<StoredColumn> columns_;
  bool has_latest_ = false;
};

}  // namespace harrier::storage
