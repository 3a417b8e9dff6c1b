#include "storage/store_set.hpp"

#include "base/log.hpp"
#include "storage/directory.hpp"
#include "storage/table_store.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <list>
#include <map>

namespace harrier::storage {

namespace {

/// Stores that keep their cached pages between pages of data; each may hold up to 16 MiB.
constexpr std::size_t kWarmStores = 2;
/// Ids given since the state file last heard of a store that is begun anew are fewer than this.
constexpr std::int64_t kIdGap = 10'000'000;

// Opens a table's file; one that is damaged is set aside and begun anew.
Result<std::shared_ptr<TableFile>> open_or_begin_anew(const std::filesystem::path& directory,
                                                      const model::TablePtr& table,
                                                      const Clock& clock, const KnownStore& known) {
  const auto path = store_file(directory, table->name);
  std::error_code failure;
  bool fresh = !std::filesystem::exists(path, failure);
  if (fresh && known.rows > 0)
    log(LogLevel::error, "storage", "The store is missing; it is begun anew.",
        {{"table", table->name},
         {"rows_before", known.rows},
         {"remedy",
          "put the file back from a backup while the daemon is stopped, or read its time again "
          "with harrier backfill"}});
  auto opened = TableFile::open(directory, table, clock);
  if (opened.has_error() && opened.error().code == Errc::storage_corrupt) {
    const std::string reason = opened.error().message;
    HARRIER_TRY(const auto aside, set_aside(path, clock.now()));
    log(LogLevel::error, "storage", "The store is damaged; it was set aside and begun anew.",
        {{"table", table->name},
         {"reason", reason},
         {"set_aside", aside.string()},
         {"remedy",
          "look at the disk; restore a backup, or read its time again with harrier backfill, then "
          "remove the file set aside"}});
    fresh = true;
    opened = TableFile::open(directory, table, clock);
  }
  if (opened.has_error()) return opened.error();
  std::shared_ptr<TableFile> file = *std::move(opened);
  if (fresh && known.last_id > 0) HARRIER_TRYV(file->reserve_ids(known.last_id + kIdGap));
  return file;
}

class SqliteStoreSet final : public model::StoreSet {
 public:
  SqliteStoreSet(std::filesystem::path directory, const Clock& clock, StateFile state,
                 std::size_t threads)
      : directory_(std::move(directory)),
        clock_(clock),
        pool_(std::make_shared<asio::thread_pool>(threads)),
        state_(std::move(state), asio::make_strand(pool_->get_executor())) {}

  SqliteStoreSet(const SqliteStoreSet&) = delete;
  SqliteStoreSet& operator=(const SqliteStoreSet&) = delete;

  ~SqliteStoreSet() override { pool_->join(); }

  Task<std::shared_ptr<model::TableStore>> open(model::TablePtr table) override {
    if (auto store = find_sound(table->name)) co_return store;
    const auto hold = co_await opening_->acquire();
    if (auto store = find_sound(table->name)) co_return store;
    asio::any_io_executor strand = asio::make_strand(pool_->get_executor());
    if (const auto damaged = stores_.find(table->name); damaged != stores_.end()) {
      const auto parts = damaged->second->parts();
      auto close = [file = parts->file]() -> Result<> {
        file->close();
        return {};
      };
      HARRIER_CO_TRYV(co_await run_on(parts->strand, std::move(close)));
      warm_.remove(parts);
      stores_.erase(table->name);
    }
    HARRIER_CO_TRY(const KnownStore known, co_await state_.known_store(table->name));
    auto work = [this, table, known] {
      return open_or_begin_anew(directory_, table, clock_, known);
    };
    auto parts = std::make_shared<StoreParts>();
    parts->pool = pool_;
    HARRIER_CO_TRY(parts->file, co_await run_on(strand, std::move(work)));
    parts->strand = strand;
    parts->state = &state_;
    parts->clock = &clock_;
    auto store = std::make_shared<SqliteTableStore>(
        parts, [this, weak = std::weak_ptr(parts)] { keep_warm(weak.lock()); });
    stores_[table->name] = store;
    co_return store;
  }

  model::StateStore& state() noexcept override { return state_; }

  Result<std::uint64_t> free_bytes() const override { return storage::free_bytes(directory_); }

 private:
  std::shared_ptr<model::TableStore> find_sound(const std::string& name) const {
    const auto found = stores_.find(name);
    return found == stores_.end() || found->second->parts()->file->damaged() ? nullptr
                                                                             : found->second;
  }

  // Cached pages of stores that were not written lately go back, so that memory does not grow with
  // the number of tables.
  void keep_warm(const std::shared_ptr<StoreParts>& parts) {
    if (!parts) return;
    warm_.remove(parts);
    warm_.push_front(parts);
    if (warm_.size() <= kWarmStores) return;
    asio::post(warm_.back()->strand, [file = warm_.back()->file] { file->release_memory(); });
    warm_.pop_back();
  }

  std::filesystem::path directory_;
  const Clock& clock_;
  std::shared_ptr<asio::thread_pool> pool_;
  SqliteStateStore state_;
  std::shared_ptr<Slot> opening_ = std::make_shared<Slot>();
  std::map<std::string, std::shared_ptr<SqliteTableStore>, std::less<>> stores_;
  std::list<std::shared_ptr<StoreParts>> warm_;
};

}  // namespace

Result<std::unique_ptr<model::StoreSet>> open_store_set(const std::filesystem::path& directory,
                                                        const Clock& clock, std::size_t threads) {
  HARRIER_TRYV(prepare_directory(directory));
  HARRIER_TRY(StateFile state, StateFile::open(directory, clock));
  return std::unique_ptr<model::StoreSet>(
      std::make_unique<SqliteStoreSet>(directory, clock, std::move(state), threads));
}

}  // namespace harrier::storage
