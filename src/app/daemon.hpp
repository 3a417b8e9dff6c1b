// `harrierd`: its parts, put together, and their life from the first signal to the last.
#pragma once

#include "app/control.hpp"
#include "app/engine.hpp"
#include "app/metrics_server.hpp"
#include "app/service_notify.hpp"
#include "app/terminal.hpp"
#include "storage/directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::app {

class OnceDisplay;

/// One daemon over one configuration file. All of it lives on the I/O thread of `context`.
class Daemon {
 public:
  /// The references must outlive it.
  Daemon(asio::io_context& context, Io& io, settings::Settings settings,
         const model::Catalog& catalog);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Takes the folder and makes everything. Errors: storage (folder, lock), config (credentials).
  [[nodiscard]] Result<> open();
  /// Collects until SIGTERM or SIGINT; SIGHUP reads the configuration again.
  [[nodiscard]] Task<> serve();
  /// Collects until every table is caught up, or a signal. False when some table is not.
  [[nodiscard]] Task<bool> collect_once();

 private:
  /// Reads the file again and makes the daemon fit it; the lines say what changed. Errors: config;
  /// everything then is as before.
  Task<std::vector<std::string>> reload(std::vector<std::string>& problems);
  Task<> fit_engine(const settings::Settings& settings, std::vector<std::string>& changes);
  Result<> fit_servers(const settings::Settings& settings, std::vector<std::string>& changes);
  void retry_failed();
  Task<std::string> control(std::string command);
  Task<PageAnswer> page(std::string path);
  Task<std::string> metrics_text();
  [[nodiscard]] std::string status_json() const;
  [[nodiscard]] std::string status_line() const;
  [[nodiscard]] bool makes_progress();
  void return_memory();
  [[nodiscard]] EngineParts parts();
  Result<> take_signals();
  void begin_counters();
  asio::awaitable<void> feed_watchdog();
  asio::awaitable<void> reload_on_signal();
  asio::awaitable<void> stop_on_signal();
  asio::awaitable<void> show_progress(std::shared_ptr<OnceDisplay> display);
  asio::awaitable<void> take_turn();
  void give_turn();
  Task<> stop();

  asio::io_context& context_;
  std::optional<asio::signal_set> signals_;  // before the folder: who sees the daemon may end it
  Io& io_;
  settings::Settings settings_;
  const model::Catalog& catalog_;
  SystemClock clock_;
  Metrics metrics_;
  ServiceNotifier notifier_;
  ingest::Connectors connectors_;
  asio::thread_pool background_{1};  // reads stores for the metrics page
  std::optional<storage::DirectoryLock> lock_;
  std::unique_ptr<model::StoreSet> stores_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<MetricsServer> pages_;
  asio::steady_timer turn_;  // who reloads, retries or stops waits here for those who do
  bool busy_ = false;
  bool started_ = false;
  bool stopping_ = false;
  std::uint64_t polls_seen_ = 0;
  std::uint64_t polls_trimmed_ = 0;
  std::chrono::steady_clock::time_point progress_at_ = std::chrono::steady_clock::now();
};

/// The whole program. `arguments` without the program's name.
[[nodiscard]] int run_harrierd(std::vector<std::string> arguments, Io& io);

}  // namespace harrier::app
