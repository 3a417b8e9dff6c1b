// `model::TableStore` and `model::PageWriter` over one table's file, on the store's strand.
#pragma once

#include "storage/slot.hpp"
#include "storage/state_store.hpp"
#include "storage/table_file.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace harrier::storage {

/// What a store and its pages share. `file` belongs to the strand, the rest to the I/O thread.
struct StoreParts {
  /// Whose threads the strand uses; a store that outlives its set finds them joined, not gone.
  std::shared_ptr<asio::thread_pool> pool;
  std::shared_ptr<TableFile> file;
  asio::any_io_executor strand;
  std::shared_ptr<Slot> slot = std::make_shared<Slot>();
  SqliteStateStore* state = nullptr;
  const Clock* clock = nullptr;
  Instant noted;  ///< when the state file last heard of this store's rows
  std::atomic<bool> in_checkpoint = false;
};

/// Threads and lifetime: as `open_store_set` says.
class SqliteTableStore final : public model::TableStore {
 public:
  /// `used` is called whenever a page is opened.
  SqliteTableStore(std::shared_ptr<StoreParts> parts, std::function<void()> used)
      : parts_(std::move(parts)), used_(std::move(used)) {}

  using model::TableStore::open_page;

  [[nodiscard]] const model::TablePtr& schema() const noexcept override {
    return parts_->file->schema();
  }

  [[nodiscard]] std::vector<model::Column> columns() const override {
    return parts_->file->columns();
  }

  [[nodiscard]] Task<std::vector<model::Column>> add_columns(
      std::vector<model::Column> columns) override;
  [[nodiscard]] Task<model::Ledger> ledger(std::string stream) override;
  [[nodiscard]] Task<std::optional<std::string>> cursor(std::string name) override;
  [[nodiscard]] Task<std::unique_ptr<model::PageWriter>> open_page(
      std::optional<Instant> pass) override;
  [[nodiscard]] Task<std::int64_t> remove_unseen(Instant pass) override;
  [[nodiscard]] Task<std::int64_t> retain(Instant horizon) override;
  [[nodiscard]] Task<std::int64_t> fill_columnstore(std::vector<std::string> columns) override;

  [[nodiscard]] const std::shared_ptr<StoreParts>& parts() const noexcept { return parts_; }

 private:
  std::shared_ptr<StoreParts> parts_;
  std::function<void()> used_;
};

/// Tells the state file what the store holds, so that a store that vanishes is missed. At most once
/// a minute unless `now`.
[[nodiscard]] Task<> note_store(std::shared_ptr<StoreParts> parts, bool now);

}  // namespace harrier::storage
