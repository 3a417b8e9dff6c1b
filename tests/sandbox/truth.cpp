#include "sandbox/truth.hpp"

#include "sandbox/hunting.hpp"
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

void sort_truth(std::vector<Truth>& truth) {
  std::ranges::sort(truth, {}, [](const Truth& t) { return std::pair(t.hash, t.index); });
}

TruthTable hunting_truth(const TableGenerator& table, Instant until, Instant now,
                         std::uint64_t epoch) {
  TruthTable result;
  result.table = table.table().name;
  result.checks_ingested = !table.is_ingestion_null();
  for (const auto& column : table.columns()) result.names.push_back(column.name);
  for (const auto& key : table.table().keys) {
    const auto found = std::ranges::find(result.names, key);
    if (found != result.names.end()) {
      result.keys.push_back(static_cast<std::size_t>(found - result.names.begin()));
    }
  }
  if (result.keys.empty() && table.has_time())
    result.keys.push_back(static_cast<std::size_t>(table.time_index()));
  const auto current = snapshot_rows(table, epoch);
  const auto count =
      table.has_time() ? table.timeline().count_before(std::max(now, until)) : current.second;
  result.truth.reserve(count);
  Row row;
  std::vector<std::string> values(table.columns().size());
  for (std::uint64_t i = 0; i < count; ++i) {
    if (table.is_malformed(i)) continue;
    table.make(i, row);
    for (std::size_t c = 0; c < values.size(); ++c) {
      values[c] = stored_form(table.columns()[c], row.cells[c]);
    }
    const bool is_required = table.has_time() ? row.ingested < until : i >= current.first;
    result.truth.push_back({hash_row(values), i, row.ingested, is_required, 0});
  }
  sort_truth(result.truth);
  if (!table.has_time()) result.latest = current.second - current.first;
  result.row = [&table](std::uint64_t index) { return stored_row(table, index); };
  return result;
}

}  // namespace harrier::sandbox
