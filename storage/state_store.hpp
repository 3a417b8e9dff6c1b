// `model::StateStore` over the state file, on a strand of its own.
#pragma once

#include "storage/state_file.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace harrier::storage {

/// Threads: as `open_store_set` says.
class SqliteStateStore final : public model::StateStore {
 public:
  SqliteStateStore(StateFile file, asio::any_io_executor strand)
      : file_(std::move(file)), strand_(std::move(strand)) {}

  [[nodiscard]] Task<> save_status(model::TableStatus status) override;
  [[nodiscard]] Task<std::vector<model::BackfillRequest>> backfills() override;
  [[nodiscard]] Task<> finish_backfill(std::int64_t id) override;
  [[nodiscard]] Task<> quarantine(std::vector<model::QuarantinedRecord> records) override;
  [[nodiscard]] Task<model::Ledger> feed_ledger(std::string stream) override;
  [[nodiscard]] Task<std::optional<std::string>> feed_cursor(std::string stream,
                                                             std::string name) override;
  [[nodiscard]] Task<> commit_feed(model::FeedCommit what) override;
  [[nodiscard]] Task<std::vector<model::WorkItem>> pending_items(std::string stream,
                                                                 std::size_t limit) override;
  [[nodiscard]] Task<std::int64_t> pending_item_count(std::string stream) override;

  /// What the store of a table held when it was last noted; zeros where it never was.
  [[nodiscard]] Task<KnownStore> known_store(std::string table);
  [[nodiscard]] Task<> note_store(KnownStore store);
  [[nodiscard]] Task<std::vector<Flag>> flags(std::string table);
  [[nodiscard]] Task<> delete_flags(std::vector<Flag> flags);

 private:
  StateFile file_;
  asio::any_io_executor strand_;
};

}  // namespace harrier::storage
