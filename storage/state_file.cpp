#include "storage/state_file.hpp"

#include "base/log.hpp"
#include "storage/directory.hpp"
#include "storage/reader.hpp"
#include "storage/steps.hpp"
#include "storage/table_layout.hpp"

#include <fmt/format.h>
#include <xxhash.h>

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

model::RowKey hash_of(std::string_view record) {
  const XXH128_hash_t hash = XXH3_128bits(record.data(), record.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  model::RowKey key;
  std::memcpy(key.data(), canonical.digest, key.size());
  return key;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void bind_value(Statement& statement, int index, std::string_view value) {
  statement.bind(index, value);
}

void bind_value(Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}

void bind_value(Statement& statement, int index, std::span<const std::byte> value) {
  statement.bind_blob(index, value);
}

std::optional<Instant> instant_or_none(std::string_view text) {
  return text.empty() ? std::nullopt : parse_instant(text);
}

std::string text_or_empty(const std::optional<Instant>& instant) {
  return instant ? format_instant(*instant) : std::string();
}

// Calls `take` for every row.
template <class Take>
Result<> for_each(Statement& statement, Take take) {
  while (true) {
    HARRIER_TRY(const bool row, statement.step());
    if (!row) return {};
    take(statement);
  }
}

}  // namespace

template <class... Args>
Result<> StateFile::run(std::string_view sql, const Args&... args) {
  HARRIER_TRY(Statement statement, connection_.prepare(sql));
  int index = 0;
  (bind_value(statement, ++index, args), ...);
  return statement.run();
}

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
  HARRIER_TRY(Statement check, connection.prepare("PRAGMA quick_check(1)"));
  HARRIER_TRY(const bool row, check.step());
  if (!row || check.text(0) != "ok")
    return Error(Errc::storage_corrupt,
                 fmt::format("{}: {}", connection.file().string(), check.text(0)));
  return connection;
}

Result<StateFile> StateFile::open(const std::filesystem::path& directory, const Clock& clock) {
  auto connection = create(directory);
  if (connection.has_error() && connection.error().code == Errc::storage_corrupt) {
    const std::string reason = connection.error().message;
    HARRIER_TRY(const auto aside, set_aside(state_file(directory), clock.now()));
    log(LogLevel::error, "storage", "The state file is damaged; it was set aside and begun anew.",
        {{"reason", reason}, {"set_aside", aside.string()}});
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

template <class F>
auto StateFile::write(F work) -> decltype(work()) {
  HARRIER_TRYV(recover());
  HARRIER_TRYV(connection_.execute("BEGIN IMMEDIATE"));
  auto result = work();
  if (result.has_value()) {
    if (auto committed = connection_.execute("COMMIT"); committed.has_error())
      result = committed.error();
  }
  if (result.has_error() && result.error().code == Errc::storage_corrupt) damaged_ = true;
  if (connection_.in_transaction()) static_cast<void>(connection_.execute("ROLLBACK"));
  return result;
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

Result<> StateFile::quarantine(const std::vector<model::QuarantinedRecord>& records) {
  if (records.empty()) return {};
  auto done = write([&]() -> Result<> {
    const std::string now = format_instant(clock_->now());
    HARRIER_TRY(Statement insert,
                connection_.prepare(
                    "INSERT INTO quarantine (\"table\", stream, reason, since, hash, record) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"));
    for (const auto& record : records) {
      const model::RowKey hash = hash_of(record.record);
      insert.bind(1, record.table);
      insert.bind(2, record.stream);
      insert.bind(3, record.reason);
      insert.bind(4, now);
      insert.bind_blob(5, hash);
      insert.bind_blob(6, bytes_of(record.record));
      HARRIER_TRYV(insert.run());
    }
    return {};
  });
  reached("quarantine");
  return done;
}

Result<std::vector<QuarantineEntry>> StateFile::quarantine_entries() {
  HARRIER_TRY(Statement select, connection_.prepare("SELECT id, \"table\", stream, reason, since, "
                                                    "length(record) FROM quarantine ORDER BY id"));
  std::vector<QuarantineEntry> out;
  HARRIER_TRYV(for_each(select, [&](const Statement& row) {
    QuarantineEntry entry;
    entry.id = row.integer(0);
    entry.table = row.text(1);
    entry.stream = row.text(2);
    entry.reason = row.text(3);
    entry.since = parse_instant(row.text(4)).value_or(Instant());
    entry.bytes = row.integer(5);
    out.push_back(std::move(entry));
  }));
  return out;
}

Result<model::QuarantinedRecord> StateFile::quarantined_record(std::int64_t id) {
  HARRIER_TRY(Statement select,
              connection_.prepare(
                  "SELECT \"table\", stream, reason, record FROM quarantine WHERE id = ?1"));
  select.bind(1, id);
  HARRIER_TRY(const bool row, select.step());
  if (!row) return Error(Errc::not_found, fmt::format("quarantine has no record {}", id));
  model::QuarantinedRecord record;
  record.table = select.text(0);
  record.stream = select.text(1);
  record.reason = select.text(2);
  const auto bytes = select.blob(3);
  record.record.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return record;
}

Result<> StateFile::delete_quarantined(std::int64_t id) {
  return write([&]() -> Result<> {
    HARRIER_TRYV(run("DELETE FROM quarantine WHERE id = ?1", id));
    if (connection_.changes() == 0)
      return Error(Errc::not_found, fmt::format("quarantine has no record {}", id));
    return {};
  });
}

Result<std::vector<std::pair<std::string, std::int64_t>>> StateFile::quarantine_counts() {
  HARRIER_TRY(Statement select,
              connection_.prepare("SELECT \"table\", count(*) FROM quarantine GROUP BY \"table\""));
  std::vector<std::pair<std::string, std::int64_t>> out;
  HARRIER_TRYV(for_each(
      select, [&](const Statement& row) { out.emplace_back(row.text(0), row.integer(1)); }));
  return out;
}

Result<> StateFile::set_flag(const Flag& flag) {
  return write([&]() -> Result<> {
    return run(
        "INSERT INTO flags VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (\"table\", event_id) DO "
        "UPDATE SET "
        "event_time = excluded.event_time, event_key = excluded.event_key, note = excluded.note",
        std::string_view(flag.table), flag.event_id, std::string_view(flag.event_time),
        std::span<const std::byte>(flag.event_key), std::string_view(flag.note),
        std::string_view(format_instant(clock_->now())));
  });
}

Result<bool> StateFile::delete_flag(std::string_view table, std::int64_t event_id) {
  return write([&]() -> Result<bool> {
    HARRIER_TRYV(run("DELETE FROM flags WHERE \"table\" = ?1 AND event_id = ?2", table, event_id));
    return connection_.changes() > 0;
  });
}

Result<std::vector<Flag>> StateFile::flags(std::string_view table) {
  HARRIER_TRY(Statement select,
              connection_.prepare(
                  "SELECT \"table\", event_id, event_time, event_key, note, since FROM flags "
                  "WHERE ?1 IN ('', \"table\") ORDER BY \"table\", event_id"));
  select.bind(1, table);
  std::vector<Flag> out;
  HARRIER_TRYV(for_each(select, [&](const Statement& row) {
    Flag flag;
    flag.table = row.text(0);
    flag.event_id = row.integer(1);
    flag.event_time = row.text(2);
    const auto key = row.blob(3);
    std::memcpy(flag.event_key.data(), key.data(), std::min(key.size(), flag.event_key.size()));
    flag.note = row.text(4);
    flag.since = parse_instant(row.text(5)).value_or(Instant());
    out.push_back(std::move(flag));
  }));
  return out;
}

Result<> StateFile::move_flag(std::string_view table, std::int64_t from_id, std::int64_t to_id) {
  return write([&] {
    return run("UPDATE OR REPLACE flags SET event_id = ?3 WHERE \"table\" = ?1 AND event_id = ?2",
               table, from_id, to_id);
  });
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
