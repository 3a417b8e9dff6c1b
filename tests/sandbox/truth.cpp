#include "sandbox/truth.hpp"

#include "sandbox/render.hpp"

#include <xxhash.h>

#include <algorithm>

namespace harrier::sandbox {

RowHash hash_row(const std::vector<std::string>& values) {
  std::string joined;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) continue;
    const auto size = values[i].size();
    joined.append(reinterpret_cast<const char*>(&i), sizeof i);
    joined.append(reinterpret_cast<const char*>(&size), sizeof size);
    joined += values[i];
  }
  const auto hash = XXH3_128bits(joined.data(), joined.size());
  return {hash.high64, hash.low64};
}

std::vector<std::string> stored_row(const TableGenerator& table, std::uint64_t index) {
  Row row;
  table.make(index, row);
  std::vector<std::string> values;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    values.push_back(stored_form(table.columns()[i], row.cells[i]));
  }
  return values;
}

std::vector<Truth> truth_of(const TableGenerator& table, Instant until, Instant now) {
  const auto count = table.timeline().count_before(std::max(now, until));
  std::vector<Truth> truth;
  truth.reserve(static_cast<std::size_t>(count));
  Row row;
  std::vector<std::string> values(table.columns().size());
  for (std::uint64_t i = 0; i < count; ++i) {
    if (table.is_malformed(i)) continue;
    table.make(i, row);
    for (std::size_t c = 0; c < values.size(); ++c)
      values[c] = stored_form(table.columns()[c], row.cells[c]);
    truth.push_back({hash_row(values), i, row.ingested, row.ingested < until, 0});
  }
  std::ranges::sort(truth, {}, [](const Truth& t) { return std::pair(t.hash, t.index); });
  return truth;
}

}  // namespace harrier::sandbox
