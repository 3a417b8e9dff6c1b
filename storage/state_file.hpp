// `_harrier.db`: statuses, queued re-reads, quarantine, flags, feeds, and which stores there are.
#pragma once

#include "model/ports.hpp"
#include "storage/metadata.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::storage {

/// A record in quarantine, without its bytes.
struct QuarantineEntry {
  std::int64_t id = 0;
  std::string table;
  std::string stream;
  std::string reason;
  Instant since;
  std::int64_t bytes = 0;
};

/// A flag on one event.
struct Flag {
  std::string table;
  std::int64_t event_id = 0;  ///< `_Id`
  std::string event_time;     ///< as stored; empty where the row has none
  model::RowKey event_key{};  ///< finds the event again when its store was begun anew
  std::string note;
  Instant since;
  bool in_store = true;  ///< as found by `list_flags`; not kept
};

/// What a store held when it was last written.
struct KnownStore {
  std::string table;
  std::int64_t rows = 0;
  std::int64_t last_id = 0;
  Instant updated;
};

/// The file, from one thread at a time. Several processes may have it open: the daemon and the
/// command line. Errors of all: storage, storage_full, storage_corrupt.
class StateFile {
 public:
  /// Creates the file when it is missing. A damaged one is set aside, reported and begun anew.
  [[nodiscard]] static Result<StateFile> open(const std::filesystem::path& directory,
                                              const Clock& clock);
  /// For programs beside the daemon: a damaged file is an error; setting it aside is left to the
  /// daemon, which has it open.
  [[nodiscard]] static Result<StateFile> open_shared(const std::filesystem::path& directory,
                                                     const Clock& clock);
  /// For reading only; every writing call fails. Errors also: not_found.
  [[nodiscard]] static Result<StateFile> open_read_only(const std::filesystem::path& directory);

  [[nodiscard]] Result<> save_status(const model::TableStatus& status);
  [[nodiscard]] Result<std::vector<model::TableStatus>> statuses();

  [[nodiscard]] Result<std::int64_t> queue_backfill(std::string_view table, model::Window window);
  [[nodiscard]] Result<std::vector<model::BackfillRequest>> backfills();
  [[nodiscard]] Result<> finish_backfill(std::int64_t id);

  /// Keeps each record once by table and content.
  [[nodiscard]] Result<> quarantine(const std::vector<model::QuarantinedRecord>& records);
  [[nodiscard]] Result<std::vector<QuarantineEntry>> quarantine_entries();
  /// The bytes of a record as sent. Errors also: not_found.
  [[nodiscard]] Result<model::QuarantinedRecord> quarantined_record(std::int64_t id);
  /// Errors also: not_found.
  [[nodiscard]] Result<> delete_quarantined(std::int64_t id);
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> quarantine_counts();

  /// Sets or replaces a flag.
  [[nodiscard]] Result<> set_flag(const Flag& flag);
  /// False when there was none.
  [[nodiscard]] Result<bool> delete_flag(std::string_view table, std::int64_t event_id);
  /// Of one table, or of all when `table` is empty; by table and event.
  [[nodiscard]] Result<std::vector<Flag>> flags(std::string_view table);

  [[nodiscard]] Result<model::Ledger> feed_ledger(std::string_view stream);
  [[nodiscard]] Result<std::vector<std::pair<std::string, model::Ledger>>> feed_ledgers();
  [[nodiscard]] Result<std::optional<std::string>> feed_cursor(std::string_view stream,
                                                               std::string_view name);
  [[nodiscard]] Result<> commit_feed(const model::FeedCommit& what);
  [[nodiscard]] Result<std::vector<model::WorkItem>> pending_items(std::string_view stream,
                                                                   std::size_t limit);
  [[nodiscard]] Result<std::int64_t> pending_item_count(std::string_view stream);

  [[nodiscard]] Result<> note_store(const KnownStore& store);
  [[nodiscard]] Result<std::vector<KnownStore>> known_stores();

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return connection_.file(); }

 private:
  StateFile(Connection connection, const Clock* clock)
      : connection_(std::move(connection)), clock_(clock) {}

  [[nodiscard]] static Result<Connection> create(const std::filesystem::path& directory);
  /// Runs `work` in one writing transaction. A file that turns out to be damaged is set aside
  /// before the next one.
  template <class F>
  [[nodiscard]] auto write(F work) -> decltype(work());
  [[nodiscard]] Result<> recover();
  /// Prepares, binds and runs a statement without result rows.
  template <class... Args>
  [[nodiscard]] Result<> run(std::string_view sql, const Args&... args);

  Connection connection_;
  const Clock* clock_;  // nullptr: read-only
  bool damaged_ = false;
};

}  // namespace harrier::storage
