// The file of one table, seen from the one thread that writes it.
#pragma once

#include "model/ports.hpp"
#include "storage/known_keys.hpp"
#include "storage/metadata.hpp"
#include "storage/row_insert.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace harrier::storage {

/// Writes one store. Blocking. All members are called one at a time (on the store's strand), except
/// those that say otherwise. Errors of all: storage, storage_full, storage_corrupt. After
/// storage_corrupt the file must be opened anew.
class TableFile {
 public:
  /// Creates the file when it is missing, adds columns that are new in `table`, and looks whether
  /// it is sound: small files whole, large ones at their ends. `clock` must outlive the file.
  /// Errors also: storage_corrupt, for a file that should be set aside.
  [[nodiscard]] static Result<std::unique_ptr<TableFile>> open(
      const std::filesystem::path& directory, model::TablePtr table, const Clock& clock);

  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  [[nodiscard]] const model::TablePtr& schema() const noexcept { return table_; }

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return connection_.file(); }

  /// From any thread.
  [[nodiscard]] std::vector<model::Column> columns() const;

  /// From any thread: the file turned out to be damaged.
  [[nodiscard]] bool damaged() const noexcept { return damaged_.load(); }

  /// Begins a page's transaction. `pass`: see `model::TableStore::open_page`.
  [[nodiscard]] Result<> begin(std::optional<Instant> pass);
  /// Inserts rows into the page; begins it when needed.
  [[nodiscard]] Result<> insert(const model::Batch& batch);
  /// Ends the page. On an error the page is rolled back.
  [[nodiscard]] Result<model::WriteStats> commit(const model::PageCommit& what);
  void rollback() noexcept;

  /// A page's transaction is open.
  [[nodiscard]] bool in_page() const noexcept { return in_page_; }

  /// Within the open page, or at once where none is open.
  [[nodiscard]] Result<std::vector<model::Column>> add_columns(
      const std::vector<model::Column>& wanted);
  [[nodiscard]] Result<model::Ledger> ledger(std::string_view stream);
  [[nodiscard]] Result<std::optional<std::string>> cursor(std::string_view name);

  [[nodiscard]] Result<StoreCounts> counts() { return get_counts(connection_); }

  /// See `model::TableStore`; not while a page is open.
  [[nodiscard]] Result<std::int64_t> remove_unseen(Instant pass);
  /// Deletes up to `limit` rows before `horizon` in one transaction and returns how many; call it
  /// until that is fewer than `limit`.
  [[nodiscard]] Result<std::int64_t> retain_some(Instant horizon, std::int64_t limit);
  /// Brings the column copies (see columnstore.hpp) one step nearer to `columns`, in one
  /// transaction: drops those of other columns, or copies a segment that lacks some. False: nothing
  /// was left to do. Unknown columns are left out. Only events have copies; not while a page is
  /// open.
  [[nodiscard]] Result<bool> fill_columnstore(const std::vector<std::string>& columns);
  /// Whether a row with this time and identity is stored. The time is ignored where rows are told
  /// apart without one.
  [[nodiscard]] Result<bool> holds(std::string_view time, const model::RowKey& key);
  /// Ids below which new rows never fall, for a store begun anew.
  [[nodiscard]] Result<> reserve_ids(std::int64_t last_id);
  /// The largest id ever given.
  [[nodiscard]] Result<std::int64_t> last_id();

  /// The file's log is long enough for a checkpoint, which is another connection's work.
  [[nodiscard]] bool wants_checkpoint() const noexcept { return connection_.wants_checkpoint(); }

  void release_memory() noexcept { connection_.release_memory(); }

  /// Closes the file; every later call fails.
  void close() noexcept;

 private:
  TableFile(model::TablePtr table, const Clock& clock) : table_(std::move(table)), clock_(clock) {}

  [[nodiscard]] Result<> initialize(const std::filesystem::path& file);
  [[nodiscard]] Result<> check_identity();
  [[nodiscard]] Result<> migrate();
  [[nodiscard]] Result<> load_columns();
  [[nodiscard]] Result<> refresh_views();
  /// Makes `view` what `wanted` says; empty: there is none.
  [[nodiscard]] Result<> replace_view(const std::string& view, const std::string& wanted);
  [[nodiscard]] Result<> load_id_floor();
  [[nodiscard]] Result<> drop_copies_of(const std::set<std::int64_t>& segments);
  [[nodiscard]] Result<bool> drop_copies_except(const std::vector<std::string>& columns);
  /// The first segment from `first` on and below `end` that lacks a copy.
  [[nodiscard]] Result<std::optional<std::int64_t>> segment_without_copies(std::int64_t first,
                                                                           std::int64_t end,
                                                                           std::size_t columns);
  [[nodiscard]] Result<> copy_segment(std::int64_t segment,
                                      const std::vector<model::Column>& columns);
  [[nodiscard]] Result<> require_open() const;
  [[nodiscard]] Result<RowInsert*> insert_for(const model::LayoutPtr& layout, WriteMode mode);
  [[nodiscard]] Result<> insert_rows(const model::Batch& batch);
  [[nodiscard]] Result<> settle_first_id();
  [[nodiscard]] Result<> write_commit(const model::PageCommit& what);
  [[nodiscard]] Result<std::vector<model::Column>> add_missing(
      const std::vector<model::Column>& wanted);
  [[nodiscard]] Result<std::int64_t> append_removals(Instant pass);
  [[nodiscard]] std::string free_name(const std::string& name) const;
  [[nodiscard]] WriteMode mode() const noexcept;
  /// Runs `work` in a transaction of its own and keeps watch over damage.
  template <class F>
  auto transact(F work) -> decltype(work());
  template <class T>
  T watched(T result);

  model::TablePtr table_;
  const Clock& clock_;
  Connection connection_;
  std::vector<RowInsert> inserts_;
  KnownKeys known_{32'768};
  std::set<std::string> names_;  // every column in lower case
  std::atomic<bool> damaged_ = false;

  mutable std::mutex columns_mutex_;
  std::vector<model::Column> added_;  // guarded; written by the strand only

  // What the column copies were last brought to, and the segment below which none is lacking.
  std::optional<std::vector<std::string>> copied_columns_;
  std::optional<std::int64_t> copied_end_;

  // The open page.
  bool in_page_ = false;
  bool page_added_columns_ = false;
  std::optional<Instant> pass_;
  std::string pass_text_;
  std::string complete_snapshot_;
  std::string ingested_text_;
  std::vector<model::RowKey> page_keys_;
  model::WriteStats page_stats_;
  std::int64_t id_floor_ = 0;  // the next row's id must be greater; 0: SQLite's own choice is right
  std::int64_t page_id_floor_ = 0;
};

template <class T>
T TableFile::watched(T result) {
  if (result.has_error() && result.error().code == Errc::storage_corrupt) damaged_ = true;
  return result;
}

template <class F>
auto TableFile::transact(F work) -> decltype(work()) {
  HARRIER_TRYV(require_open());
  if (in_page_) return Error(Errc::internal, fmt::format("{}: a page is open", file().string()));
  HARRIER_TRYV(watched(connection_.execute("BEGIN IMMEDIATE")));
  auto result = watched(work());
  if (result.has_value()) {
    if (auto committed = watched(connection_.execute("COMMIT")); committed.has_error())
      result = committed.error();
  }
  if (connection_.in_transaction()) {
    static_cast<void>(connection_.execute("ROLLBACK"));
    static_cast<void>(load_columns());
  }
  return result;
}

}  // namespace harrier::storage
