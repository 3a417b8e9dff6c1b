#include "storage/state_store.hpp"

namespace harrier::storage {

Task<> SqliteStateStore::save_status(model::TableStatus status) {
  auto work = [this, status = std::move(status)] { return file_.save_status(status); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<std::vector<model::BackfillRequest>> SqliteStateStore::backfills() {
  auto work = [this] { return file_.backfills(); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<> SqliteStateStore::finish_backfill(std::int64_t id) {
  auto work = [this, id] { return file_.finish_backfill(id); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<> SqliteStateStore::quarantine(std::vector<model::QuarantinedRecord> records) {
  auto work = [this, records = std::move(records)] { return file_.quarantine(records); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<model::Ledger> SqliteStateStore::feed_ledger(std::string stream) {
  auto work = [this, stream = std::move(stream)] { return file_.feed_ledger(stream); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<std::optional<std::string>> SqliteStateStore::feed_cursor(std::string stream,
                                                               std::string name) {
  auto work = [this, stream = std::move(stream), name = std::move(name)] {
    return file_.feed_cursor(stream, name);
  };
  co_return co_await run_on(strand_, std::move(work));
}

Task<> SqliteStateStore::commit_feed(model::FeedCommit what) {
  auto work = [this, what = std::move(what)] { return file_.commit_feed(what); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<std::vector<model::WorkItem>> SqliteStateStore::pending_items(std::string stream,
                                                                   std::size_t limit) {
  auto work = [this, stream = std::move(stream), limit] {
    return file_.pending_items(stream, limit);
  };
  co_return co_await run_on(strand_, std::move(work));
}

Task<std::int64_t> SqliteStateStore::pending_item_count(std::string stream) {
  auto work = [this, stream = std::move(stream)] { return file_.pending_item_count(stream); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<KnownStore> SqliteStateStore::known_store(std::string table) {
  auto work = [this, table = std::move(table)]() -> Result<KnownStore> {
    HARRIER_TRY(auto known, file_.known_stores());
    for (auto& store : known) {
      if (store.table == table) return std::move(store);
    }
    return KnownStore();
  };
  co_return co_await run_on(strand_, std::move(work));
}

Task<> SqliteStateStore::note_store(KnownStore store) {
  auto work = [this, store = std::move(store)] { return file_.note_store(store); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<std::vector<Flag>> SqliteStateStore::flags(std::string table) {
  auto work = [this, table = std::move(table)] { return file_.flags(table); };
  co_return co_await run_on(strand_, std::move(work));
}

Task<> SqliteStateStore::delete_flags(std::vector<Flag> flags) {
  auto work = [this, flags = std::move(flags)]() -> Result<> {
    for (const auto& flag : flags) HARRIER_TRYV(file_.delete_flag(flag.table, flag.event_id));
    return {};
  };
  co_return co_await run_on(strand_, std::move(work));
}

}  // namespace harrier::storage
