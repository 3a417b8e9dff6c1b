// Verification of stores: SQLite's own check, the ledgers, the counters.
#include "storage/directory.hpp"
#include "storage/inspect.hpp"
#include "storage/reader.hpp"
#include "storage/sql.hpp"

#include <fmt/format.h>

namespace harrier::storage {

namespace fs = std::filesystem;

namespace {

using Findings = std::vector<StoreFinding>;
using Kind = StoreFinding::Kind;

void add_set_aside(const fs::path& file, Findings& findings) {
  const std::string prefix = file.filename().string() + ".damaged-";
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(file.parent_path(), failure)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && !name.ends_with("-wal") && !name.ends_with("-shm"))
      findings.push_back(StoreFinding{Kind::set_aside, entry.path().string()});
  }
}

Result<> check_file(Connection& connection, bool deep, Findings& findings) {
  HARRIER_TRY(Statement check,
              connection.prepare(deep ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(10)"));
  while (true) {
    HARRIER_TRY(const bool row, check.step());
    if (!row) return {};
    if (check.text(0) != "ok")
      findings.push_back(StoreFinding{Kind::damaged, std::string(check.text(0))});
  }
}

// Before its first commit a store has neither tables nor Harrier's mark. What emptied itself later
// is missed by the rows that the state file knows of.
bool is_blank(const fs::path& file) {
  auto connection = open_for_reading(file);
  if (connection.has_error()) return false;
  const auto objects = connection->query_integer("SELECT count(*) FROM sqlite_schema");
  const auto mark = connection->query_integer("PRAGMA application_id");
  return objects.has_value() && *objects == 0 && mark.has_value() && *mark == 0;
}

void add_holes(const StreamLedgers& ledgers, Findings& findings) {
  for (const auto& [stream, ledger] : ledgers) {
    for (const auto& hole : ledger.holes())
      findings.push_back(StoreFinding{
          Kind::hole,
          fmt::format("{}: {} to {}", stream, format_instant(hole.from), format_instant(hole.to))});
  }
}

Result<> check_counts(ReadConnection& store, Findings& findings) {
  HARRIER_TRY(const auto counted, store.row_count());
  HARRIER_TRY(const auto rows, store.connection().query_integer(fmt::format(
                                   "SELECT count(*) FROM {}", identifier(store.table()))));
  if (counted != rows)
    findings.push_back(
        StoreFinding{Kind::miscounted, fmt::format("{} rows, {} counted", rows, counted)});
  return {};
}

Result<> check_table(const fs::path& directory, std::string_view table, bool deep,
                     Findings& findings) {
  HARRIER_TRY(ReadConnection store, ReadConnection::open(directory, table));
  HARRIER_TRYV(store.begin_snapshot());
  HARRIER_TRYV(check_file(store.connection(), deep, findings));
  HARRIER_TRY(const auto ledgers, get_ledgers(store.connection()));
  add_holes(ledgers, findings);
  return deep ? check_counts(store, findings) : Result<>();
}

// Damage is a finding, a missing file is none; anything else is an error.
Result<Findings> conclude(const Result<>& checked, Findings findings) {
  if (checked.has_error() && checked.error().code == Errc::storage_corrupt)
    findings.push_back(StoreFinding{Kind::damaged, checked.error().message});
  else if (checked.has_error() && checked.error().code != Errc::not_found)
    return checked.error();
  return findings;
}

}  // namespace

Result<Findings> verify_store(const fs::path& directory, std::string_view table, bool deep) {
  Findings findings;
  const auto file = store_file(directory, table);
  add_set_aside(file, findings);
  const auto checked = check_table(directory, table, deep, findings);
  // A database without the table is no store any more; one without anything is none yet.
  std::error_code failure;
  if (checked.has_error() && checked.error().code == Errc::not_found && fs::exists(file, failure) &&
      !is_blank(file))
    findings.push_back(StoreFinding{Kind::damaged, checked.error().message});
  return conclude(checked, std::move(findings));
}

Result<Findings> verify_state(const fs::path& directory) {
  Findings findings;
  const auto file = state_file(directory);
  add_set_aside(file, findings);
  if (is_blank(file)) return findings;
  const auto check = [&]() -> Result<> {
    HARRIER_TRY(Connection connection, open_for_reading(file));
    HARRIER_TRYV(check_file(connection, true, findings));
    HARRIER_TRY(const auto ledgers, get_ledgers(connection));
    add_holes(ledgers, findings);
    return {};
  };
  return conclude(check(), std::move(findings));
}

}  // namespace harrier::storage
