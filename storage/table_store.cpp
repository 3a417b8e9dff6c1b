#include "storage/table_store.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>

namespace harrier::storage {

namespace {

constexpr int kQueuedBatches = 2;
constexpr std::int64_t kRetainRows = 10'000;
constexpr Ticks kNoteInterval{60 * kTicksPerSecond};

// A page's own state. `failed` belongs to the strand, the rest to the I/O thread.
struct PageState {
  PageState(std::shared_ptr<StoreParts> parts_, std::optional<Instant> pass_)
      : parts(std::move(parts_)), pass(pass_) {}

  std::shared_ptr<StoreParts> parts;
  std::optional<Instant> pass;
  std::optional<Error> failed;
  std::atomic<bool> abandoned = false;

  int queued = 0;
  std::optional<Error> error;
  std::optional<asio::steady_timer> gate;

  Result<> begin_if_needed() {
    if (failed) return *failed;
    if (abandoned) return Error(Errc::cancelled, "the page was given up");
    if (parts->file->in_page()) return {};
    auto begun = parts->file->begin(pass);
    if (begun.has_error()) failed = begun.error();
    return begun;
  }

  Result<> insert(const model::Batch& batch) {
    HARRIER_TRYV(begin_if_needed());
    auto inserted = parts->file->insert(batch);
    if (inserted.has_error()) failed = inserted.error();
    return inserted;
  }

  Result<model::WriteStats> commit(const model::PageCommit& what) {
    HARRIER_TRYV(begin_if_needed());
    auto committed = parts->file->commit(what);
    if (committed.has_error()) failed = committed.error();
    return committed;
  }

  void inserted(const Result<>& result) {
    --queued;
    if (result.has_error() && !error) error = result.error();
    gate->cancel();
  }
};

void queue_batch(const std::shared_ptr<PageState>& state, asio::any_io_executor executor,
                 model::Batch batch) {
  // Tracked, so that the I/O context does not run out of work while a batch is on the strand.
  asio::any_io_executor back = asio::prefer(executor, asio::execution::outstanding_work.tracked);
  ++state->queued;
  asio::post(state->parts->strand,
             [state, back = std::move(back), batch = std::move(batch)]() mutable {
               Result<> result = state->insert(batch);
               { const model::Batch done = std::move(batch); }
               asio::post(back, [state = std::move(state), result = std::move(result)] {
                 state->inserted(result);
               });
             });
}

class Page final : public model::PageWriter {
 public:
  Page(std::shared_ptr<StoreParts> parts, std::optional<Instant> pass, Slot::Hold hold)
      : state_(std::make_shared<PageState>(std::move(parts), pass)), hold_(std::move(hold)) {}

  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  ~Page() override {
    if (finished_) return;
    state_->abandoned = true;
    // Behind every batch that is queued, and before whatever the next holder of the slot queues.
    asio::post(state_->parts->strand, [state = state_] { state->parts->file->rollback(); });
  }

  Task<> append(model::Batch batch) override {
    const auto executor = co_await asio::this_coro::executor;
    if (!state_->gate) state_->gate.emplace(executor, asio::steady_timer::time_point::max());
    while (state_->queued >= kQueuedBatches) {
      boost::system::error_code woken;
      co_await state_->gate->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    if (state_->error) co_return *state_->error;
    if (!batch.empty()) queue_batch(state_, executor, std::move(batch));
    co_return Result<>();
  }

  Task<model::WriteStats> commit(model::PageCommit what) override {
    if (state_->error) co_return *state_->error;
    auto quarantine = std::exchange(what.quarantine, {});
    // First, so that no record is lost; being kept once, it does no harm when the page is read
    // again.
    if (!quarantine.empty())
      HARRIER_CO_TRYV(co_await state_->parts->state->quarantine(std::move(quarantine)));
    auto work = [state = state_, what = std::move(what)] { return state->commit(what); };
    auto committed = co_await run_on(state_->parts->strand, std::move(work));
    if (committed.has_error()) co_return committed;
    finished_ = true;
    hold_.release();
    // The page is durable whatever becomes of the note.
    const auto noted = co_await note_store(state_->parts, false);
    if (noted.has_error())
      log(LogLevel::warn, "storage", "The state file could not be told of a store's rows.",
          {{"table", state_->parts->file->schema()->name},
           {"reason", noted.error().message},
           {"remedy", "look at the disk and at the rights of the storage directory"}});
    co_return committed;
  }

 private:
  std::shared_ptr<PageState> state_;
  Slot::Hold hold_;
  bool finished_ = false;
};

}  // namespace

namespace {

// Flags are few, so each is looked up.
Task<std::vector<Flag>> flags_in_store(std::shared_ptr<StoreParts> parts, std::vector<Flag> flags) {
  auto work = [file = parts->file,
               flags = std::move(flags)]() mutable -> Result<std::vector<Flag>> {
    for (auto& flag : flags) {
      HARRIER_TRY(flag.in_store, file->holds(flag.event_time, flag.event_key));
    }
    return std::move(flags);
  };
  co_return co_await run_on(parts->strand, std::move(work));
}

// A flag ends with its event: with one that was there `before`, and with one that a new store would
// have got back by now. Until the horizon has passed it, an event may still be collected again.
Task<> drop_flags(std::shared_ptr<StoreParts> parts, std::vector<Flag> before, Instant horizon) {
  HARRIER_CO_TRY(auto after, co_await flags_in_store(parts, before));
  const std::string limit = format_instant(horizon);
  std::vector<Flag> gone;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const Flag& flag = after[i];
    const std::string time = flag.event_time.empty() ? format_instant(flag.since) : flag.event_time;
    if (!flag.in_store && (before[i].in_store || time < limit)) gone.push_back(flag);
  }
  co_return co_await parts->state->delete_flags(std::move(gone));
}

}  // namespace

Task<> note_store(std::shared_ptr<StoreParts> parts, bool now) {
  const Instant time = parts->clock->now();
  if (!now && time - parts->noted < kNoteInterval) co_return Result<>();
  parts->noted = time;
  auto work = [file = parts->file]() -> Result<KnownStore> {
    KnownStore store;
    store.table = file->schema()->name;
    HARRIER_TRY(const StoreCounts counts, file->counts());
    store.rows = counts.rows;
    HARRIER_TRY(store.last_id, file->last_id());
    return store;
  };
  HARRIER_CO_TRY(KnownStore store, co_await run_on(parts->strand, std::move(work)));
  co_return co_await parts->state->note_store(std::move(store));
}

Task<std::vector<model::Column>> SqliteTableStore::add_columns(std::vector<model::Column> columns) {
  auto work = [file = parts_->file, columns = std::move(columns)] {
    return file->add_columns(columns);
  };
  co_return co_await run_on(parts_->strand, std::move(work));
}

Task<model::Ledger> SqliteTableStore::ledger(std::string stream) {
  auto work = [file = parts_->file, stream = std::move(stream)] { return file->ledger(stream); };
  co_return co_await run_on(parts_->strand, std::move(work));
}

Task<std::optional<std::string>> SqliteTableStore::cursor(std::string name) {
  auto work = [file = parts_->file, name = std::move(name)] { return file->cursor(name); };
  co_return co_await run_on(parts_->strand, std::move(work));
}

Task<std::unique_ptr<model::PageWriter>> SqliteTableStore::open_page(std::optional<Instant> pass) {
  auto hold = co_await parts_->slot->acquire();
  used_();
  std::unique_ptr<model::PageWriter> page = std::make_unique<Page>(parts_, pass, std::move(hold));
  co_return std::move(page);
}

Task<std::int64_t> SqliteTableStore::remove_unseen(Instant pass) {
  const auto hold = co_await parts_->slot->acquire();
  auto work = [file = parts_->file, pass] { return file->remove_unseen(pass); };
  co_return co_await run_on(parts_->strand, std::move(work));
}

Task<std::int64_t> SqliteTableStore::retain(Instant horizon) {
  HARRIER_CO_TRY(auto flags, co_await parts_->state->flags(parts_->file->schema()->name));
  HARRIER_CO_TRY(flags, co_await flags_in_store(parts_, std::move(flags)));
  std::int64_t total = 0;
  while (true) {
    auto hold = co_await parts_->slot->acquire();
    auto work = [file = parts_->file, horizon] { return file->retain_some(horizon, kRetainRows); };
    HARRIER_CO_TRY(const std::int64_t deleted, co_await run_on(parts_->strand, std::move(work)));
    hold.release();
    total += deleted;
    if (deleted < kRetainRows) break;
  }
  if (!flags.empty()) HARRIER_CO_TRYV(co_await drop_flags(parts_, std::move(flags), horizon));
  if (total > 0) HARRIER_CO_TRYV(co_await note_store(parts_, true));
  co_return total;
}

Task<std::int64_t> SqliteTableStore::fill_columnstore(std::vector<std::string> columns) {
  std::int64_t total = 0;
  while (true) {
    auto hold = co_await parts_->slot->acquire();
    auto work = [file = parts_->file, columns] { return file->fill_columnstore(columns); };
    HARRIER_CO_TRY(const bool more, co_await run_on(parts_->strand, std::move(work)));
    hold.release();
    if (!more) break;
    ++total;
  }
  co_return total;
}

}  // namespace harrier::storage
