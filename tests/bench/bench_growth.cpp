// Whether a store slows down as it grows: rows through Harrier's writer, the cost of each tenth.
//
//   bench_growth [FOLDER] [ROWS]        defaults: a folder below the temporary one, 5000000
#include "storage/store_set.hpp"

#include "bench/wide_rows.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <malloc.h>

namespace {

using namespace harrier;
using namespace harrier::bench;
namespace fs = std::filesystem;

constexpr int kParts = 10;

// Making the rows is not measured.
Task<> fill(StoreSet& set, std::size_t rows, std::vector<Cost>& parts) {
  HARRIER_CO_TRY(const auto store, co_await set.open(wide_table()));
  const auto layout = wide_layout(store->schema());
  std::mt19937_64 random(1);
  std::int64_t number = 0;
  for (std::size_t done = 0; done < rows; done += kPageRows) {
    std::vector<Batch> batches;
    for (std::size_t at = 0; at < kPageRows; at += kBatchRows)
      batches.push_back(make_batch(layout, random, done + at, kBatchRows));
    const double cpu = cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    std::size_t next = 0;
    HARRIER_CO_TRYV(co_await write_page(*store, batches, next, number++));
    Cost& part = parts[done * kParts / rows];
    part.cpu += cpu_seconds() - cpu;
    part.wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  co_return Result<>();
}

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_MMAP_THRESHOLD, 512 << 20);
  const fs::path folder =
      argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path() / "harrier-growth";
  const std::size_t rows = std::max<std::size_t>(
      argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 5'000'000, kParts * kPageRows);
  fs::remove_all(folder);
  fs::create_directories(folder);
  const SystemClock clock;
  std::vector<Cost> parts(kParts);
  Result<> outcome;
  {
    asio::io_context context(1);
    auto set = storage::open_store_set(folder, clock);
    if (!set) return 1;
    asio::co_spawn(context, fill(**set, rows, parts),
                   [&](std::exception_ptr, Result<> result) { outcome = std::move(result); });
    context.run();
  }
  std::error_code ignored;
  const auto bytes = fs::file_size(folder / "Wide.db", ignored);
  fs::remove_all(folder, ignored);
  if (!outcome) {
    fmt::print(stderr, "bench_growth: {}\n", outcome.error().message);
    return 1;
  }
  const double micro = 1e6 * kParts / static_cast<double>(rows);
  for (int i = 0; i < kParts; ++i)
    fmt::print("tenth {:2}: {:.2f} us/row cpu, {:.2f} wall\n", i + 1,
               parts[static_cast<std::size_t>(i)].cpu * micro,
               parts[static_cast<std::size_t>(i)].wall * micro);
  fmt::print(
      "{} rows, {} MB; rate of the last tenth against the first: {:.2f} by CPU, {:.2f} by wall "
      "clock\n",
      rows, bytes >> 20U, parts.front().cpu / parts.back().cpu,
      parts.front().wall / parts.back().wall);
  return 0;
}
