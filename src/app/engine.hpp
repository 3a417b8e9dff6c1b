// Everything that collects for one tenant and network: HTTP client, tokens, budgets, API clients,
// supervisor.
#pragma once

#include "base/metrics.hpp"
#include "ingest/supervisor.hpp"
#include "net/api_client.hpp"
#include "net/budget.hpp"
#include "net/http.hpp"
#include "net/token.hpp"
#include "settings/settings.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace harrier::ingest {
struct ApiLimit;
}

namespace harrier::app {

/// What an engine is made of besides settings; all outlive it.
struct EngineParts {
  asio::any_io_executor executor;
  const model::Catalog& catalog;
  const ingest::Connectors& connectors;
  model::StoreSet& stores;
  const Clock& clock;
  Metrics& metrics;
};

/// I/O thread only. `supervisor().stop()` must have finished before it is destroyed.
class Engine {
 public:
  /// Errors: config (credential files, CA file).
  [[nodiscard]] static Result<std::unique_ptr<Engine>> make(const settings::Settings& settings,
                                                            const EngineParts& parts);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] ingest::Supervisor& supervisor() noexcept { return *supervisor_; }

  [[nodiscard]] ingest::Services& services() noexcept { return *services_; }

  [[nodiscard]] net::TokenSource& tokens() noexcept { return *tokens_; }

  [[nodiscard]] net::HttpClient& http() noexcept { return *http_; }

  /// False when `settings` name another tenant, network or budget: a new engine is needed.
  [[nodiscard]] bool fits(const settings::Settings& settings) const;
  /// Sets the gauges that change with time. Call before exposing metrics.
  void refresh_metrics();

 private:
  explicit Engine(const EngineParts& parts) : parts_(parts) {}

  void add_api(const ingest::ApiLimit& limit, const settings::Settings& settings);

  EngineParts parts_;
  settings::Tenant tenant_;
  settings::Network network_;
  std::map<std::string, net::BudgetLimits> limits_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<net::TokenSource> tokens_;
  std::vector<std::unique_ptr<net::Budget>> budgets_;
  std::vector<std::unique_ptr<net::ApiClient>> apis_;
  std::unique_ptr<ingest::Services> services_;
  std::unique_ptr<ingest::Supervisor> supervisor_;
};

/// Declares every metric of the daemon (see docs/metrics.md).
void declare_metrics(Metrics& metrics);

}  // namespace harrier::app
