#include "app/daemon.hpp"

#include "app/measured_stores.hpp"
#include "app/once_display.hpp"
#include "app/process.hpp"
#include "base/log.hpp"
#include "connectors/connectors.hpp"
#include "storage/store_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace harrier::app {

namespace {

using std::chrono::milliseconds;

constexpr unsigned kStopSeconds = 8;
constexpr std::chrono::minutes kStuckAfter{60};
constexpr milliseconds kRedraw{200};
constexpr milliseconds kStatusInterval{10'000};

void ignore(std::exception_ptr /*thrown*/) {}

}  // namespace

Daemon::Daemon(asio::io_context& context, Io& io, settings::Settings settings,
               const model::Catalog& catalog)
    : context_(context),
      io_(io),
      settings_(std::move(settings)),
      catalog_(catalog),
      connectors_(connectors::make_connectors()),
      turn_(context, asio::steady_timer::time_point::max()) {
  declare_metrics(metrics_);
}

Daemon::~Daemon() = default;

EngineParts Daemon::parts() {
  return {context_.get_executor(), catalog_, connectors_, *stores_, clock_, metrics_};
}

Result<> Daemon::open() {
  HARRIER_TRYV(take_signals());
  HARRIER_TRYV(storage::prepare_directory(settings_.storage.directory));
  HARRIER_TRY(auto lock, storage::lock_directory(settings_.storage.directory));
  lock_.emplace(std::move(lock));
  HARRIER_TRY(auto stores, storage::open_store_set(settings_.storage.directory, clock_));
  stores_ = measure_stores(std::move(stores), metrics_);
  HARRIER_TRY(engine_, Engine::make(settings_, parts()));
  begin_counters();
  return {};
}

Result<> Daemon::take_signals() {
  try {
    signals_.emplace(context_, SIGTERM, SIGINT, SIGHUP);
    return {};
  } catch (const boost::system::system_error& error) {
    return Error(Errc::limit,
                 fmt::format("cannot wait for signals: {}; the limit of open files may be too low",
                             error.code().message()));
  }
}

// Every enabled table shows from the start, not from its first row on.
void Daemon::begin_counters() {
  for (const auto& table : settings_.enabled_tables(catalog_)) {
    for (const char* name :
         {"harrier_rows", "harrier_duplicates", "harrier_late_rows", "harrier_quarantined"})
      metrics_.add(name, {{"table", table->name}}, 0);
  }
}

asio::awaitable<void> Daemon::take_turn() {
  boost::system::error_code woken;
  while (busy_) co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  busy_ = true;
}

void Daemon::give_turn() {
  busy_ = false;
  turn_.cancel();
}

Task<> Daemon::serve() {
  const auto started = co_await engine_->supervisor().apply(settings_);
  if (!started) co_return started.error();
  std::vector<std::string> changes;
  HARRIER_CO_TRYV(fit_servers(settings_, changes));
  auto handler = [this](std::string command) { return control(std::move(command)); };
  HARRIER_CO_TRY(control_, ControlServer::start(context_.get_executor(),
                                                settings_.storage.directory, std::move(handler)));
  started_ = true;
  notifier_.ready(status_line());
  log(LogLevel::info, "app", "Collecting.",
      {{"version", HARRIER_VERSION},
       {"tables", settings_.enabled_tables(catalog_).size()},
       {"directory", settings_.storage.directory.string()}});
  auto watchdog = feed_watchdog();
  asio::co_spawn(context_, std::move(watchdog), ignore);
  while (true) {
    const int signal = co_await signals_->async_wait(asio::use_awaitable);
    if (signal != SIGHUP) break;
    auto reloading = reload_on_signal();
    asio::co_spawn(context_, std::move(reloading), ignore);
  }
  co_return co_await stop();
}

Task<> Daemon::stop() {
  exit_after(kStopSeconds);
  stopping_ = true;
  notifier_.stopping("Stopping.");
  log(LogLevel::info, "app", "Stopping.");
  control_.reset();
  pages_.reset();
  co_await take_turn();
  HARRIER_CO_TRYV(co_await engine_->supervisor().stop());
  engine_.reset();
  stores_.reset();
  log(LogLevel::info, "app", "Stopped.");
  co_return Result<>();
}

asio::awaitable<void> Daemon::reload_on_signal() {
  std::vector<std::string> problems;
  notifier_.reloading("Reading the configuration again.");
  const auto changes = co_await reload(problems);
  if (!stopping_)
    notifier_.ready(changes ? status_line() : "The configuration is wrong; running as before.");
}

asio::awaitable<void> Daemon::feed_watchdog() {
  const auto interval = notifier_.watchdog_interval();
  while (!stopping_) {
    const auto pause = interval.count() > 0 ? std::min(interval, kStatusInterval) : kStatusInterval;
    co_await sleep_for(pause);
    if (stopping_ || busy_ || !engine_) continue;
    if (interval.count() > 0 && makes_progress()) notifier_.watchdog();
    notifier_.status(status_line());
    return_memory();
  }
}

// What the pages of the last polls needed; while polls run they would only ask for it again.
void Daemon::return_memory() {
  const auto polls = engine_->supervisor().polls();
  if (engine_->supervisor().busy() || polls == polls_trimmed_) return;
  polls_trimmed_ = polls;
  give_back_memory();
}

// A loop that turns is no proof: polls must end. One that waits for its API's budget may take long,
// so the limit is generous.
bool Daemon::makes_progress() {
  const auto now = std::chrono::steady_clock::now();
  const auto polls = engine_->supervisor().polls();
  if (!engine_->supervisor().busy() || polls != polls_seen_) progress_at_ = now;
  polls_seen_ = polls;
  return now - progress_at_ < kStuckAfter;
}

asio::awaitable<void> Daemon::stop_on_signal() {
  const int signal = co_await signals_->async_wait(asio::use_awaitable);
  exit_after(kStopSeconds);
  log(LogLevel::info, "app", "Stopping early.", {{"signal", signal}});
  (void)co_await engine_->supervisor().stop();
}

asio::awaitable<void> Daemon::show_progress(std::shared_ptr<OnceDisplay> display) {
  while (!stopping_) {
    display->update(engine_->supervisor().tables());
    co_await sleep_for(kRedraw);
  }
}

Task<bool> Daemon::collect_once() {
  std::vector<std::string> changes;
  HARRIER_CO_TRYV(fit_servers(settings_, changes));
  if (io_.terminal) configure_log(std::max(settings_.log_level, LogLevel::error), LogFormat::text);
  auto stopping = stop_on_signal();
  asio::co_spawn(context_, std::move(stopping), ignore);
  started_ = true;
  notifier_.ready("Collecting once.");
  const auto display = std::make_shared<OnceDisplay>(io_, metrics_);
  auto showing = show_progress(display);
  asio::co_spawn(context_, std::move(showing), ignore);
  const auto outcome = co_await engine_->supervisor().run_once(settings_);
  stopping_ = true;
  if (!outcome) co_return outcome.error();
  display->finish(*outcome);
  pages_.reset();
  HARRIER_CO_TRYV(co_await engine_->supervisor().stop());
  engine_.reset();
  stores_.reset();
  co_return outcome->caught_up;
}

}  // namespace harrier::app
