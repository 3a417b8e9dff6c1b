// Tables, rows and a set of stores for the tests of storage.
#pragma once

#include "storage/connection.hpp"
#include "storage/directory.hpp"
#include "storage/store_set.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::test {

class SetClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return Instant{ticks_.load()}; }

  void set(std::string_view text) { ticks_ = parse_instant(text).value().ticks; }

 private:
  std::atomic<std::int64_t> ticks_ = parse_instant("2026-11-24T10:00:00Z").value().ticks;
};

/// Timestamp, Name, Count, Ratio, Extra (dynamic).
[[nodiscard]] model::TablePtr event_table();
/// TimeGenerated, Id, Version, Name; key Id, version column Version.
[[nodiscard]] model::TablePtr entity_table();
/// Id, Name; no time column.
[[nodiscard]] model::TablePtr snapshot_table();

/// Every documented column and `_Removed` for entities; more columns behind them.
[[nodiscard]] model::LayoutPtr layout_for(const model::TablePtr& table,
                                          std::vector<model::Column> more = {});

/// A value of a test row: null, an integer, a real or a text.
using TestValue = std::variant<std::monostate, std::int64_t, double, std::string>;
using TestRow = std::vector<TestValue>;

[[nodiscard]] model::Batch batch_of(const model::LayoutPtr& layout,
                                    const std::vector<TestRow>& rows);

[[nodiscard]] Instant at(std::string_view text);
[[nodiscard]] model::Window window(std::string_view from, std::string_view to);

/// A folder with a set of stores over it, and the I/O thread that uses them.
class Stores {
 public:
  Stores() : Stores(std::filesystem::path()) {}

  /// Over a folder that someone else removes.
  explicit Stores(const std::filesystem::path& directory_)
      : directory(directory_.empty() ? dir.path() : directory_) {
    reopen();
  }

  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  ~Stores() { set.reset(); }

  /// Closes the set and opens it again, as a new process would.
  void reopen();

  void close() { set.reset(); }

  template <class T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> outcome;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, Result<T> result) {
      failure = thrown;
      outcome.emplace(std::move(result));
    });
    context.restart();
    context.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*outcome);
  }

  [[nodiscard]] std::shared_ptr<model::TableStore> open(const model::TablePtr& table);
  /// One page with one batch.
  Result<model::WriteStats> write(model::TableStore& store, model::Batch batch,
                                  model::PageCommit what = {},
                                  std::optional<Instant> pass = std::nullopt);

  [[nodiscard]] std::filesystem::path file(std::string_view table) const {
    return storage::store_file(directory, table);
  }

  /// The rows of a query on a table's file as text: cells joined by `|`, null as `-`.
  [[nodiscard]] std::vector<std::string> query(std::string_view table,
                                               const std::string& sql) const;

  TempDir dir;
  std::filesystem::path directory;
  SetClock clock;
  asio::io_context context{1};
  std::unique_ptr<model::StoreSet> set;
};

}  // namespace harrier::test
