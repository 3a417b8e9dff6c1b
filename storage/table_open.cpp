// Opening a store: creation, identity, additions to its columns.
#include "base/text.hpp"
#include "storage/directory.hpp"
#include "storage/sql.hpp"
#include "storage/table_file.hpp"
#include "storage/table_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::storage {

using model::Column;

namespace {

/// Files up to this size are checked whole when they are opened (about 2 ms a MiB).
constexpr std::uint64_t kWholeCheckBytes = 16ULL << 20;
/// SQLite's limit is 2000 columns a table; the rest is for Harrier's own and for columns documented
/// later.
constexpr std::size_t kMaxColumns = 1'800;
constexpr std::size_t kMaxNameBytes = 256;

// Tables that share a feed, whose ledger is not in their own file.
bool is_fed(const model::TableSchema& table) noexcept {
  return table.connector == "office365_management";
}

// Where a torn or overwritten file shows first: its length, its newest rows, both ends of its time
// index.
Result<> check_ends(Connection& connection, const model::TableSchema& table) {
  const std::string name = identifier(table.name);
  const std::string time = identifier(table.effective_time_column());
  for (const auto& sql : {fmt::format("SELECT * FROM {} ORDER BY \"_Id\" DESC LIMIT 1", name),
                          fmt::format("SELECT * FROM {} ORDER BY \"_Id\" LIMIT 1", name),
                          fmt::format("SELECT max({}) FROM {}", time, name)}) {
    HARRIER_TRY(Statement probe, connection.prepare(sql));
    HARRIER_TRYV(probe.run());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TableFile>> TableFile::open(const std::filesystem::path& directory,
                                                   model::TablePtr table, const Clock& clock) {
  const auto file = store_file(directory, table->name);
  std::unique_ptr<TableFile> out(new TableFile(std::move(table), clock));
  HARRIER_TRYV(out->initialize(file));
  return out;
}

Result<> TableFile::initialize(const std::filesystem::path& file) {
  HARRIER_TRY(connection_, Connection::open(file, OpenMode::write));
  connection_.leave_checkpoints();
  // What a feed has read is recorded in the state file, which must never know more than the rows
  // that are safe.
  if (is_fed(*table_)) HARRIER_TRYV(connection_.sync_every_commit());
  HARRIER_TRYV(check_identity());
  HARRIER_TRYV(transact([this] { return migrate(); }));
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if (!failure && size <= kWholeCheckBytes) HARRIER_TRYV(connection_.check());
  HARRIER_TRYV(check_ends(connection_, *table_));
  return load_id_floor();
}

Result<> TableFile::check_identity() {
  HARRIER_TRY(const auto objects, connection_.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (objects == 0) return {};
  HARRIER_TRY(const auto application, connection_.query_integer("PRAGMA application_id"));
  if (application != kApplicationId)
    return Error(
        Errc::storage,
        fmt::format("{}: this database was not made by Harrier; move it away", file().string()));
  HARRIER_TRY(const auto version, connection_.query_integer("PRAGMA user_version"));
  if (version > kFormatVersion)
    return Error(
        Errc::storage,
        fmt::format("{}: made by a newer Harrier (form {}, this one knows {}); update Harrier",
                    file().string(), version, kFormatVersion));
  return {};
}

Result<> TableFile::migrate() {
  HARRIER_TRYV(connection_.execute(create_tables_sql(*table_)));
  HARRIER_TRY(const auto version, connection_.query_integer("PRAGMA user_version"));
  if (version != kFormatVersion)
    HARRIER_TRYV(connection_.execute(fmt::format(
        "PRAGMA application_id={}; PRAGMA user_version={};", kApplicationId, kFormatVersion)));
  HARRIER_TRYV(load_columns());
  bool changed = false;
  for (const auto& column : wanted_columns(*table_)) {
    if (names_.contains(to_lower(column.name))) continue;
    HARRIER_TRYV(
        connection_.execute(fmt::format("ALTER TABLE {} ADD COLUMN {} {}", identifier(table_->name),
                                        identifier(column.name), column.declaration)));
    changed = true;
  }
  if (changed) HARRIER_TRYV(load_columns());
  return refresh_views();
}

Result<> TableFile::load_columns() {
  HARRIER_TRY(Statement info, connection_.prepare("SELECT name FROM pragma_table_xinfo(?1)"));
  info.bind(1, table_->name);
  std::set<std::string> names;
  while (true) {
    HARRIER_TRY(const bool row, info.step());
    if (!row) break;
    names.insert(to_lower(info.text(0)));
  }
  std::set<std::string> documented;
  for (const auto& column : table_->columns) documented.insert(to_lower(column.name));
  HARRIER_TRY(
      Statement list,
      connection_.prepare("SELECT name, type, source FROM _harrier_columns ORDER BY rowid"));
  std::vector<Column> added;
  while (true) {
    HARRIER_TRY(const bool row, list.step());
    if (!row) break;
    if (documented.contains(to_lower(list.text(0)))) continue;  // documented since
    const auto type = model::parse_scalar_type(list.text(1)).value_or(model::ScalarType::string);
    added.emplace_back(std::string(list.text(0)), type, std::string(list.text(2)));
  }
  names_ = std::move(names);
  const std::lock_guard lock(columns_mutex_);
  added_ = std::move(added);
  return {};
}

Result<> TableFile::refresh_views() {
  std::vector<std::string> list;
  for (const auto& column : columns()) list.push_back(column.name);
  for (const auto& column : wanted_columns(*table_)) {
    if (table_->find(column.name) == nullptr && !column.name.starts_with("_harrier_"))
      list.push_back(column.name);
  }
  // `_Id` first, as in the table.
  std::stable_partition(list.begin(), list.end(),
                        [](const std::string& name) { return name == "_Id"; });
  HARRIER_TRYV(replace_view(table_->name + "_latest", latest_view_sql(*table_, list)));
  for (const auto& view : model::table_views()) {
    if (view.table == table_->name)
      HARRIER_TRYV(replace_view(std::string(view.name), named_view_sql(view, list)));
  }
  return {};
}

Result<> TableFile::replace_view(const std::string& view, const std::string& wanted) {
  std::string stored;
  {
    HARRIER_TRY(
        Statement select,
        connection_.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?1"));
    select.bind(1, view);
    HARRIER_TRY(const bool row, select.step());
    if (row) stored = select.text(0);
  }
  if (stored == wanted) return {};
  if (!stored.empty())
    HARRIER_TRYV(connection_.execute(fmt::format("DROP VIEW {}", identifier(view))));
  return wanted.empty() ? Result<>() : connection_.execute(wanted);
}

std::vector<Column> TableFile::columns() const {
  std::vector<Column> out = table_->columns;
  const std::lock_guard lock(columns_mutex_);
  out.insert(out.end(), added_.begin(), added_.end());
  return out;
}

std::string TableFile::free_name(const std::string& name) const {
  std::string free = name;
  for (int suffix = 1; names_.contains(to_lower(free)); ++suffix)
    free = fmt::format("{}_{}", name, suffix);
  return free;
}

Result<std::vector<Column>> TableFile::add_columns(const std::vector<Column>& wanted) {
  HARRIER_TRYV(require_open());
  if (in_page_) return watched(add_missing(wanted));
  return transact([&] { return add_missing(wanted); });
}

Result<std::vector<Column>> TableFile::add_missing(const std::vector<Column>& wanted) {
  bool changed = false;
  for (const auto& column : wanted) {
    const auto known = columns();
    const auto same = [&](const Column& other) {
      return other.source_name == column.source_name || other.name == column.name;
    };
    if (std::any_of(known.begin(), known.end(), same)) continue;
    if (column.name.starts_with("_") && names_.contains(to_lower(column.name)))
      continue;  // one of Harrier's own
    const std::string& source = column.source_name;
    if (source.empty() || source.size() > kMaxNameBytes || source.find('\0') != std::string::npos)
      return Error(Errc::protocol,
                   fmt::format("{}: a column name that cannot be stored", table_->name));
    if (names_.size() >= kMaxColumns)
      return Error(Errc::limit, fmt::format("{}: more than {} columns", table_->name, kMaxColumns));
    const std::string name = free_name(source);
    HARRIER_TRYV(
        connection_.execute(fmt::format("ALTER TABLE {} ADD COLUMN {} {}", identifier(table_->name),
                                        identifier(name), model::sqlite_type(column.type))));
    HARRIER_TRY(Statement remember,
                connection_.prepare(
                    "INSERT INTO _harrier_columns (name, type, source) VALUES (?1, ?2, ?3)"));
    remember.bind(1, name);
    remember.bind(2, model::to_string(column.type));
    remember.bind(3, source);
    HARRIER_TRYV(remember.run());
    changed = true;
    page_added_columns_ = in_page_;
    HARRIER_TRYV(load_columns());
  }
  if (changed) HARRIER_TRYV(refresh_views());
  return columns();
}

}  // namespace harrier::storage
