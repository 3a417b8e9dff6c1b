// Rows reduced to what must be equal, so that truth and store can be matched.
#pragma once

#include "sandbox/generator.hpp"
#include "sandbox/store_reader.hpp"

#include <cstdint>
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

/// The truth about a table, sorted by hash: events ingested before `until` are required, those
/// before `now` possible.
[[nodiscard]] std::vector<Truth> truth_of(const TableGenerator& table, Instant until, Instant now);

/// The values of event `index` as Harrier must have stored them.
[[nodiscard]] std::vector<std::string> stored_row(const TableGenerator& table, std::uint64_t index);

}  // namespace harrier::sandbox
