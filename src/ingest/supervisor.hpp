// Runs every stream: one task each, with the state that `harrier status` shows.
#pragma once

#include "ingest/connector.hpp"
#include "ingest/table_progress.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace harrier::ingest {

/// What `run_once` achieved.
struct OnceOutcome {
  OnceOutcome() = default;
  bool caught_up = true;  ///< every enabled table is, unlicensed ones aside
  std::vector<TableProgress> tables;
};

/// Owns the streams and their tasks. I/O thread only. `stop` must have finished before it is
/// destroyed.
class Supervisor {
 public:
  /// The references must outlive the supervisor.
  /// `jitter`, in [0,1), spreads the waits after failures; empty: chance.
  Supervisor(asio::any_io_executor executor, const Connectors& connectors, Services& services,
             std::function<double()> jitter = {});
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Starts, stops and renews streams until they match `settings`, touching no others. Returns what
  /// changed, a line each.
  [[nodiscard]] Task<std::vector<std::string>> apply(settings::Settings settings);
  /// Collects every enabled table up to now minus its settle time, then returns. For `--once`; not
  /// together with `apply`.
  [[nodiscard]] Task<OnceOutcome> run_once(settings::Settings settings);
  /// Cancels every stream and waits for it.
  [[nodiscard]] Task<> stop();
  /// Ends every wait, so that queued backfills are seen at once.
  void nudge();
  /// Ends the waits of streams whose last poll failed, of throttled ones not: somebody may have
  /// mended what they lack. Returns how many they were.
  [[nodiscard]] int retry();

  /// One entry per stream and table.
  [[nodiscard]] std::vector<TableProgress> progress() const;

  /// One entry per table; see merge_by_table.
  [[nodiscard]] std::vector<TableProgress> tables() const { return merge_by_table(progress()); }

  /// True while a poll is under way.
  [[nodiscard]] bool busy() const;

  /// Number of polls finished so far: grows as long as the daemon is alive and has work.
  [[nodiscard]] std::uint64_t polls() const noexcept { return polls_; }

  /// Sets the gauges that change with time (harrier_lag_seconds, harrier_windows and others). Call
  /// before exposing metrics.
  void refresh_metrics() const;

 private:
  struct Runner;

  asio::awaitable<void> run(std::shared_ptr<Runner> runner);
  asio::awaitable<Result<PollOutcome>> poll(Runner& runner);
  /// Records the outcome, saves the statuses, and says how long to wait; nullopt: the runner is
  /// finished (`--once`).
  Task<std::optional<std::chrono::milliseconds>> settle(Runner& runner,
                                                        Result<PollOutcome> outcome);
  /// Saves the state of every table that the runner's stream fills.
  Task<> save_statuses(const Runner& runner);
  [[nodiscard]] TableProgress entry_of(const Runner& runner, const model::TableSchema& table) const;
  [[nodiscard]] bool retention_due(const Runner& runner, Instant now) const;
  Task<> retain(Runner& runner);
  Task<std::int64_t> retain_table(model::TablePtr table, Instant horizon);
  Task<> fill_columnstores(Runner& runner, bool all);
  Task<std::int64_t> fill_columnstore(model::TablePtr table, std::vector<std::string> columns);
  Result<> check_room() const;
  void start(std::shared_ptr<Runner> runner);
  Task<> cancel(std::shared_ptr<Runner> runner);
  std::vector<std::shared_ptr<Runner>> make_runners(const settings::Settings& settings);

  asio::any_io_executor executor_;
  const Connectors& connectors_;
  Services& services_;
  std::function<double()> jitter_;
  settings::Settings settings_;
  std::vector<std::shared_ptr<Runner>> runners_;
  std::optional<Instant> once_;
  std::uint64_t polls_ = 0;
};

}  // namespace harrier::ingest
