// Rows reduced to what must be equal, so that truth and store can be matched.
#pragma once

#include "sandbox/generator.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace harrier::sandbox {

using RowHash = std::pair<std::uint64_t, std::uint64_t>;

/// The hash of stored values in the order of the generator's columns; empty and absent count as the
/// same.
[[nodiscard]] RowHash hash_row(const std::vector<std::string>& values);

/// One event that the tenant has.
struct Truth {
  RowHash hash;
  std::uint64_t index = 0;
  Instant ingested;
  bool is_required = false;
  std::uint32_t seen = 0;
};

/// What a table must hold.
struct TruthTable {
  std::string table;
  std::vector<std::string> names;  ///< judged columns, as stored
  std::vector<std::size_t> keys;   ///< of them, those that name an event
  std::vector<Truth> truth;        ///< sorted by hash
  bool checks_ingested = false;
  std::optional<std::uint64_t> latest;  ///< how many rows `<Table>_latest` must have
  std::function<std::vector<std::string>(std::uint64_t index)>
      row;  ///< the values again, for reports
};

/// By hash, then index.
void sort_truth(std::vector<Truth>& truth);

/// The truth about a hunting table: events ingested before `until` are required, those before `now`
/// possible. `table` outlives the result.
/// Of tables without a time column the rows of the state `epoch` are required, those of earlier
/// states possible.
[[nodiscard]] TruthTable hunting_truth(const TableGenerator& table, Instant until, Instant now,
                                       std::uint64_t epoch);

/// The values of event `index` as Harrier must have stored them.
[[nodiscard]] std::vector<std::string> stored_row(const TableGenerator& table, std::uint64_t index);

}  // namespace harrier::sandbox
