#include "app/daemon.hpp"
#include "app/process.hpp"
#include "app/retry_quarantine.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"

#include <fmt/format.h>

namespace harrier::app {

// A change of tenant, network or budget needs new clients; what the old ones have in flight ends
// first.
Task<> Daemon::fit_engine(const settings::Settings& settings, std::vector<std::string>& changes) {
  if (!engine_->fits(settings)) {
    HARRIER_CO_TRY(auto fresh, Engine::make(settings, parts()));
    HARRIER_CO_TRYV(co_await engine_->supervisor().stop());
    engine_ = std::move(fresh);
    changes.emplace_back("tenant, network or limits: changed, every stream starts anew");
  }
  HARRIER_CO_TRY(const auto streams, co_await engine_->supervisor().apply(settings));
  changes.insert(changes.end(), streams.begin(), streams.end());
  co_return Result<>();
}

Result<> Daemon::fit_servers(const settings::Settings& settings,
                             std::vector<std::string>& changes) {
  if (!settings.console_listen.empty())
    log(LogLevel::warn, "app", "There is no local web page in this version.",
        {{"key", "console.listen"},
         {"remedy", "take the line away; harrier status --watch shows every table"}});
  if (pages_ != nullptr && settings.metrics_listen == settings_.metrics_listen) return {};
  if (pages_ == nullptr && settings.metrics_listen.empty()) return {};
  pages_.reset();
  if (settings.metrics_listen.empty()) {
    changes.emplace_back("metrics.listen: off");
    return {};
  }
  auto handler = [this](std::string path) { return page(std::move(path)); };
  HARRIER_TRY(pages_, MetricsServer::start(context_.get_executor(), settings.metrics_listen,
                                           std::move(handler)));
  changes.push_back(fmt::format("metrics.listen: {}", settings.metrics_listen));
  log(LogLevel::info, "app", "Serving metrics.", {{"port", pages_->port()}});
  return {};
}

// Who applies may have mended a secret, a permission or a disk, which no setting shows.
void Daemon::retry_failed() {
  const int streams = engine_->supervisor().retry();
  if (streams == 0) return;
  engine_->tokens().forget();
  log(LogLevel::info, "app", "What had failed is tried again.", {{"streams", streams}});
}

Task<std::vector<std::string>> Daemon::reload(std::vector<std::string>& problems) {
  auto loaded = settings::load(settings_.file, catalog_);
  if (!loaded.settings) {
    for (const auto& problem : loaded.problems) {
      problems.push_back(problem.text());
      log(LogLevel::error, "app", "The configuration is wrong; running as before.",
          {{"problem", problem.text()},
           {"remedy", "correct the line and reload; harrier check tries it without a reload"}});
    }
    co_return Error(Errc::config,
                    fmt::format("{} problem{} in {}; the daemon runs as before", problems.size(),
                                problems.size() == 1 ? "" : "s", settings_.file.string()));
  }
  co_await take_turn();
  std::vector<std::string> changes;
  Result<> fitted;
  if (!stopping_) {
    settings::Settings fresh = std::move(*loaded.settings);
    if (fresh.storage.directory != settings_.storage.directory) {
      changes.emplace_back("storage.directory: counts from the daemon's next start");
      fresh.storage.directory = settings_.storage.directory;
    }
    configure_logging(fresh);
    fitted = fit_servers(fresh, changes);
    if (fitted) fitted = co_await fit_engine(fresh, changes);
    if (fitted) settings_ = std::move(fresh);
    if (fitted) retry_failed();
    begin_counters();
  }
  give_turn();
  if (!fitted) {
    log(LogLevel::error, "app", "The configuration could not be applied.",
        {{"error", fitted.error().message},
         {"remedy", "take away what the error names, then harrier apply"}});
    co_return fitted.error();
  }
  for (const auto& change : changes)
    log(LogLevel::info, "app", "Configuration applied.", {{"change", change}});
  co_return changes;
}

Task<std::string> Daemon::control(std::string command) {
  if (command == "apply") {
    std::vector<std::string> problems;
    const auto changes = co_await reload(problems);
    if (!stopping_) notifier_.status(status_line());
    co_return changes ? control_changes(*changes)
                      : control_error(changes.error().message, problems);
  }
  if (command == "status") co_return status_json();
  if (command == "nudge") {
    if (engine_) engine_->supervisor().nudge();
    co_return control_changes({});
  }
  if (command == "retry") {
    const auto outcome = co_await retry_quarantine(*stores_, catalog_, settings_);
    if (!outcome) co_return control_error(outcome.error().message);
    std::vector<std::string> lines(1, outcome->text());
    co_return control_changes(lines);
  }
  co_return control_error("unknown command");
}

}  // namespace harrier::app
