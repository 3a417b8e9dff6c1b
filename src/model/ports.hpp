// What ingest needs from storage, as ports: connectors and the pipeline never see SQLite.
#pragma once

#include "base/task.hpp"
#include "model/batch.hpp"
#include "model/catalog.hpp"
#include "model/ledger.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::model {

/// A record that could not be stored, with why. Kept once, however often it is sent again.
struct QuarantinedRecord {
  QuarantinedRecord() = default;
  std::string table;
  std::string stream;
  std::string reason;
  std::string record;  ///< the bytes as sent
};

/// A window of a stream that a commit brings into a state.
struct LedgerMark {
  LedgerMark() = default;

  LedgerMark(std::string stream_, Window window_, WindowState state_, std::string reason_ = {})
      : stream(std::move(stream_)), window(window_), state(state_), reason(std::move(reason_)) {}

  std::string stream;
  Window window;
  WindowState state = WindowState::done;
  std::string reason;
};

/// What becomes durable together with the rows of a page.
struct PageCommit {
  PageCommit() = default;
  std::vector<LedgerMark> marks;
  /// Named values of the stream: delta tokens, last re-read, measured lateness. An empty value
  /// deletes the name.
  std::vector<std::pair<std::string, std::string>> cursors;
  std::vector<QuarantinedRecord> quarantine;
  /// The page re-read windows that were done: its new rows count as late.
  bool late = false;
  /// This page completes a pass over a snapshot table (see `TableStore::open_page`).
  bool completes_snapshot = false;
};

/// What a commit did.
struct WriteStats {
  std::int64_t rows = 0;                  ///< new rows
  std::int64_t duplicates = 0;            ///< rows stored already
  std::int64_t late = 0;                  ///< new rows of a page with `late`
  std::chrono::duration<double> took{0};  ///< to make the page durable, its rows being inserted
};

/// One page being written: an open transaction. Destroying it without `commit` rolls back. At most
/// one is open per store; a second `open_page` waits.
class PageWriter {
 public:
  virtual ~PageWriter() = default;
  /// Inserts the rows. Suspends while the store is behind: the only back-pressure there is.
  /// Errors: storage, storage_full, storage_corrupt. After an error only destruction is allowed.
  [[nodiscard]] virtual Task<> append(Batch batch) = 0;
  /// Hands over what makes rows, marks, cursors and quarantine durable together, as the page's last
  /// step. The next page can be opened at once: its rows are written behind this commit. Destroying
  /// the page no longer takes it back.
  [[nodiscard]] virtual Task<> submit(PageCommit what) = 0;
  /// Waits for the outcome of `submit`; once.
  [[nodiscard]] virtual Task<WriteStats> committed() = 0;

  /// `submit` and `committed` in one.
  [[nodiscard]] Task<WriteStats> commit(PageCommit what) {
    HARRIER_CO_TRYV(co_await submit(std::move(what)));
    co_return co_await committed();
  }
};

/// The store of one table. All members are called on the I/O thread and do their work on the
/// store's own strand.
class TableStore {
 public:
  virtual ~TableStore() = default;
  [[nodiscard]] virtual const TablePtr& schema() const noexcept = 0;
  /// Documented columns, then those added since, without Harrier's own.
  [[nodiscard]] virtual std::vector<Column> columns() const = 0;
  /// Adds columns that the service has begun to send (names already resolved against case
  /// collisions by the store; the returned list is `columns()` afterwards).
  [[nodiscard]] virtual Task<std::vector<Column>> add_columns(std::vector<Column> columns) = 0;
  /// The ledger of one stream of this table.
  [[nodiscard]] virtual Task<Ledger> ledger(std::string stream) = 0;
  /// A named value committed earlier; nullopt where there is none.
  [[nodiscard]] virtual Task<std::optional<std::string>> cursor(std::string name) = 0;
  /// Opens a page. For snapshot tables `pass` names the pass its rows belong to: they carry it as
  /// `_LastSeen` (and `_FirstSeen` when new), and become the newest complete snapshot with the page
  /// that `completes_snapshot`.
  [[nodiscard]] virtual Task<std::unique_ptr<PageWriter>> open_page(
      std::optional<Instant> pass) = 0;

  [[nodiscard]] Task<std::unique_ptr<PageWriter>> open_page() { return open_page(std::nullopt); }

  /// For entity tables read whole: appends a version with `_Removed` = 1 of every entity whose
  /// newest version is older than `pass` (it was not seen in that pass). Returns how many.
  [[nodiscard]] virtual Task<std::int64_t> remove_unseen(Instant pass) = 0;
  /// Deletes rows whose time column is before `horizon`, in small transactions; returns how many.
  [[nodiscard]] virtual Task<std::int64_t> retain(Instant horizon) = 0;
  /// Keeps `columns` of full segments of rows once more, column by column, for queries that read
  /// few of them, and drops what is kept of others. In small transactions; only events. Returns how
  /// many there were.
  [[nodiscard]] virtual Task<std::int64_t> fill_columnstore(std::vector<std::string> columns) = 0;
};

/// How a table's collection is doing, as `harrier status` shows it.
struct TableStatus {
  TableStatus() = default;
  std::string table;
  std::string state =
      "waiting";       ///< ok, waiting, catching_up, throttled, denied, unlicensed, failing
  std::string reason;  ///< a sentence an admin can act on; empty when all is well
  std::optional<Instant> last_success;
  std::optional<Instant> next_poll;
  std::string backfill;  ///< JSON of the running backfill (from, to, done fraction, eta_seconds);
                         ///< empty: none
};

/// A queued re-read of a past span (`harrier backfill`).
struct BackfillRequest {
  BackfillRequest() = default;
  std::int64_t id = 0;
  std::string table;
  Window window;
};

/// A durable unit of work of a feed that fills several tables (a content blob).
struct WorkItem {
  WorkItem() = default;
  std::string stream;
  std::string id;      ///< unique in its stream
  std::string detail;  ///< the connector's own JSON (address, creation, expiry)
  Instant created;     ///< for eviction
  Instant expires;     ///< beyond it the service has dropped it
};

/// What a feed makes durable in one step.
struct FeedCommit {
  FeedCommit() = default;
  std::string stream;
  std::vector<LedgerMark> marks;
  std::vector<WorkItem> found;        ///< new items; those known already are ignored
  std::vector<std::string> finished;  ///< ids done
  std::vector<std::pair<std::string, std::string>> lost;     ///< ids given up, with the reason
  std::vector<std::pair<std::string, std::string>> cursors;  ///< as in PageCommit
  std::optional<Instant> forget_before;  ///< finished items created earlier are forgotten
};

/// State that belongs to no single table.
class StateStore {
 public:
  virtual ~StateStore() = default;
  [[nodiscard]] virtual Task<> save_status(TableStatus status) = 0;
  [[nodiscard]] virtual Task<std::vector<BackfillRequest>> backfills() = 0;
  [[nodiscard]] virtual Task<> finish_backfill(std::int64_t id) = 0;
  [[nodiscard]] virtual Task<> quarantine(std::vector<QuarantinedRecord> records) = 0;
  [[nodiscard]] virtual Task<Ledger> feed_ledger(std::string stream) = 0;
  [[nodiscard]] virtual Task<std::optional<std::string>> feed_cursor(std::string stream,
                                                                     std::string name) = 0;
  [[nodiscard]] virtual Task<> commit_feed(FeedCommit what) = 0;
  /// Unfinished items, soonest expiry first.
  [[nodiscard]] virtual Task<std::vector<WorkItem>> pending_items(std::string stream,
                                                                  std::size_t limit) = 0;
  [[nodiscard]] virtual Task<std::int64_t> pending_item_count(std::string stream) = 0;
};

/// All stores of a tenant.
class StoreSet {
 public:
  virtual ~StoreSet() = default;
  /// The store of a table, created on first use. A damaged store is set aside (renamed, reported)
  /// and begun anew. Errors: storage, storage_full.
  [[nodiscard]] virtual Task<std::shared_ptr<TableStore>> open(TablePtr table) = 0;
  [[nodiscard]] virtual StateStore& state() noexcept = 0;
  /// Free bytes on the stores' file system.
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() const = 0;
};

}  // namespace harrier::model
