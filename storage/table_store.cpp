#include "storage/table_store.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>

namespace harrier::storage {

namespace {

constexpr int kQueuedBatches = 4;
constexpr std::int64_t kRetainRows = 10'000;
constexpr Ticks kNoteInterval{60 * kTicksPerSecond};

// Moves a long log into the file on another thread, beside the strand, which calls this: writing
// goes on meanwhile.
void checkpoint_behind(const std::shared_ptr<StoreParts>& parts) {
  if (!parts->file->wants_checkpoint() || parts->in_checkpoint.exchange(true)) return;
  asio::post(*parts->pool, [parts, file = parts->file->file()] {
    auto connection = Connection::open(file, OpenMode::existing);
    const auto done = connection ? connection->checkpoint() : Result<>(connection.error());
    if (!done)
      log(LogLevel::debug, "storage", "A checkpoint failed; the writer makes it.",
          {{"table", parts->file->schema()->name}, {"error", done.error().message}});
    parts->in_checkpoint = false;
  });
}

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
  std::optional<Result<model::WriteStats>> outcome;  // of the commit
  std::optional<asio::steady_timer> gate;            // cancelled when one of these changes

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

  // Whatever fails, the page is closed behind it: the next one's rows may be queued already.
  Result<model::WriteStats> commit(const model::PageCommit& what) {
    const auto start = std::chrono::steady_clock::now();
    auto begun = begin_if_needed();
    auto committed = begun ? parts->file->commit(what) : Result<model::WriteStats>(begun.error());
    if (committed) {
      committed->took = std::chrono::steady_clock::now() - start;
      checkpoint_behind(parts);
    } else {
      parts->file->rollback();
    }
    return committed;
  }

  void use(const asio::any_io_executor& executor) {
    if (!gate) gate.emplace(executor, asio::steady_timer::time_point::max());
  }

  asio::awaitable<void> change() {
    boost::system::error_code woken;
    co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }

  void inserted(const Result<>& result) {
    --queued;
    if (result.has_error() && !error) error = result.error();
    gate->cancel();
  }

  void committed(Result<model::WriteStats> result) {
    outcome = std::move(result);
    gate->cancel();
  }
};

// Runs `work` on the page's strand behind what is queued there, then `done` with its result on
// `executor`, whose context does not run out of work meanwhile.
template <class Work, class Done>
void queue(const std::shared_ptr<PageState>& state, asio::any_io_executor executor, Work work,
           Done done) {
  asio::any_io_executor back = asio::prefer(executor, asio::execution::outstanding_work.tracked);
  asio::post(state->parts->strand, [state, back = std::move(back), work = std::move(work),
                                    done = std::move(done)]() mutable {
    auto result = work(*state);
    asio::post(back, [state = std::move(state), done = std::move(done),
                      result = std::move(result)]() mutable { done(*state, std::move(result)); });
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
    state_->use(executor);
    while (state_->queued >= kQueuedBatches) co_await state_->change();
    if (state_->error) co_return *state_->error;
    if (batch.empty()) co_return Result<>();
    ++state_->queued;
    queue(
        state_, executor,
        [batch = std::move(batch)](PageState& page) mutable {
          const model::Batch rows = std::move(batch);  // ends here, not on the I/O thread
          return page.insert(rows);
        },
        [](PageState& page, const Result<>& result) { page.inserted(result); });
    co_return Result<>();
  }

  Task<> submit(model::PageCommit what) override {
    if (state_->error) co_return *state_->error;
    auto quarantine = std::exchange(what.quarantine, {});
    // First, so that no record is lost; being kept once, it does no harm when the page is read
    // again.
    if (!quarantine.empty())
      HARRIER_CO_TRYV(co_await state_->parts->state->quarantine(std::move(quarantine)));
    const auto executor = co_await asio::this_coro::executor;
    state_->use(executor);
    queue(
        state_, executor, [what = std::move(what)](PageState& page) { return page.commit(what); },
        [](PageState& page, Result<model::WriteStats> result) {
          page.committed(std::move(result));
        });
    finished_ = true;
    hold_.release();
    co_return Result<>();
  }

  Task<model::WriteStats> committed() override {
    while (!state_->outcome) co_await state_->change();
    auto outcome = *std::move(state_->outcome);
    if (!outcome) co_return outcome;
    // The page is durable whatever becomes of the note.
    const auto noted = co_await note_store(state_->parts, false);
    if (noted.has_error())
      log(LogLevel::warn, "storage", "The state file could not be told of a store's rows.",
          {{"table", state_->parts->file->schema()->name},
           {"reason", noted.error().message},
           {"remedy", "look at the disk and at the rights of the storage directory"}});
    co_return outcome;
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
    auto work = [parts = parts_, horizon] {
      auto deleted = parts->file->retain_some(horizon, kRetainRows);
      checkpoint_behind(parts);
      return deleted;
    };
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
    auto work = [parts = parts_, columns] {
      auto more = parts->file->fill_columnstore(columns);
      checkpoint_behind(parts);
      return more;
    };
    HARRIER_CO_TRY(const bool more, co_await run_on(parts_->strand, std::move(work)));
    hold.release();
    if (!more) break;
    ++total;
  }
  co_return total;
}

}  // namespace harrier::storage
