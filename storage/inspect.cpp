#include "storage/inspect.hpp"

#include "storage/directory.hpp"
#include "storage/reader.hpp"
#include "storage/sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace harrier::storage {

namespace fs = std::filesystem;

namespace {

bool missing(const Error& error) {
  return error.code == Errc::not_found;
}

Result<std::optional<Instant>> meta_instant(Connection& connection, std::string_view key) {
  HARRIER_TRY(const auto text, get_meta(connection, key));
  return text ? parse_instant(*text) : std::optional<Instant>();
}

// Where rows are told apart without a time, `TimeGenerated` says when they were seen.
std::string time_of(const ReadConnection& store) {
  return store.time_column().empty() ? "TimeGenerated" : store.time_column();
}

// The row of an event by id: its time and key. not_found where there is none.
Result<Flag> find_event(ReadConnection& store, std::int64_t event_id) {
  HARRIER_TRY(Statement select, store.connection().prepare(fmt::format(
                                    "SELECT {}, \"_harrier_key\" FROM {} WHERE \"_Id\" = ?1",
                                    identifier(time_of(store)), identifier(store.table()))));
  select.bind(1, event_id);
  HARRIER_TRY(const bool row, select.step());
  if (!row)
    return Error(Errc::not_found, fmt::format("{} has no event {}", store.table(), event_id));
  Flag flag;
  flag.table = store.table();
  flag.event_id = event_id;
  flag.event_time = select.text(0);
  const auto key = select.blob(1);
  std::memcpy(flag.event_key.data(), key.data(), std::min(key.size(), flag.event_key.size()));
  return flag;
}

// Where the flagged event is now; 0 where it is not. The index leads with the time, so the search
// is short.
Result<std::int64_t> locate_event(ReadConnection& store, const Flag& flag) {
  std::string condition = "\"_harrier_key\" = ?1";
  const bool timed = !store.time_column().empty() && !flag.event_time.empty();
  if (timed) condition += fmt::format(" AND {} = ?2", identifier(store.time_column()));
  HARRIER_TRY(Statement select,
              store.connection().prepare(fmt::format("SELECT \"_Id\" FROM {} WHERE {}",
                                                     identifier(store.table()), condition)));
  select.bind_blob(1, flag.event_key);
  if (timed) select.bind(2, flag.event_time);
  HARRIER_TRY(const bool row, select.step());
  return row ? select.integer(0) : 0;
}

// A flag whose event is not there, or whose store cannot be read, is shown as it was set.
void relocate(const fs::path& directory, std::vector<Flag>& flags) {
  std::optional<ReadConnection> store;
  for (auto& flag : flags) {
    flag.in_store = false;
    if (!store || store->table() != flag.table) {
      store.reset();
      auto opened = ReadConnection::open(directory, flag.table);
      if (opened.has_error()) continue;
      store = *std::move(opened);
    }
    const auto known = find_event(*store, flag.event_id);
    flag.in_store = known.has_value() && known->event_key == flag.event_key;
    if (flag.in_store) continue;
    const auto id = locate_event(*store, flag);
    flag.in_store = id.has_value() && *id != 0;
    if (flag.in_store) flag.event_id = *id;
  }
}

Result<StoreSummary> read_summary(ReadConnection& store) {
  StoreSummary summary;
  summary.exists = true;
  Connection& connection = store.connection();
  HARRIER_TRY(summary.counts, get_counts(connection));
  HARRIER_TRY(summary.last_commit, meta_instant(connection, "last_commit"));
  HARRIER_TRY(summary.snapshot, meta_instant(connection, "snapshot"));
  HARRIER_TRY(summary.ledgers, get_ledgers(connection));
  HARRIER_TRY(summary.cursors, get_cursors(connection));
  if (store.find("_LastSeen") != nullptr) {
    summary.last_event = summary.snapshot;
    return summary;
  }
  HARRIER_TRY(Statement newest,
              connection.prepare(fmt::format("SELECT max({}) FROM {}", identifier(time_of(store)),
                                             identifier(store.table()))));
  HARRIER_TRY(const bool row, newest.step());
  if (row && !newest.is_null(0)) summary.last_event = parse_instant(newest.text(0));
  return summary;
}

}  // namespace

Result<StoreSummary> summarize(const fs::path& directory, std::string_view table) {
  auto store = ReadConnection::open(directory, table);
  if (store.has_error()) {
    if (missing(store.error())) return StoreSummary();
    return store.error();
  }
  HARRIER_TRYV(store->begin_snapshot());
  HARRIER_TRY(StoreSummary summary, read_summary(*store));
  summary.bytes = store_bytes(store_file(directory, table));
  return summary;
}

Result<StateSummary> summarize_state(const fs::path& directory) {
  StateSummary summary;
  auto state = StateFile::open_read_only(directory);
  if (state.has_error()) {
    if (missing(state.error())) return summary;
    return state.error();
  }
  HARRIER_TRY(auto statuses, state->statuses());
  for (auto& status : statuses) summary.statuses.emplace(status.table, std::move(status));
  HARRIER_TRY(const auto quarantined, state->quarantine_counts());
  summary.quarantined.insert(quarantined.begin(), quarantined.end());
  HARRIER_TRY(summary.backfills, state->backfills());
  HARRIER_TRY(summary.feeds, state->feed_ledgers());
  HARRIER_TRY(auto known, state->known_stores());
  for (auto& store : known) summary.known_stores.emplace(store.table, std::move(store));
  return summary;
}

Result<std::int64_t> queue_backfill(const fs::path& directory, std::string_view table,
                                    model::Window window, const Clock& clock) {
  HARRIER_TRY(StateFile state, StateFile::open_shared(directory, clock));
  return state.queue_backfill(table, window);
}

Result<std::vector<QuarantineEntry>> list_quarantine(const fs::path& directory) {
  auto state = StateFile::open_read_only(directory);
  if (state.has_value()) return state->quarantine_entries();
  if (missing(state.error())) return std::vector<QuarantineEntry>();
  return state.error();
}

Result<model::QuarantinedRecord> show_quarantined(const fs::path& directory, std::int64_t id) {
  auto state = StateFile::open_read_only(directory);
  if (state.has_value()) return state->quarantined_record(id);
  if (missing(state.error()))
    return Error(Errc::not_found, fmt::format("quarantine has no record {}", id));
  return state.error();
}

Result<> delete_quarantined(const fs::path& directory, std::int64_t id, const Clock& clock) {
  HARRIER_TRY(StateFile state, StateFile::open_shared(directory, clock));
  return state.delete_quarantined(id);
}

Result<> flag_event(const fs::path& directory, std::string_view table, std::int64_t event_id,
                    std::string_view note, const Clock& clock) {
  auto store = ReadConnection::open(directory, table);
  if (store.has_error()) {
    if (missing(store.error()))
      return Error(Errc::not_found, fmt::format("{} has no events yet", table));
    return store.error();
  }
  HARRIER_TRY(Flag flag, find_event(*store, event_id));
  flag.note = note;
  HARRIER_TRY(StateFile state, StateFile::open_shared(directory, clock));
  return state.set_flag(flag);
}

Result<> unflag_event(const fs::path& directory, std::string_view table, std::int64_t event_id,
                      const Clock& clock) {
  HARRIER_TRY(StateFile state, StateFile::open_shared(directory, clock));
  HARRIER_TRY(const bool deleted, state.delete_flag(table, event_id));
  if (deleted) return {};
  // The id may be the one that the event has got since.
  HARRIER_TRY(const auto before, state.flags(table));
  auto after = before;
  relocate(directory, after);
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i].event_id != event_id) continue;
    HARRIER_TRYV(state.delete_flag(table, before[i].event_id));
    return {};
  }
  return Error(Errc::not_found, fmt::format("event {} of {} has no flag", event_id, table));
}

Result<std::vector<Flag>> list_flags(const fs::path& directory, std::string_view table) {
  auto state = StateFile::open_read_only(directory);
  if (state.has_error()) {
    if (missing(state.error())) return std::vector<Flag>();
    return state.error();
  }
  HARRIER_TRY(auto flags, state->flags(table));
  relocate(directory, flags);
  return flags;
}

}  // namespace harrier::storage
