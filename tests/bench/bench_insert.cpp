// How much a page of Harrier's writer costs beside a bare prepared insert of the same parsed rows
// with the same key.
//
// Prints, for each pair and as medians: CPU per row of both, and the ratios of CPU and wall clock
// (ours / bare). Both write the same 60-column rows in batches of one transaction each, into files
// in the same folder, one after the other in alternating order.
//
//   bench_insert [FOLDER] [ROWS] [PAIRS]        defaults: a folder below the temporary one, 100000,
//   5
#include "model/batch.hpp"
#include "model/ports.hpp"
#include "storage/connection.hpp"
#include "storage/store_set.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <malloc.h>
#include <random>
#include <sys/resource.h>

namespace {

using namespace harrier;
using namespace harrier::model;
namespace fs = std::filesystem;

constexpr std::size_t kBatchRows = 2'000;
constexpr std::size_t kPageRows = 10'000;

TablePtr wide_table() {
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
Batch make_batch(const LayoutPtr& layout, std::mt19937_64& random, std::size_t first,
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

std::vector<Batch> make_batches(const LayoutPtr& layout, std::size_t rows) {
  std::mt19937_64 random(1);
  std::vector<Batch> batches;
  for (std::size_t done = 0; done < rows; done += kBatchRows)
    batches.push_back(make_batch(layout, random, done, std::min(kBatchRows, rows - done)));
  return batches;
}

struct Cost {
  double cpu = 0;
  double wall = 0;
};

double cpu_seconds() {
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

void require(bool done, std::string_view what) {
  if (done) return;
  fmt::print(stderr, "bench_insert: {}\n", what);
  std::exit(1);
}

void bind_cell(sqlite3_stmt* statement, int index, const Cell& cell) {
  switch (cell.tag()) {
    case CellTag::null:
      sqlite3_bind_null(statement, index);
      break;
    case CellTag::integer:
      sqlite3_bind_int64(statement, index, cell.integer());
      break;
    case CellTag::real:
      sqlite3_bind_double(statement, index, cell.real());
      break;
    case CellTag::text:
      sqlite3_bind_text(statement, index, cell.text().data(), static_cast<int>(cell.text().size()),
                        SQLITE_STATIC);
      break;
  }
}

// What a careful program without Harrier does: one connection with the same settings, one
// statement, rows in time order.
void bare_insert(const fs::path& file, const std::vector<Batch>& batches) {
  auto connection = storage::Connection::open(file, storage::OpenMode::write);
  require(connection.has_value(), "cannot open the bare file");
  std::string columns;
  std::string values;
  for (const auto& column : batches.front().layout()->columns) {
    columns += fmt::format("\"{}\" {}, ", column.name, sqlite_type(column.type));
    values += "?, ";
  }
  require(connection
              ->execute(fmt::format("CREATE TABLE t (id INTEGER PRIMARY KEY, {} k BLOB)", columns))
              .has_value(),
          "create");
  require(connection->execute("CREATE UNIQUE INDEX u ON t (Timestamp, k)").has_value(), "index");
  auto insert = connection->prepare(
      fmt::format("INSERT INTO t VALUES (NULL, {} ?) ON CONFLICT DO NOTHING", values), true);
  require(insert.has_value(), "prepare");
  std::size_t in_page = 0;
  for (const auto& batch : batches) {
    if (in_page == 0) require(connection->execute("BEGIN IMMEDIATE").has_value(), "begin");
    for (const std::uint32_t index : batch.time_order()) {
      int parameter = 0;
      for (const Cell& cell : batch.row(index)) bind_cell(insert->handle(), ++parameter, cell);
      sqlite3_bind_blob(insert->handle(), ++parameter, batch.key(index).data(), 16, SQLITE_STATIC);
      require(sqlite3_step(insert->handle()) == SQLITE_DONE, "step");
      sqlite3_reset(insert->handle());
    }
    in_page += batch.size();
    if (in_page < kPageRows) continue;
    require(connection->execute("COMMIT").has_value(), "commit");
    in_page = 0;
  }
  if (in_page > 0) require(connection->execute("COMMIT").has_value(), "commit");
}

Task<> write_pages(StoreSet& set, TablePtr table, std::vector<Batch>& batches) {
  HARRIER_CO_TRY(const auto store, co_await set.open(table));
  const Instant start = parse_instant("2026-11-24T00:00:00Z").value();
  std::size_t next = 0;
  for (std::int64_t page_number = 0; next < batches.size(); ++page_number) {
    HARRIER_CO_TRY(const auto page, co_await store->open_page());
    for (std::size_t rows = 0; rows < kPageRows && next < batches.size(); ++next) {
      rows += batches[next].size();
      HARRIER_CO_TRYV(co_await page->append(std::move(batches[next])));
    }
    PageCommit what;
    const Instant from = start + Ticks(page_number * kTicksPerSecond);
    what.marks.emplace_back("s", Window{from, from + Ticks(kTicksPerSecond)}, WindowState::done);
    HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  }
  co_return Result<>();
}

void store_insert(const fs::path& folder, const TablePtr& table, std::vector<Batch>& batches) {
  const SystemClock clock;
  asio::io_context context(1);
  auto set = storage::open_store_set(folder, clock);
  require(set.has_value(), "cannot open the stores");
  Result<> outcome;
  asio::co_spawn(context, write_pages(**set, table, batches),
                 [&](std::exception_ptr, Result<> result) { outcome = std::move(result); });
  context.run();
  require(outcome.has_value(), outcome.has_error() ? outcome.error().message : "");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  // Freed memory stays with the process, as in the daemon: page faults would otherwise drown the
  // difference.
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_MMAP_THRESHOLD, 512 << 20);
  const fs::path folder =
      argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path() / "harrier-bench";
  const std::size_t rows = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
  const int pairs = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto table = wide_table();
  auto layout = std::make_shared<RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->time_index = 0;

  std::vector<double> cpu_ratios;
  std::vector<double> wall_ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    Cost bare;
    Cost ours;
    for (int half = 0; half < 2; ++half) {
      auto batches = make_batches(layout, rows);
      if ((half + pair) % 2 == 0)
        bare = measure([&] { bare_insert(folder / "bare.db", batches); });
      else
        ours = measure([&] { store_insert(folder / "stores", table, batches); });
    }
    cpu_ratios.push_back(ours.cpu / bare.cpu);
    wall_ratios.push_back(ours.wall / bare.wall);
    const double micro = 1e6 / static_cast<double>(rows);
    fmt::print(
        "pair {}: bare {:.2f} us/row cpu, {:.2f} wall; harrier {:.2f} cpu, {:.2f} wall; ratio cpu "
        "{:.2f}, wall {:.2f}\n",
        pair + 1, bare.cpu * micro, bare.wall * micro, ours.cpu * micro, ours.wall * micro,
        cpu_ratios.back(), wall_ratios.back());
  }
  fs::remove_all(folder);
  fmt::print("median of {}: cpu ratio {:.2f}, wall ratio {:.2f}\n", pairs, median(cpu_ratios),
             median(wall_ratios));
  return 0;
}
