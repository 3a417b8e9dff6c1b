// Ledger, cursors and counters: the tables `_harrier_ledger` and `_harrier_meta` that every store
// has.
#pragma once

#include "model/ports.hpp"
#include "storage/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::storage {

/// Counters of a store, kept in the transactions that change them.
struct StoreCounts {
  std::int64_t rows = 0;        ///< in the store now
  std::int64_t duplicates = 0;  ///< dropped because stored already, ever
  std::int64_t late = 0;        ///< new in windows that were done, ever
};

/// A value of `_harrier_meta`; nullopt where there is none. Errors: as `Statement::step`; so for
/// all functions here.
[[nodiscard]] Result<std::optional<std::string>> get_meta(Connection& connection,
                                                          std::string_view key);
[[nodiscard]] Result<> set_meta(Connection& connection, std::string_view key,
                                std::string_view value);
[[nodiscard]] Result<> delete_meta(Connection& connection, std::string_view key);
/// Adds to a counter; nothing is written for 0.
[[nodiscard]] Result<> add_to_meta(Connection& connection, std::string_view key,
                                   std::int64_t amount);
[[nodiscard]] Result<std::int64_t> get_counter(Connection& connection, std::string_view key);
[[nodiscard]] Result<StoreCounts> get_counts(Connection& connection);

/// The name under which a cursor is kept in `_harrier_meta`.
[[nodiscard]] std::string cursor_key(std::string_view name);
/// Sets the named values; an empty value deletes the name. `prefix` goes in front of each name.
[[nodiscard]] Result<> set_cursors(Connection& connection, std::string_view prefix,
                                   const std::vector<std::pair<std::string, std::string>>& cursors);
/// Every cursor by name.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> get_cursors(
    Connection& connection);

[[nodiscard]] Result<model::Ledger> get_ledger(Connection& connection, std::string_view stream);
/// The spans of every stream, by stream.
[[nodiscard]] Result<std::vector<std::pair<std::string, model::Ledger>>> get_ledgers(
    Connection& connection);
/// Gives a window its state, touching only the stored spans that meet it. Within the caller's
/// transaction.
[[nodiscard]] Result<> mark_ledger(Connection& connection, const model::LedgerMark& mark);

}  // namespace harrier::storage
