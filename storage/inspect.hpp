// Looking at stores from outside the daemon: status, verification, quarantine, flags, re-reads.
//
// Reading functions create and alter nothing and work with or without a running daemon. The few
// that write (`queue_backfill`, flags, quarantine) write the state file only; a running daemon sees
// it.
#pragma once

#include "storage/state_file.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::storage {

using StreamLedgers = std::vector<std::pair<std::string, model::Ledger>>;

/// What the store of one table holds, without reading its rows.
struct StoreSummary {
  bool exists = false;
  StoreCounts counts;
  std::optional<Instant>
      last_event;  ///< newest value of the time column (of `_LastSeen` for snapshot tables)
  std::optional<Instant> last_commit;  ///< when a page was last committed
  std::optional<Instant> snapshot;     ///< the newest complete pass of a snapshot table
  std::uint64_t bytes = 0;             ///< with its log
  StreamLedgers ledgers;
  std::vector<std::pair<std::string, std::string>> cursors;
};

/// `exists` is false where the table has no store. Errors: storage, storage_corrupt.
[[nodiscard]] Result<StoreSummary> summarize(const std::filesystem::path& directory,
                                             std::string_view table);

/// Everything of the state file that status and verification show. All empty where there is no
/// state file yet.
struct StateSummary {
  std::map<std::string, model::TableStatus, std::less<>> statuses;
  std::map<std::string, std::int64_t, std::less<>> quarantined;  ///< by table
  std::vector<model::BackfillRequest> backfills;
  StreamLedgers feeds;
  std::map<std::string, KnownStore, std::less<>> known_stores;
};

/// Errors: storage, storage_corrupt.
[[nodiscard]] Result<StateSummary> summarize_state(const std::filesystem::path& directory);

/// What is wrong with one store.
struct StoreFinding {
  enum class Kind : std::uint8_t {
    damaged,     ///< the file fails its check; `detail` is SQLite's word
    miscounted,  ///< the counters differ from the rows
    hole,        ///< a span that no ledger entry covers
    set_aside,   ///< a damaged earlier file lies beside the store
  };
  Kind kind = Kind::damaged;
  std::string detail;
};

/// Checks the file (`deep`: with every index against its rows, and the counters), its ledgers for
/// holes, and looks for files set aside. An empty result: sound. A table without a store is sound;
/// whether one should exist, `StateSummary::known_stores` tells. Errors: storage, when the file
/// cannot be read at all for a reason other than damage.
[[nodiscard]] Result<std::vector<StoreFinding>> verify_store(const std::filesystem::path& directory,
                                                             std::string_view table, bool deep);
/// The same for the state file.
[[nodiscard]] Result<std::vector<StoreFinding>> verify_state(
    const std::filesystem::path& directory);

/// Queues a re-read; returns its id. Errors of this and all that follow: storage, storage_full,
/// storage_corrupt.
[[nodiscard]] Result<std::int64_t> queue_backfill(const std::filesystem::path& directory,
                                                  std::string_view table, model::Window window,
                                                  const Clock& clock);

[[nodiscard]] Result<std::vector<QuarantineEntry>> list_quarantine(
    const std::filesystem::path& directory);
/// Errors also: not_found.
[[nodiscard]] Result<model::QuarantinedRecord> show_quarantined(
    const std::filesystem::path& directory, std::int64_t id);
[[nodiscard]] Result<> delete_quarantined(const std::filesystem::path& directory, std::int64_t id,
                                          const Clock& clock);

/// Flags the event with this `_Id`, replacing an earlier note. Errors also: not_found, when the
/// table has no such event.
[[nodiscard]] Result<> flag_event(const std::filesystem::path& directory, std::string_view table,
                                  std::int64_t event_id, std::string_view note, const Clock& clock);
/// Errors also: not_found, when there is no such flag.
[[nodiscard]] Result<> unflag_event(const std::filesystem::path& directory, std::string_view table,
                                    std::int64_t event_id, const Clock& clock);
/// The flags of one table, or of all when `table` is empty. A flag whose event has another id since
/// its store was begun anew is shown with that id; one whose event was not collected again yet,
/// with `in_store` false.
[[nodiscard]] Result<std::vector<Flag>> list_flags(const std::filesystem::path& directory,
                                                   std::string_view table);

}  // namespace harrier::storage
