#include "base/log.hpp"
#include "storage/directory.hpp"
#include "storage/reader.hpp"
#include "storage/state_file_impl.hpp"
#include "storage/steps.hpp"
#include "storage/table_layout.hpp"

#include <fmt/format.h>

namespace harrier::storage {

namespace {

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS statuses (
  "table" TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, last_success TEXT, next_poll TEXT,
  backfill TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS backfills (
  id INTEGER PRIMARY KEY AUTOINCREMENT, "table" TEXT NOT NULL, "from" TEXT NOT NULL, "to" TEXT NOT NULL, queued TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, "table" TEXT NOT NULL, stream TEXT NOT NULL, reason TEXT NOT NULL, since TEXT NOT NULL,
  hash BLOB NOT NULL, record BLOB NOT NULL, UNIQUE ("table", hash));
CREATE TABLE IF NOT EXISTS flags (
  "table" TEXT NOT NULL, event_id INTEGER NOT NULL, event_time TEXT NOT NULL, event_key BLOB NOT NULL, note TEXT NOT NULL,
  since TEXT NOT NULL, PRIMARY KEY ("table", event_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stores (
  "table" TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_id INTEGER NOT NULL, updated TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS work_items (
  stream TEXT NOT NULL, id TEXT NOT NULL, detail TEXT NOT NULL, created TEXT NOT NULL, expires TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (stream, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS work_items_pending ON work_items (stream, expires) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS _harrier_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _harrier_ledger (
  stream TEXT NOT NULL, "from" TEXT NOT NULL, "to" TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (stream, "from")) WITHOUT ROWID;
)";

// Names may hold a colon; a stream's may not hold a line feed, so it separates the two.
std::string feed_cursor_name(std::string_view stream, std::string_view name) {
  return fmt::format("{}\n{}", stream, name);
}

std::optional<Instant> instant_or_none(std::string_view text) {
  return text.empty() ? std::nullopt : parse_instant(text);
}

std::string text_or_empty(const std::optional<Instant>& instant) {
  return instant ? format_instant(*instant) : std::string();
}

}  // namespace

Result<Connection> StateFile::create(const std::filesystem::path& directory) {
  HARRIER_TRY(Connection connection, Connection::open(state_file(directory), OpenMode::write));
  // Quarantined records must be safe before the page that they came in is.
  HARRIER_TRYV(connection.sync_every_commit());
  HARRIER_TRY(const auto version, connection.query_integer("PRAGMA user_version"));
  if (version > kFormatVersion)
    return Error(Errc::storage, fmt::format("{}: made by a newer Harrier; update Harrier",
                                            connection.file().string()));
  HARRIER_TRYV(connection.execute(
      fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id={}; PRAGMA user_version={}; COMMIT;",
                  kTables, kApplicationId, kFormatVersion)));
  HARRIER_TRYV(connection.check());
  return connection;
}

Result<StateFile> StateFile::open(const std::filesystem::path& directory, const Clock& clock) {
  auto connection = create(directory);
  if (connection.has_error() && connection.error().code == Errc::storage_corrupt) {
    const std::string reason = connection.error().message;
    HARRIER_TRY(const auto aside, set_aside(state_file(directory), clock.now()));
    log(LogLevel::error, "storage", "The state file is damaged; it was set aside and begun anew.",
        {{"reason", reason},
         {"set_aside", aside.string()},
         {"remedy",
          "look at the disk; restore flags and quarantine from a backup, if they matter, then "
          "remove the file set aside"}});
    connection = create(directory);
  }
  if (connection.has_error()) return connection.error();
  return StateFile(std::move(*connection), &clock);
}

Result<StateFile> StateFile::open_shared(const std::filesystem::path& directory,
                                         const Clock& clock) {
  HARRIER_TRY(Connection connection, create(directory));
  return StateFile(std::move(connection), &clock);
}

Result<StateFile> StateFile::open_read_only(const std::filesystem::path& directory) {
  HARRIER_TRY(Connection connection, open_for_reading(state_file(directory)));
  // Everything comes with the first commit; before that there is no state to read.
  HARRIER_TRY(const auto objects, connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (objects == 0)
    return Error(Errc::not_found, fmt::format("{}: holds nothing yet; the daemon is creating it",
                                              connection.file().string()));
  return StateFile(std::move(connection), nullptr);
}

Result<> StateFile::recover() {
  if (clock_ == nullptr)
    return Error(Errc::storage, fmt::format("{}: open for reading only", file().string()));
  if (!damaged_) return {};
  const auto directory = file().parent_path();
  connection_ = Connection();
  HARRIER_TRY(StateFile fresh, open(directory, *clock_));
  *this = std::move(fresh);
  return {};
}

Result<> StateFile::save_status(const model::TableStatus& status) {
  return write([&]() -> Result<> {
    return run(
        "INSERT INTO statuses VALUES (?1, ?2, ?3, nullif(?4, ''), nullif(?5, ''), ?6) ON CONFLICT "
        "(\"table\") DO UPDATE "
        "SET state = excluded.state, reason = excluded.reason, last_success = "
        "excluded.last_success, "
        "next_poll = excluded.next_poll, backfill = excluded.backfill",
        std::string_view(status.table), std::string_view(status.state),
        std::string_view(status.reason), std::string_view(text_or_empty(status.last_success)),
        std::string_view(text_or_empty(status.next_poll)), std::string_view(status.backfill));
  });
}

Result<std::vector<model::TableStatus>> StateFile::statuses() {
  HARRIER_TRY(
      Statement select,
      connection_.prepare(
          "SELECT \"table\", state, reason, last_success, next_poll, backfill FROM statuses"));
  std::vector<model::TableStatus> out;
  HARRIER_TRYV(for_each(select, [&](const Statement& row) {
    model::TableStatus status;
    status.table = row.text(0);
    status.state = row.text(1);
    status.reason = row.text(2);
    status.last_success = instant_or_none(row.text(3));
    status.next_poll = instant_or_none(row.text(4));
    status.backfill = row.text(5);
    out.push_back(std::move(status));
  }));
  return out;
}

Result<std::int64_t> StateFile::queue_backfill(std::string_view table, model::Window window) {
  return write([&]() -> Result<std::int64_t> {
    HARRIER_TRYV(
        run("INSERT INTO backfills (\"table\", \"from\", \"to\", queued) VALUES (?1, ?2, ?3, ?4)",
            table, std::string_view(format_instant(window.from)),
            std::string_view(format_instant(window.to)),
            std::string_view(format_instant(clock_->now()))));
    return connection_.last_insert_id();
  });
}

Result<std::vector<model::BackfillRequest>> StateFile::backfills() {
  HARRIER_TRY(
      Statement select,
      connection_.prepare("SELECT id, \"table\", \"from\", \"to\" FROM backfills ORDER BY id"));
  std::vector<model::BackfillRequest> out;
  HARRIER_TRYV(for_each(select, [&](const Statement& row) {
    const auto from = parse_instant(row.text(2));
    const auto to = parse_instant(row.text(3));
    model::BackfillRequest request;
    request.id = row.integer(0);
    request.table = row.text(1);
    if (from && to) request.window = model::Window{*from, *to};
    out.push_back(std::move(request));
  }));
  return out;
}

Result<> StateFile::finish_backfill(std::int64_t id) {
  return write([&] { return run("DELETE FROM backfills WHERE id = ?1", id); });
}

Result<model::Ledger> StateFile::feed_ledger(std::string_view stream) {
  return get_ledger(connection_, stream);
}

Result<std::vector<std::pair<std::string, model::Ledger>>> StateFile::feed_ledgers() {
  return get_ledgers(connection_);
}

Result<std::optional<std::string>> StateFile::feed_cursor(std::string_view stream,
                                                          std::string_view name) {
  return get_meta(connection_, cursor_key(feed_cursor_name(stream, name)));
}

Result<> StateFile::commit_feed(const model::FeedCommit& what) {
  return write([&]() -> Result<> {
    const std::string_view stream = what.stream;
    for (const auto& mark : what.marks) HARRIER_TRYV(mark_ledger(connection_, mark));
    for (const auto& item : what.found)
      HARRIER_TRYV(
          run("INSERT INTO work_items VALUES (?1, ?2, ?3, ?4, ?5, 'pending', '') ON CONFLICT DO "
              "NOTHING",
              stream, std::string_view(item.id), std::string_view(item.detail),
              std::string_view(format_instant(item.created)),
              std::string_view(format_instant(item.expires))));
    for (const auto& id : what.finished)
      HARRIER_TRYV(run("UPDATE work_items SET state = 'done' WHERE stream = ?1 AND id = ?2", stream,
                       std::string_view(id)));
    for (const auto& [id, reason] : what.lost)
      HARRIER_TRYV(
          run("UPDATE work_items SET state = 'lost', reason = ?3 WHERE stream = ?1 AND id = ?2",
              stream, std::string_view(id), std::string_view(reason)));
    HARRIER_TRYV(set_cursors(connection_, feed_cursor_name(stream, ""), what.cursors));
    if (what.forget_before)
      HARRIER_TRYV(
          run("DELETE FROM work_items WHERE stream = ?1 AND state <> 'pending' AND created < ?2",
              stream, std::string_view(format_instant(*what.forget_before))));
    reached("marks");
    return {};
  });
}

Result<std::vector<model::WorkItem>> StateFile::pending_items(std::string_view stream,
                                                              std::size_t limit) {
  HARRIER_TRY(Statement select,
              connection_.prepare(
                  "SELECT id, detail, created, expires FROM work_items WHERE stream = ?1 AND "
                  "state = 'pending' ORDER BY expires, id LIMIT ?2"));
  select.bind(1, stream);
  select.bind(2, static_cast<std::int64_t>(limit));
  std::vector<model::WorkItem> out;
  HARRIER_TRYV(for_each(select, [&](const Statement& row) {
    model::WorkItem item;
    item.stream = stream;
    item.id = row.text(0);
    item.detail = row.text(1);
    item.created = parse_instant(row.text(2)).value_or(Instant());
    item.expires = parse_instant(row.text(3)).value_or(Instant());
    out.push_back(std::move(item));
  }));
  return out;
}

Result<std::int64_t> StateFile::pending_item_count(std::string_view stream) {
  HARRIER_TRY(Statement select,
              connection_.prepare(
                  "SELECT count(*) FROM work_items WHERE stream = ?1 AND state = 'pending'"));
  select.bind(1, stream);
  HARRIER_TRYV(select.step());
  return select.integer(0);
}

Result<> StateFile::note_store(const KnownStore& store) {
  return write([&]() -> Result<> {
    return run(
        "INSERT INTO stores VALUES (?1, ?2, ?3, ?4) ON CONFLICT (\"table\") DO UPDATE SET rows = "
        "excluded.rows, "
        "last_id = max(last_id, excluded.last_id), updated = excluded.updated",
        std::string_view(store.table), store.rows, store.last_id,
        std::string_view(format_instant(clock_->now())));
  });
}

Result<std::vector<KnownStore>> StateFile::known_stores() {
  HARRIER_TRY(Statement select,
              connection_.prepare(
                  "SELECT \"table\", rows, last_id, updated FROM stores ORDER BY \"table\""));
  std::vector<KnownStore> out;
  HARRIER_TRYV(for_each(select, [&](const Statement& row) {
    KnownStore store;
    store.table = row.text(0);
    store.rows = row.integer(1);
    store.last_id = row.integer(2);
    store.updated = parse_instant(row.text(3)).value_or(Instant());
    out.push_back(std::move(store));
  }));
  return out;
}

}  // namespace harrier::storage
