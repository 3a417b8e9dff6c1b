#include "storage/reader.hpp"

#include "storage/directory.hpp"
#include "storage/sql.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace harrier::storage {

namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& file, std::string_view suffix) {
  return fs::path(file.string().append(suffix));
}

bool readable_now(Connection& connection) {
  return connection.query_integer("SELECT count(*) FROM sqlite_schema").has_value();
}

void bind_copy(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    sqlite3_bind_int64(statement, index, *integer);
  else if (const auto* real = std::get_if<double>(&value))
    sqlite3_bind_double(statement, index, *real);
  else if (const auto* text = std::get_if<std::string>(&value))
    sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
  else
    sqlite3_bind_null(statement, index);
}

}  // namespace

Result<Connection> open_for_reading(const fs::path& file) {
  std::error_code failure;
  const bool has_index = fs::exists(beside(file, "-shm"), failure);
  const auto log_size = fs::file_size(beside(file, "-wal"), failure);
  const bool log_empty = static_cast<bool>(failure) || log_size == 0;
  // A reader would make the index of a log; without commits in the log there is nothing in it that
  // the file lacks.
  if (!has_index && log_empty) return Connection::open(file, OpenMode::immutable);
  auto connection = Connection::open(file, OpenMode::read);
  if (connection.has_value() && readable_now(*connection)) return connection;
  if (log_empty) return Connection::open(file, OpenMode::immutable);
  if (connection.has_error()) return connection;
  HARRIER_TRYV(connection->query_integer("SELECT count(*) FROM sqlite_schema"));
  return connection;
}

Result<ReadConnection> ReadConnection::open(const fs::path& directory, std::string_view table) {
  ReadConnection out;
  out.table_ = table;
  HARRIER_TRY(out.connection_, open_for_reading(store_file(directory, table)));
  HARRIER_TRYV(out.load());
  return out;
}

Result<> ReadConnection::load() {
  // The whole schema comes with a store's first commit; before that there is no store to read.
  HARRIER_TRY(const auto objects, connection_.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (objects == 0)
    return Error(Errc::not_found, fmt::format("{}: holds no store yet; the daemon is creating it",
                                              connection_.file().string()));
  HARRIER_TRY(
      Statement info,
      connection_.prepare(
          "SELECT x.name, x.type, x.hidden, c.type, c.source FROM pragma_table_xinfo(?1) AS x "
          "LEFT JOIN _harrier_columns AS c ON c.name = x.name ORDER BY x.cid"));
  info.bind(1, table_);
  while (true) {
    HARRIER_TRY(const bool row, info.step());
    if (!row) break;
    StoredColumn column;
    column.name = info.text(0);
    column.sqlite_type = info.text(1).substr(0, info.text(1).find(' '));
    column.alias = info.integer(2) == 2;
    column.added_type = info.text(3);
    column.added_source = info.text(4);
    columns_.push_back(std::move(column));
  }
  if (columns_.empty())
    return Error(Errc::not_found,
                 fmt::format("{}: has no table {}", connection_.file().string(), table_));
  HARRIER_TRY(Statement view,
              connection_.prepare(
                  "SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?1 || '_latest'"));
  view.bind(1, table_);
  HARRIER_TRY(has_latest_, view.step());
  HARRIER_TRY(
      Statement index,
      connection_.prepare("SELECT name FROM pragma_index_info('_harrier_row') WHERE seqno = 0"));
  HARRIER_TRY(const bool indexed, index.step());
  if (indexed && index.text(0) != "_harrier_key") time_column_ = index.text(0);
  return {};
}

const StoredColumn* ReadConnection::find(std::string_view name) const noexcept {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const StoredColumn& c) { return c.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

Result<RowRange> stored_ids(Connection& connection, std::string_view table) {
  // Two sub-queries, since SQLite answers only a single min or max from the tree's edge.
  HARRIER_TRY(Statement select,
              connection.prepare(fmt::format(
                  "SELECT (SELECT min(\"_Id\") FROM {0}), (SELECT max(\"_Id\") FROM {0})",
                  identifier(table))));
  HARRIER_TRY(const bool row, select.step());
  RowRange range;
  if (row && !select.is_null(0)) range = RowRange{select.integer(0), select.integer(1)};
  return range;
}

Result<std::int64_t> ReadConnection::row_count() {
  return connection_.query_integer("SELECT value FROM _harrier_meta WHERE key = 'rows'");
}

Result<std::set<std::string, std::less<>>> ReadConnection::copied_columns() {
  std::set<std::string, std::less<>> out;
  HARRIER_TRY(const auto known,
              connection_.query_integer("SELECT count(*) FROM sqlite_schema WHERE "
                                        "name = '_harrier_columnstore'"));
  if (known == 0) return out;  // a store that this version's daemon has not opened yet
  HARRIER_TRY(Statement select,
              connection_.prepare("SELECT \"column\" FROM _harrier_columnstore WHERE segment = "
                                  "(SELECT max(segment) FROM _harrier_columnstore)"));
  while (true) {
    HARRIER_TRY(const bool row, select.step());
    if (!row) return out;
    out.emplace(select.text(0));
  }
}

Result<std::optional<std::vector<std::shared_ptr<const ColumnSegment>>>>
ReadConnection::read_copies(std::int64_t segment, const std::vector<std::string>& columns) {
  using Copies = std::vector<std::shared_ptr<const ColumnSegment>>;
  HARRIER_TRY(Statement select,
              connection_.prepare(fmt::format("SELECT \"column\", cells FROM _harrier_columnstore "
                                              "WHERE segment = ?1 AND \"column\" IN ({})",
                                              literals(columns))));
  select.bind(1, segment);
  Copies out(columns.size());
  while (true) {
    HARRIER_TRY(const bool row, select.step());
    if (!row) break;
    const auto copy = read_segment(select.blob(1));
    if (!copy) return std::optional<Copies>();
    for (std::size_t k = 0; k < columns.size(); ++k) {
      if (columns[k] == select.text(0)) out[k] = *copy;
    }
  }
  for (const auto& copy : out) {
    if (!copy || copy->form == SegmentForm::none || copy->rows != out[0]->rows)
      return std::optional<Copies>();
  }
  return std::optional(std::move(out));
}

Result<Statement> ReadConnection::scan(const ScanRequest& request) {
  for (const auto& name : request.columns) {
    if (find(name) == nullptr)
      return Error(Errc::not_found, fmt::format("{}: has no column {}", table_, name));
  }
  const std::string list = identifiers(request.columns);
  std::string sql = fmt::format("SELECT {} FROM {}", list.empty() ? "1" : list,
                                identifier(request.latest ? table_ + "_latest" : table_));
  std::string condition =
      request.where.empty() ? std::string() : fmt::format("({})", request.where);
  if (request.rows)
    condition += fmt::format("{}\"_Id\" BETWEEN {} AND {}", condition.empty() ? "" : " AND ",
                             request.rows->first, request.rows->last);
  if (!condition.empty()) sql += " WHERE " + condition;
  if (!request.order.empty()) sql += " ORDER BY " + request.order;
  if (request.limit) sql += fmt::format(" LIMIT {}", *request.limit);
  HARRIER_TRY(Statement statement, connection_.prepare(sql));
  int index = 0;
  for (const auto& value : request.parameters) bind_copy(statement.handle(), ++index, value);
  return statement;
}

Result<> ReadConnection::begin_snapshot() {
  HARRIER_TRYV(connection_.execute("BEGIN"));
  HARRIER_TRYV(connection_.query_integer("SELECT count(*) FROM sqlite_schema"));
  return {};
}

Result<> ReadConnection::end_snapshot() {
  return connection_.execute("COMMIT");
}

}  // namespace harrier::storage
