// How much a page of Harrier's writer costs beside a bare prepared insert of the same parsed rows
// with the same key.
//
// Prints, for each pair and as medians: CPU per row of both, and the ratios of CPU and wall clock
// (ours / bare). Both write the same rows (of 60 columns unless a store gives them) in batches of
// one transaction each, into files in the same folder, one after the other in alternating order.
//
//   bench_insert [FOLDER] [ROWS|STORE.db] [PAIRS]
//
// Defaults: a folder below the temporary one, 100000 rows, 5 pairs. A store gives its own rows.
#include "ingest/layout.hpp"
#include "model/catalog.hpp"
#include "storage/connection.hpp"
#include "storage/store_set.hpp"

#include "bench/wide_rows.hpp"

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
using namespace harrier::bench;
namespace fs = std::filesystem;

std::vector<Batch> make_batches(const LayoutPtr& layout, std::size_t rows) {
  std::mt19937_64 random(1);
  std::vector<Batch> batches;
  for (std::size_t done = 0; done < rows; done += kBatchRows)
    batches.push_back(make_batch(layout, random, done, std::min(kBatchRows, rows - done)));
  return batches;
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
  require(connection
              ->execute(fmt::format("CREATE UNIQUE INDEX u ON t (\"{}\", k)",
                                    batches.front().layout()->table->time_column))
              .has_value(),
          "index");
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

// The rows of a store that harrierd wrote, as they were parsed.
std::vector<Batch> stored_batches(const fs::path& file, const Catalog& catalog) {
  const auto table = catalog.find(file.stem().string());
  require(table != nullptr, "the file is no store of a known table");
  const auto layout = ingest::layout_of_store(table, table->columns);
  auto connection = storage::Connection::open(file, storage::OpenMode::read);
  require(connection.has_value(), "cannot read the store");
  std::string list;
  for (const auto& column : layout->columns) list += fmt::format("\"{}\", ", column.name);
  auto select = connection->prepare(
      fmt::format("SELECT {}_harrier_key FROM \"{}\" ORDER BY _Id", list, table->name));
  require(select.has_value(), "cannot read the rows");
  std::vector<Batch> batches;
  while (true) {
    const auto row = select->step();
    require(row.has_value(), "cannot read a row");
    if (!*row) return batches;
    if (batches.empty() || batches.back().size() == kBatchRows) batches.emplace_back(layout);
    Batch& batch = batches.back();
    const auto cells = batch.add_row();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const int column = static_cast<int>(i);
      const int type = select->column_type(column);
      if (type == SQLITE_INTEGER) cells[i] = Cell::of_integer(select->integer(column));
      if (type == SQLITE_FLOAT) cells[i] = Cell::of_real(select->real(column));
      if (type == SQLITE_TEXT) cells[i] = Cell::of_text(batch.arena().copy(select->text(column)));
    }
    RowKey key{};
    const auto bytes = select->blob(static_cast<int>(cells.size()));
    std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
    batch.set_key(key);
  }
}

Task<> write_pages(StoreSet& set, TablePtr table, std::vector<Batch>& batches) {
  HARRIER_CO_TRY(const auto store, co_await set.open(table));
  std::size_t next = 0;
  for (std::int64_t number = 0; next < batches.size(); ++number)
    HARRIER_CO_TRYV(co_await write_page(*store, batches, next, number));
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
  const std::string source = argc > 2 ? argv[2] : "100000";
  const int pairs = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto catalog = Catalog::load_embedded();
  require(catalog.has_value(), "cannot read the tables");
  const bool is_store = source.ends_with(".db");
  const auto make = [&] {
    if (is_store) return stored_batches(source, *catalog);
    return make_batches(wide_layout(wide_table()), std::strtoul(source.c_str(), nullptr, 10));
  };

  std::vector<double> bare_cpu;
  std::vector<double> bare_wall;
  std::vector<double> cpu_ratios;
  std::vector<double> wall_ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    Cost bare;
    Cost ours;
    double micro = 0;
    for (int half = 0; half < 2; ++half) {
      auto batches = make();
      std::size_t rows = 0;
      for (const auto& batch : batches) rows += batch.size();
      require(rows > 0, "there are no rows");
      micro = 1e6 / static_cast<double>(rows);
      const auto table = batches.front().layout()->table;
      if ((half + pair) % 2 == 0)
        bare = measure([&] { bare_insert(folder / "bare.db", batches); });
      else
        ours = measure([&] { store_insert(folder / "stores", table, batches); });
    }
    bare_cpu.push_back(bare.cpu * micro);
    bare_wall.push_back(bare.wall * micro);
    cpu_ratios.push_back(ours.cpu / bare.cpu);
    wall_ratios.push_back(ours.wall / bare.wall);
    fmt::print(
        "pair {}: bare {:.2f} us/row cpu, {:.2f} wall; harrier {:.2f} cpu, {:.2f} wall; ratio cpu "
        "{:.2f}, wall {:.2f}\n",
        pair + 1, bare_cpu.back(), bare_wall.back(), ours.cpu * micro, ours.wall * micro,
        cpu_ratios.back(), wall_ratios.back());
  }
  fs::remove_all(folder);
  fmt::print(
      "median of {}: bare {:.2f} us/row cpu, {:.2f} wall; the writer's cpu ratio {:.2f}, wall "
      "ratio "
      "{:.2f}\n",
      pairs, median(bare_cpu), median(bare_wall), median(cpu_ratios), median(wall_ratios));
  return 0;
}
