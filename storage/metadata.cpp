#include "storage/metadata.hpp"

#include <fmt/format.h>

namespace harrier::storage {

using model::Ledger;
using model::LedgerEntry;

namespace {

Result<LedgerEntry> read_entry(const Statement& row, int column) {
  LedgerEntry entry;
  const auto from = parse_instant(row.text(column));
  const auto to = parse_instant(row.text(column + 1));
  const auto state = model::parse_window_state(row.text(column + 2));
  if (!from || !to || !state)
    return Error(Errc::storage_corrupt, "the ledger holds a span that is none");
  entry.window = model::Window{*from, *to};
  entry.state = *state;
  entry.reason = row.text(column + 3);
  return entry;
}

Result<std::vector<LedgerEntry>> read_entries(Statement& statement) {
  std::vector<LedgerEntry> entries;
  while (true) {
    HARRIER_TRY(const bool row, statement.step());
    if (!row) return entries;
    HARRIER_TRY(LedgerEntry entry, read_entry(statement, 0));
    entries.push_back(std::move(entry));
  }
}

}  // namespace

Result<std::optional<std::string>> get_meta(Connection& connection, std::string_view key) {
  HARRIER_TRY(Statement statement,
              connection.prepare("SELECT value FROM _harrier_meta WHERE key = ?1"));
  statement.bind(1, key);
  HARRIER_TRY(const bool row, statement.step());
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(std::string(statement.text(0)));
}

Result<> set_meta(Connection& connection, std::string_view key, std::string_view value) {
  HARRIER_TRY(Statement statement,
              connection.prepare("INSERT INTO _harrier_meta (key, value) VALUES (?1, ?2) "
                                 "ON CONFLICT (key) DO UPDATE SET value = excluded.value"));
  statement.bind(1, key);
  statement.bind(2, value);
  return statement.run();
}

Result<> delete_meta(Connection& connection, std::string_view key) {
  HARRIER_TRY(Statement statement, connection.prepare("DELETE FROM _harrier_meta WHERE key = ?1"));
  statement.bind(1, key);
  return statement.run();
}

Result<> add_to_meta(Connection& connection, std::string_view key, std::int64_t amount) {
  if (amount == 0) return {};
  HARRIER_TRY(Statement statement,
              connection.prepare("INSERT INTO _harrier_meta (key, value) VALUES (?1, ?2) "
                                 "ON CONFLICT (key) DO UPDATE SET value = value + excluded.value"));
  statement.bind(1, key);
  statement.bind(2, amount);
  return statement.run();
}

Result<std::int64_t> get_counter(Connection& connection, std::string_view key) {
  HARRIER_TRY(Statement statement,
              connection.prepare("SELECT value FROM _harrier_meta WHERE key = ?1"));
  statement.bind(1, key);
  HARRIER_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<StoreCounts> get_counts(Connection& connection) {
  StoreCounts counts;
  HARRIER_TRY(counts.rows, get_counter(connection, "rows"));
  HARRIER_TRY(counts.duplicates, get_counter(connection, "duplicates"));
  HARRIER_TRY(counts.late, get_counter(connection, "late"));
  return counts;
}

std::string cursor_key(std::string_view name) {
  return fmt::format("cursor:{}", name);
}

Result<> set_cursors(Connection& connection, std::string_view prefix,
                     const std::vector<std::pair<std::string, std::string>>& cursors) {
  for (const auto& [name, value] : cursors) {
    const std::string key = cursor_key(fmt::format("{}{}", prefix, name));
    HARRIER_TRYV(value.empty() ? delete_meta(connection, key) : set_meta(connection, key, value));
  }
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> get_cursors(Connection& connection) {
  HARRIER_TRY(Statement statement,
              connection.prepare("SELECT substr(key, 8), value FROM _harrier_meta "
                                 "WHERE key >= 'cursor:' AND key < 'cursor;' ORDER BY key"));
  std::vector<std::pair<std::string, std::string>> cursors;
  while (true) {
    HARRIER_TRY(const bool row, statement.step());
    if (!row) return cursors;
    cursors.emplace_back(statement.text(0), statement.text(1));
  }
}

Result<Ledger> get_ledger(Connection& connection, std::string_view stream) {
  HARRIER_TRY(Statement statement,
              connection.prepare(
                  R"(SELECT "from", "to", state, reason FROM _harrier_ledger WHERE stream = ?1)"));
  statement.bind(1, stream);
  HARRIER_TRY(auto entries, read_entries(statement));
  return Ledger(std::move(entries));
}

Result<std::vector<std::pair<std::string, Ledger>>> get_ledgers(Connection& connection) {
  std::vector<std::string> streams;
  HARRIER_TRY(Statement statement,
              connection.prepare("SELECT DISTINCT stream FROM _harrier_ledger ORDER BY stream"));
  while (true) {
    HARRIER_TRY(const bool row, statement.step());
    if (!row) break;
    streams.emplace_back(statement.text(0));
  }
  std::vector<std::pair<std::string, Ledger>> ledgers;
  for (auto& stream : streams) {
    HARRIER_TRY(Ledger ledger, get_ledger(connection, stream));
    ledgers.emplace_back(std::move(stream), std::move(ledger));
  }
  return ledgers;
}

Result<> mark_ledger(Connection& connection, const model::LedgerMark& mark) {
  if (mark.window.empty()) return {};
  const std::string from = format_instant(mark.window.from);
  const std::string to = format_instant(mark.window.to);
  // Neighbours that only touch take part, so that spans of one state grow together.
  constexpr std::string_view kTouched =
      R"( _harrier_ledger WHERE stream = ?1 AND "from" <= ?3 AND "to" >= ?2)";
  HARRIER_TRY(Statement select, connection.prepare(fmt::format(
                                    R"(SELECT "from", "to", state, reason FROM{})", kTouched)));
  select.bind(1, mark.stream);
  select.bind(2, from);
  select.bind(3, to);
  HARRIER_TRY(auto touched, read_entries(select));
  HARRIER_TRY(Statement erase, connection.prepare(fmt::format("DELETE FROM{}", kTouched)));
  erase.bind(1, mark.stream);
  erase.bind(2, from);
  erase.bind(3, to);
  HARRIER_TRYV(erase.run());

  Ledger ledger(std::move(touched));
  ledger.mark(mark.window, mark.state, mark.reason);
  HARRIER_TRY(Statement insert,
              connection.prepare("INSERT INTO _harrier_ledger VALUES (?1, ?2, ?3, ?4, ?5)"));
  for (const auto& entry : ledger.entries()) {
    const std::string entry_from = format_instant(entry.window.from);
    const std::string entry_to = format_instant(entry.window.to);
    insert.bind(1, mark.stream);
    insert.bind(2, entry_from);
    insert.bind(3, entry_to);
    insert.bind(4, model::to_string(entry.state));
    insert.bind(5, entry.reason);
    HARRIER_TRYV(insert.run());
  }
  return {};
}

}  // namespace harrier::storage
