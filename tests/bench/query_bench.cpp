// The Harrier side of tests/bench/query.sh, which says what is asked.
//
//   query_bench fill FOLDER ROWS      writes the stores through the daemon's own writer
//   query_bench columnstore FOLDER N  keeps N columns once more: 0, or all that the queries group
//   by query_bench csv TABLE ROWS        the same rows as CSV query_bench columns TABLE         a
//   name and an SQL type a line query_bench ask FOLDER THREADS    reads a query a line, answers
//   {"ms", "rows"} a line
#include "model/catalog.hpp"
#include "model/ports.hpp"
#include "query/format.hpp"
#include "query/service.hpp"
#include "storage/store_set.hpp"

#include "query_rows.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace harrier;
using namespace harrier::model;

constexpr std::uint64_t kBatchRows = 2'000;
constexpr std::uint64_t kPageRows = 10'000;
constexpr std::string_view kTables[] = {"DeviceProcessEvents", "DeviceNetworkEvents"};

bool is_network(std::string_view table) {
  return table == kTables[1];
}

/// One network event for every five processes.
std::uint64_t rows_of(std::string_view table, std::uint64_t rows) {
  return is_network(table) ? rows / 5 : rows;
}

LayoutPtr layout_of(const TablePtr& table) {
  auto layout = std::make_shared<RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->time_index = layout->index_of(table->time_column);
  return layout;
}

Batch make_batch(const LayoutPtr& layout, std::uint64_t first, std::uint64_t count) {
  Batch batch(layout);
  KeyHasher hasher(*layout);
  const bench::RowMaker maker(*layout, is_network(layout->table->name));
  for (std::uint64_t row = first; row < first + count; ++row) {
    maker.fill(row, batch);
    batch.set_key(hasher.hash(batch.row(batch.size() - 1)));
  }
  return batch;
}

Task<> fill_table(StoreSet& set, TablePtr table, std::uint64_t rows) {
  HARRIER_CO_TRY(const auto store, co_await set.open(table));
  const LayoutPtr layout = layout_of(table);
  for (std::uint64_t done = 0; done < rows;) {
    HARRIER_CO_TRY(const auto page, co_await store->open_page());
    const Instant from{bench::first_time().ticks + static_cast<std::int64_t>(done)};
    for (std::uint64_t end = std::min(rows, done + kPageRows); done < end;) {
      const std::uint64_t count = std::min(kBatchRows, end - done);
      HARRIER_CO_TRYV(co_await page->append(make_batch(layout, done, count)));
      done += count;
    }
    PageCommit what;
    const Instant to{bench::first_time().ticks + static_cast<std::int64_t>(done)};
    what.marks.emplace_back("bench", Window{from, to}, WindowState::done);
    HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  }
  co_return Result<>();
}

Task<> fill_tables(StoreSet& set, const Catalog& catalog, std::uint64_t rows) {
  for (const std::string_view name : kTables) {
    HARRIER_CO_TRYV(co_await fill_table(set, catalog.find(name), rows_of(name, rows)));
  }
  co_return Result<>();
}

Task<> fill_columnstores(StoreSet& set, const Catalog& catalog, std::vector<std::string> columns) {
  for (const std::string_view name : kTables) {
    HARRIER_CO_TRY(const auto store, co_await set.open(catalog.find(name)));
    HARRIER_CO_TRYV(co_await store->fill_columnstore(columns));
  }
  co_return Result<>();
}

template <class Work>
Result<> with_stores(const std::string& folder, Work work) {
  const SystemClock clock;
  asio::io_context context(1);
  HARRIER_TRY(const auto set, storage::open_store_set(folder, clock));
  Result<> outcome;
  asio::co_spawn(context, work(*set),
                 [&](std::exception_ptr, Result<> result) { outcome = std::move(result); });
  context.run();
  return outcome;
}

void append_csv(std::string& out, const Cell& cell) {
  if (cell.tag() == CellTag::integer) out += fmt::format("{}", cell.integer());
  if (cell.tag() != CellTag::text) return;
  out += '"';
  for (const char c : cell.text()) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void write_csv(const TablePtr& table, std::uint64_t rows) {
  const LayoutPtr layout = layout_of(table);
  std::string out;
  for (std::uint64_t first = 0; first < rows; first += kBatchRows) {
    const Batch batch = make_batch(layout, first, std::min(kBatchRows, rows - first));
    out.clear();
    for (const std::uint32_t index : batch.time_order()) {
      bool first_cell = true;
      for (const Cell& cell : batch.row(index)) {
        if (!first_cell) out += ',';
        first_cell = false;
        append_csv(out, cell);
      }
      out += '\n';
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
  }
}

std::string_view duckdb_type(ScalarType type) {
  if (type == ScalarType::datetime) return "TIMESTAMP";
  if (type == ScalarType::boolean) return "BOOLEAN";
  if (sqlite_type(type) == "INTEGER") return "BIGINT";
  return sqlite_type(type) == "REAL" ? "DOUBLE" : "VARCHAR";
}

/// Keeps the rows as JSON.
class JsonSink final : public query::Sink {
 public:
  Result<> begin(const kql::Schema&) override { return {}; }

  Result<bool> rows(const query::Chunk& chunk) override {
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      text += text.empty() ? "[" : ",[";
      for (std::size_t k = 0; k < chunk.columns.size(); ++k) {
        if (k > 0) text += ',';
        query::append_result_json(text, chunk.columns[k]->at(row));
      }
      text += ']';
    }
    return true;
  }

  Result<> end(const query::Summary&) override { return {}; }

  std::string text;
};

Result<> ask(const Catalog& catalog, const std::string& folder, std::size_t threads) {
  const SystemClock clock;
  query::ServiceOptions options;
  options.stores = folder;
  options.limits.threads = threads;
  const query::QueryService service(catalog, clock, options);
  std::string line;
  while (std::getline(std::cin, line)) {
    JsonSink sink;
    const auto begin = std::chrono::steady_clock::now();
    HARRIER_TRYV(service.run(line, std::nullopt, sink));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    fmt::print("{{\"ms\":{:.3f},\"rows\":[{}]}}\n", took.count(), sink.text);
    std::fflush(stdout);
  }
  return {};
}

Result<> run(int argc, char** argv) {
  HARRIER_TRY(const Catalog catalog, Catalog::load_embedded());
  const std::string verb = argc > 2 ? argv[1] : "";
  const std::uint64_t number = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (verb == "fill" && argc == 4)
    return with_stores(argv[2], [&](StoreSet& set) { return fill_tables(set, catalog, number); });
  if (verb == "columnstore" && argc == 4) {
    std::vector<std::string> columns;
    if (number > 0) columns = {"FileName", "DeviceName", "DeviceId", "RemotePort"};
    return with_stores(argv[2],
                       [&](StoreSet& set) { return fill_columnstores(set, catalog, columns); });
  }
  if (verb == "ask" && argc == 4) return ask(catalog, argv[2], number);
  const TablePtr table = argc > 2 ? catalog.find(argv[2]) : nullptr;
  if (verb == "csv" && argc == 4 && table) {
    write_csv(table, rows_of(table->name, number));
    return {};
  }
  if (verb == "columns" && table) {
    for (const Column& column : table->columns) {
      fmt::print("{} {}\n", column.name, duckdb_type(column.type));
    }
    return {};
  }
  return Error(Errc::config,
               "usage: query_bench fill|columnstore|ask FOLDER N, csv TABLE N, columns TABLE");
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc, argv);
  if (done.has_error()) {
    fmt::print(stderr, "query_bench: {}\n", done.error().message);
    return 1;
  }
  return 0;
}
