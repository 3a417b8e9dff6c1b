// Rows of 60 columns, and what writing them costs: shared by the benches of the writer.
#pragma once

#include "model/batch.hpp"
#include "model/ports.hpp"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <sys/resource.h>

namespace harrier::bench {

using namespace harrier::model;

inline constexpr std::size_t kBatchRows = 2'000;
inline constexpr std::size_t kPageRows = 10'000;

inline TablePtr wide_table() {
  TableSchema table;
  table.name = "Wide";
  table.time_column = "Timestamp";
  table.columns.emplace_back("Timestamp", ScalarType::datetime);
  for (int i = 1; i < 60; ++i)
    table.columns.emplace_back(fmt::format("Column{}", i),
                               i % 10 == 0 ? ScalarType::long_ : ScalarType::string);
  return std::make_shared<TableSchema>(std::move(table));
}

// Rows of about 1.2 KB: a jittered time, a command line, identifiers, many repeated values, some
// nulls.
inline Batch make_batch(const LayoutPtr& layout, std::mt19937_64& random, std::size_t first,
                        std::size_t count) {
  Batch batch(layout);
  KeyHasher hasher(*layout);
  const Instant start = parse_instant("2026-11-24T00:00:00Z").value();
  for (std::size_t r = 0; r < count; ++r) {
    const auto cells = batch.add_row();
    const auto jitter = static_cast<std::int64_t>(random() % (30 * kTicksPerSecond));
    char time[kInstantTextSize];
    format_instant(start + Ticks(static_cast<std::int64_t>(first + r) * 10'000 + jitter), time);
    cells[0] = Cell::of_text(batch.arena().copy(std::string_view(time, sizeof time)));
    for (std::size_t c = 1; c < cells.size(); ++c) {
      const std::uint64_t value = random();
      if (layout->columns[c].type == ScalarType::long_)
        cells[c] = Cell::of_integer(static_cast<std::int64_t>(value >> 32));
      else if (c == 1)
        cells[c] = Cell::of_text(
            batch.arena().copy(fmt::format("C:\\Windows\\System32\\tool{}.exe --session {:016x} "
                                           "--quiet --profile default --log off",
                                           value % 700, value)));
      else if (c % 4 == 0)
        cells[c] = Cell();
      else
        cells[c] = Cell::of_text(
            batch.arena().copy(fmt::format("value-{}-of-column-{}", value % 3000, c)));
    }
    batch.set_key(hasher.hash(cells));
  }
  return batch;
}

struct Cost {
  double cpu = 0;
  double wall = 0;
};

inline double cpu_seconds() {
  struct rusage usage {};

  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class F>
Cost measure(F work) {
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  work();
  Cost cost;
  cost.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cost.cpu = cpu_seconds() - cpu;
  return cost;
}

// One page: its batches, then the mark of its second.
inline Task<> write_page(TableStore& store, std::vector<Batch>& batches, std::size_t& next,
                         std::int64_t page_number) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  for (std::size_t rows = 0; rows < kPageRows && next < batches.size(); ++next) {
    rows += batches[next].size();
    HARRIER_CO_TRYV(co_await page->append(std::move(batches[next])));
  }
  PageCommit what;
  const Instant from =
      parse_instant("2026-11-24T00:00:00Z").value() + Ticks(page_number * kTicksPerSecond);
  what.marks.emplace_back("s", Window{from, from + Ticks(kTicksPerSecond)}, WindowState::done);
  HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  co_return Result<>();
}

inline LayoutPtr wide_layout(const TablePtr& table) {
  auto layout = std::make_shared<RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->time_index = 0;
  return layout;
}

}  // namespace harrier::bench
