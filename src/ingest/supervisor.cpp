#include "ingest/supervisor.hpp"

#include "base/log.hpp"
#include "ingest/error_policy.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <random>
#include <set>

namespace harrier::ingest {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRetentionInterval = std::chrono::hours(1);
constexpr milliseconds kShortestRetentionInterval = std::chrono::minutes(1);
constexpr int kRetentionRuns = 24;
constexpr Ticks kCatchUpLogInterval = std::chrono::minutes(1);

double random_fraction() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

milliseconds kept_for(const settings::Settings& settings, const model::TableSchema& table) {
  const auto* setting = settings.enabled_table(table);
  return setting != nullptr && setting->retention ? *setting->retention
                                                  : settings.storage.retention;
}

// How often old rows are looked for: so that no table keeps rows much longer than it should.
milliseconds retention_interval(const settings::Settings& settings, const Stream& stream) {
  milliseconds interval = kRetentionInterval;
  for (const auto& table : stream.tables()) {
    const auto keep = kept_for(settings, *table);
    if (keep.count() > 0) interval = std::min(interval, keep / kRetentionRuns);
  }
  return std::max(interval, kShortestRetentionInterval);
}

bool is_cancellation(const boost::system::system_error& error) {
  return error.code() == asio::error::operation_aborted;
}

}  // namespace

struct Supervisor::Runner {
  Runner(asio::any_io_executor executor, std::unique_ptr<Stream> stream_)
      : stream(std::move(stream_)),
        wake(executor),
        finished(executor, asio::steady_timer::time_point::max()) {}

  std::unique_ptr<Stream> stream;
  asio::cancellation_signal cancel;
  asio::steady_timer wake;      // the wait between polls; cancelled by a nudge
  asio::steady_timer finished;  // cancelled when the task has ended
  bool running = false;
  bool stopping = false;
  bool busy = false;
  bool gave_up = false;
  int attempts = 0;
  std::string state = "waiting";
  std::string reason;
  std::optional<Instant> last_success;
  std::optional<Instant> next_poll;
  Progress progress;
  std::optional<Ticks> expected_lag;
  Instant backlog_since;  // when the current catch-up began, for the ETA
  Ticks backlog_start{0};
  std::optional<Instant> retained;

  std::optional<Instant> progress_logged;

  [[nodiscard]] double caught_up() const;
  [[nodiscard]] std::optional<double> eta_seconds(Instant now) const;
  [[nodiscard]] std::string backfill_json(Instant now) const;
  void log_catch_up(Instant now);
};

// The share of the backlog that is done.
double Supervisor::Runner::caught_up() const {
  const Ticks worked = backlog_start - progress.pending;
  return std::max(static_cast<double>(worked.count()) / static_cast<double>(backlog_start.count()),
                  0.0);
}

std::optional<double> Supervisor::Runner::eta_seconds(Instant now) const {
  const Ticks worked = backlog_start - progress.pending;
  if (worked.count() <= 0) return std::nullopt;
  const double elapsed = std::chrono::duration<double>(now - backlog_since).count();
  return elapsed * static_cast<double>(progress.pending.count()) /
         static_cast<double>(worked.count());
}

// While more is pending than a poll interval's worth, `status` shows how far the catch-up is and
// when it should be through.
std::string Supervisor::Runner::backfill_json(Instant now) const {
  if (state != "catching_up" || backlog_start.count() == 0) return {};
  const auto left = eta_seconds(now);
  const std::string eta = left ? fmt::format("{:.0f}", *left) : "null";
  return fmt::format(R"({{"pending_seconds":{},"done":{:.4f},"eta_seconds":{}}})",
                     std::chrono::duration_cast<std::chrono::seconds>(progress.pending).count(),
                     caught_up(), eta);
}

// At most once a minute, and not before there is something to say.
void Supervisor::Runner::log_catch_up(Instant now) {
  if (!progress_logged || *progress_logged < backlog_since) progress_logged = backlog_since;
  const auto left = eta_seconds(now);
  if (now - *progress_logged < kCatchUpLogInterval || !left) return;
  progress_logged = now;
  log(LogLevel::info, "ingest", "Catching up.",
      {{"stream", stream->name()},
       {"done_percent", fmt::format("{:.1f}", caught_up() * 100)},
       {"pending", format_duration(progress.pending)},
       {"eta", format_duration(std::chrono::seconds(static_cast<std::int64_t>(*left)))}});
}

Supervisor::Supervisor(asio::any_io_executor executor, const Connectors& connectors,
                       Services& services, std::function<double()> jitter)
    : executor_(std::move(executor)),
      connectors_(connectors),
      services_(services),
      jitter_(jitter ? std::move(jitter) : random_fraction) {}

Supervisor::~Supervisor() = default;

std::vector<std::shared_ptr<Supervisor::Runner>> Supervisor::make_runners(
    const settings::Settings& settings) {
  std::vector<std::shared_ptr<Runner>> runners;
  for (const auto& connector : connectors_) {
    const auto section = settings.connectors.find(connector->name());
    if (section == settings.connectors.end() || !section->second.enabled) continue;
    for (auto& stream : connector->streams(settings, section->second, services_))
      runners.push_back(std::make_shared<Runner>(executor_, std::move(stream)));
  }
  return runners;
}

void Supervisor::start(std::shared_ptr<Runner> runner) {
  runner->running = true;
  Runner& target = *runner;
  asio::co_spawn(executor_, run(std::move(runner)),
                 asio::bind_cancellation_slot(target.cancel.slot(), [](std::exception_ptr) {}));
}

Task<> Supervisor::cancel(std::shared_ptr<Runner> runner) {
  runner->stopping = true;
  runner->cancel.emit(asio::cancellation_type::terminal);
  boost::system::error_code ignored;
  while (runner->running)
    co_await runner->finished.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return Result<>();
}

Task<std::vector<std::string>> Supervisor::apply(settings::Settings settings) {
  std::vector<std::string> changes;
  settings_ = std::move(settings);
  auto wanted = make_runners(settings_);
  std::vector<std::shared_ptr<Runner>> kept;
  std::set<std::string, std::less<>> running;
  std::set<std::string, std::less<>> stopped;
  for (auto& runner : runners_) {
    const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const auto& candidate) {
      return candidate->stream->fingerprint() == runner->stream->fingerprint();
    });
    if (same != wanted.end()) {
      wanted.erase(same);
      kept.push_back(runner);
      continue;
    }
    HARRIER_CO_TRYV(co_await cancel(runner));
    stopped.insert(std::string(runner->stream->name()));
    for (const auto& table : runner->stream->tables())
      services_.metrics.forget("table", table->name);
  }
  runners_ = std::move(kept);
  for (auto& runner : wanted) {
    const std::string name(runner->stream->name());
    changes.push_back(
        fmt::format("{}: {}", name, stopped.erase(name) > 0 ? "settings changed" : "started"));
    runners_.push_back(runner);
    start(runner);
  }
  for (const auto& name : stopped) changes.push_back(fmt::format("{}: stopped", name));
  co_return changes;
}

Task<OnceOutcome> Supervisor::run_once(settings::Settings settings) {
  settings_ = std::move(settings);
  once_ = services_.clock.now();
  runners_ = make_runners(settings_);
  for (auto& runner : runners_) start(runner);
  boost::system::error_code ignored;
  for (auto& runner : runners_) {
    while (runner->running)
      co_await runner->finished.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  OnceOutcome outcome;
  for (const auto& runner : runners_) {
    if (runner->stopping || (runner->gave_up && runner->state != "unlicensed"))
      outcome.caught_up = false;
  }
  outcome.tables = tables();
  co_return outcome;
}

Task<> Supervisor::stop() {
  for (auto& runner : runners_) {
    runner->stopping = true;
    runner->cancel.emit(asio::cancellation_type::terminal);
  }
  for (auto& runner : runners_) HARRIER_CO_TRYV(co_await cancel(runner));
  co_return Result<>();
}

void Supervisor::nudge() {
  for (auto& runner : runners_) runner->wake.cancel();
}

int Supervisor::retry() {
  int woken = 0;
  for (auto& runner : runners_) {
    if (runner->busy || runner->attempts == 0 || runner->state == "throttled") continue;
    runner->wake.cancel();
    ++woken;
  }
  return woken;
}

Result<> Supervisor::check_room() const {
  HARRIER_TRY(const std::uint64_t free, services_.stores.free_bytes());
  if (free >= settings_.storage.min_free_bytes) return Result<>();
  return Error(Errc::storage_full, fmt::format("only {} MiB are free in {}, storage.min_free is {} "
                                               "MiB: free some room or lower the retention; "
                                               "collection resumes by itself",
                                               free >> 20, settings_.storage.directory.string(),
                                               settings_.storage.min_free_bytes >> 20));
}

asio::awaitable<Result<PollOutcome>> Supervisor::poll(Runner& runner) {
  if (const auto room = check_room(); !room) co_return room.error();
  try {
    PollContext context;
    context.once = once_;
    co_return co_await runner.stream->poll(std::move(context));
  } catch (const boost::system::system_error& error) {
    if (is_cancellation(error)) throw;
    co_return Error(Errc::internal, error.what());
  } catch (const std::exception& error) {
    co_return Error(Errc::internal, error.what());
  }
}

asio::awaitable<void> Supervisor::run(std::shared_ptr<Runner> runner) {
  try {
    while (!runner->stopping) {
      runner->busy = true;
      auto outcome = co_await poll(*runner);
      runner->busy = false;
      ++polls_;
      if (runner->stopping) break;
      const auto wait = co_await settle(*runner, std::move(outcome));
      if (!wait.has_value() || !wait->has_value()) break;
      if ((*wait)->count() == 0) continue;
      boost::system::error_code nudged;
      runner->wake.expires_after(**wait);
      co_await runner->wake.async_wait(asio::redirect_error(asio::use_awaitable, nudged));
    }
    if (once_ && !runner->stopping) {
      (void)co_await retain(*runner);
      (void)co_await fill_columnstores(*runner, true);
    }
  } catch (const boost::system::system_error& error) {
    if (!is_cancellation(error))
      log(LogLevel::error, "ingest", "A stream ended unexpectedly.",
          {{"stream", runner->stream->name()},
           {"error", error.what()},
           {"remedy", "restart the daemon; nothing is lost; report this line"}});
  }
  runner->busy = false;
  runner->running = false;
  runner->finished.cancel();
}

Task<std::optional<milliseconds>> Supervisor::settle(Runner& runner, Result<PollOutcome> outcome) {
  const Instant now = services_.clock.now();
  std::optional<milliseconds> wait = milliseconds(0);
  const std::string before = runner.state;
  if (outcome) {
    runner.attempts = 0;
    runner.reason.clear();
    runner.last_success = now;
    runner.progress = outcome->progress;
    const bool behind = outcome->more;
    if (behind && runner.state != "catching_up") {
      runner.backlog_since = now;
      runner.backlog_start = outcome->progress.pending;
    }
    runner.backlog_start = std::max(runner.backlog_start, outcome->progress.pending);
    runner.state = behind ? "catching_up" : "ok";
    if (behind && runner.backlog_start.count() > 0) runner.log_catch_up(now);
    runner.next_poll = behind ? now : outcome->next;
    if (!behind && outcome->progress.done_until)
      runner.expected_lag = outcome->next - *outcome->progress.done_until;
    if (!behind)
      wait = std::chrono::duration_cast<milliseconds>(std::max(outcome->next - now, Ticks(0)));
    if (once_ && !behind) wait.reset();
    const bool due = !once_ && retention_due(runner, now);
    if (due) HARRIER_CO_TRYV(co_await retain(runner));
    if (!once_) HARRIER_CO_TRYV(co_await fill_columnstores(runner, due));
  } else {
    const Verdict verdict =
        judge(outcome.error(), ++runner.attempts, runner.stream->permission(), jitter_());
    if (!verdict.state.empty()) runner.state = verdict.state;
    runner.reason = verdict.reason;
    wait = verdict.wait;
    runner.next_poll = now + verdict.wait;
    const bool patient = verdict.state == "throttled"
                             ? verdict.wait <= kOnceThrottleWait && runner.attempts < kOnceThrottles
                             : runner.attempts < kOnceAttempts;
    if (once_ && (verdict.parked || !patient)) {
      runner.gave_up = true;
      if (verdict.state.empty()) runner.state = "failing";
      wait.reset();
    }
    const bool loud = runner.attempts == 1 || runner.state != before;
    log(loud ? LogLevel::warn : LogLevel::debug, "ingest", "A poll failed.",
        {{"stream", runner.stream->name()},
         {"attempt", runner.attempts},
         {"wait_ms", verdict.wait.count()},
         {"remedy", verdict.reason}});
  }
  if (runner.state != before)
    log(LogLevel::info, "ingest", "State changed.",
        {{"stream", runner.stream->name()}, {"state", runner.state}});
  HARRIER_CO_TRYV(co_await save_statuses(runner));
  co_return wait;
}

bool Supervisor::retention_due(const Runner& runner, Instant now) const {
  return !runner.retained || now - *runner.retained > retention_interval(settings_, *runner.stream);
}

Task<> Supervisor::save_statuses(const Runner& runner) {
  std::vector<TableProgress> entries;
  for (const auto& table : runner.stream->tables()) {
    for (const auto& other : runners_) {
      for (const auto& filled : other->stream->tables()) {
        if (filled->name == table->name) entries.push_back(entry_of(*other, *filled));
      }
    }
  }
  for (auto& entry : merge_by_table(std::move(entries))) {
    const auto saved = co_await services_.stores.state().save_status(std::move(entry.status));
    if (!saved)
      log(LogLevel::warn, "ingest", "The status could not be saved.",
          {{"error", saved.error().message},
           {"remedy", "look at the disk and at the rights of the storage directory"}});
  }
  co_return Result<>();
}

Task<std::int64_t> Supervisor::retain_table(model::TablePtr table, Instant horizon) {
  HARRIER_CO_TRY(const auto store, co_await services_.stores.open(std::move(table)));
  co_return co_await store->retain(horizon);
}

// What fails here is tried again at the next turn; collection goes on.
Task<> Supervisor::retain(Runner& runner) {
  const Instant now = services_.clock.now();
  runner.retained = now;
  for (const auto& table : runner.stream->tables()) {
    const auto keep = kept_for(settings_, *table);
    if (keep.count() == 0) continue;
    const auto deleted = co_await retain_table(table, now - keep);
    if (!deleted) {
      log(LogLevel::warn, "ingest", "Retention failed.",
          {{"table", table->name},
           {"error", deleted.error().message},
           {"remedy",
            "look at the disk; the rows stay until it succeeds, which is tried again by itself"}});
    } else if (*deleted > 0) {
      log(LogLevel::info, "ingest", "Retention deleted old rows.",
          {{"table", table->name}, {"rows", *deleted}});
    }
  }
  co_return Result<>();
}

Task<std::int64_t> Supervisor::fill_columnstore(model::TablePtr table,
                                                std::vector<std::string> columns) {
  HARRIER_CO_TRY(const auto store, co_await services_.stores.open(std::move(table)));
  co_return co_await store->fill_columnstore(std::move(columns));
}

// Like retention: what fails is tried again at the next turn. `all`: also where no column is chosen
// any more, whose copies go.
Task<> Supervisor::fill_columnstores(Runner& runner, bool all) {
  for (const auto& table : runner.stream->tables()) {
    const auto* setting = settings_.enabled_table(*table);
    if (setting == nullptr || (setting->columnstore.empty() && !all)) continue;
    const auto filled = co_await fill_columnstore(table, setting->columnstore);
    if (!filled) {
      log(LogLevel::warn, "ingest", "The columnstore could not be filled.",
          {{"table", table->name},
           {"error", filled.error().message},
           {"remedy",
            "look at the disk; queries read the rows instead, and it is tried again by itself"}});
    }
  }
  co_return Result<>();
}

TableProgress Supervisor::entry_of(const Runner& runner, const model::TableSchema& table) const {
  TableProgress entry;
  entry.stream = runner.stream->name();
  entry.status.table = table.name;
  entry.status.state = runner.state;
  entry.status.reason = runner.reason;
  entry.status.last_success = runner.last_success;
  entry.status.next_poll = runner.next_poll;
  entry.status.backfill = runner.backfill_json(services_.clock.now());
  entry.progress = runner.progress;
  entry.expected_lag = runner.expected_lag;
  entry.busy = runner.busy;
  return entry;
}

std::vector<TableProgress> Supervisor::progress() const {
  std::vector<TableProgress> all;
  for (const auto& runner : runners_) {
    for (const auto& table : runner->stream->tables()) all.push_back(entry_of(*runner, *table));
  }
  return all;
}

bool Supervisor::busy() const {
  return std::any_of(runners_.begin(), runners_.end(),
                     [](const auto& runner) { return runner->busy; });
}

void Supervisor::refresh_metrics() const {
  Metrics& metrics = services_.metrics;
  const Instant now = services_.clock.now();
  for (const auto& entry : tables()) {
    const Labels labels = {{"table", entry.status.table}};
    if (entry.progress.done_until)
      metrics.set("harrier_lag_seconds", labels,
                  std::chrono::duration<double>(now - *entry.progress.done_until).count());
    if (entry.expected_lag)
      metrics.set("harrier_expected_lag_seconds", labels,
                  std::chrono::duration<double>(*entry.expected_lag).count());
    if (entry.status.last_success)
      metrics.set("harrier_last_success_timestamp_seconds", labels,
                  to_unix_seconds(*entry.status.last_success));
    const auto& windows = entry.progress.windows;
    for (const auto& [state, count] : {std::pair("done", windows.done),
                                       {"pending", windows.pending},
                                       {"partial", windows.partial},
                                       {"lost", windows.lost}})
      metrics.set("harrier_windows", {{"table", entry.status.table}, {"state", state}}, count);
  }
}

}  // namespace harrier::ingest
