// The state file's records in quarantine and flags on events.
#include "storage/state_file_impl.hpp"
#include "storage/steps.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace harrier::storage {

namespace {

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

}  // namespace

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

}  // namespace harrier::storage
