#include "app/engine.hpp"

#include "ingest/api_limits.hpp"
#include "net/beast_client.hpp"
#include "net/token_sources.hpp"

#include <algorithm>

namespace harrier::app {

namespace {

std::map<std::string, net::BudgetLimits> limits_of(const settings::Settings& settings) {
  std::map<std::string, net::BudgetLimits> all;
  for (const auto& limit : ingest::api_limits())
    all.emplace(limit.key, ingest::budget_limits(limit, settings));
  return all;
}

bool same_limits(const net::BudgetLimits& a, const net::BudgetLimits& b) {
  return a.calls_per_minute == b.calls_per_minute && a.concurrency == b.concurrency;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::make(const settings::Settings& settings,
                                             const EngineParts& parts) {
  std::unique_ptr<Engine> engine(new Engine(parts));
  engine->tenant_ = settings.tenant;
  engine->network_ = settings.network;
  engine->limits_ = limits_of(settings);
  HARRIER_TRY(auto options, net::http_options(settings.network));
  HARRIER_TRY(engine->http_, net::make_http_client(parts.executor, std::move(options)));
  HARRIER_TRY(engine->tokens_,
              net::make_token_source(settings.tenant, *engine->http_, parts.clock, parts.metrics));
  engine->services_.reset(new ingest::Services{
      parts.stores, parts.catalog, {}, parts.clock, parts.metrics, settings.tenant.id});
  for (const auto& limit : ingest::api_limits()) engine->add_api(limit, settings);
  engine->supervisor_ =
      std::make_unique<ingest::Supervisor>(parts.executor, parts.connectors, *engine->services_);
  return engine;
}

void Engine::add_api(const ingest::ApiLimit& limit, const settings::Settings& settings) {
  const auto& tenant = settings.tenant;
  net::ApiOptions options;
  options.name = limit.api;
  options.base_url = limit.api == "defender"    ? tenant.endpoints.defender
                     : limit.api == "office365" ? tenant.endpoints.office365
                                                : tenant.endpoints.graph;
  options.scope = limit.api == "defender"    ? tenant.scopes.defender
                  : limit.api == "office365" ? tenant.scopes.office365
                                             : tenant.scopes.graph;
  options.timeout = settings.network.request_timeout;
  budgets_.push_back(
      std::make_unique<net::Budget>(std::string(limit.key), limits_[std::string(limit.key)]));
  apis_.push_back(std::make_unique<net::ApiClient>(std::move(options), *http_, *tokens_,
                                                   *budgets_.back(), parts_.clock, parts_.metrics));
  services_->apis.emplace(std::string(limit.key), apis_.back().get());
}

bool Engine::fits(const settings::Settings& settings) const {
  const auto limits = limits_of(settings);
  return settings.tenant == tenant_ && settings.network == network_ &&
         std::equal(limits.begin(), limits.end(), limits_.begin(), limits_.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && same_limits(a.second, b.second);
                    });
}

void Engine::refresh_metrics() {
  supervisor_->refresh_metrics();
  for (const auto& api : apis_) {
    const auto& budget = api->budget();
    const Labels labels = {{"api", api->options().name}, {"budget", budget.name()}};
    parts_.metrics.set("harrier_budget_waiting", labels, budget.waiting());
    parts_.metrics.set("harrier_budget_calls_per_minute", labels, budget.calls_per_minute());
    if (const auto expiry = tokens_->expiry(api->options().scope))
      parts_.metrics.set("harrier_token_expiry_timestamp_seconds", {{"api", api->options().name}},
                         to_unix_seconds(*expiry));
  }
  if (const auto expiry = tokens_->credential_expiry())
    parts_.metrics.set("harrier_credential_expiry_timestamp_seconds", {}, to_unix_seconds(*expiry));
}

void declare_metrics(Metrics& metrics) {
  using Kind = Metrics::Kind;
  metrics.declare("harrier_rows", Kind::counter, "New rows stored.");
  metrics.declare("harrier_duplicates", Kind::counter,
                  "Rows dropped because they were stored already, overlaps included.");
  metrics.declare("harrier_late_rows", Kind::counter, "New rows found in windows that were done.");
  metrics.declare("harrier_quarantined", Kind::counter, "Records that could not be stored.");
  metrics.declare("harrier_lag_seconds", Kind::gauge,
                  "Seconds from the end of the newest done window to now.");
  metrics.declare("harrier_expected_lag_seconds", Kind::gauge,
                  "Seconds of lag that the table reaches before its next poll when all is well.");
  metrics.declare("harrier_last_success_timestamp_seconds", Kind::gauge,
                  "Unix time when a window was last brought to its end.");
  metrics.declare("harrier_last_event_timestamp_seconds", Kind::gauge,
                  "Unix time of the newest event in the store.");
  metrics.declare("harrier_windows", Kind::gauge,
                  "Windows of the ledger by state: pending, done, partial, lost.");
  metrics.declare("harrier_store_bytes", Kind::gauge, "Bytes of the store and its log on disk.");
  metrics.declare("harrier_commit_duration_seconds", Kind::histogram,
                  "Seconds that the commit of a page took.",
                  {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10});
  metrics.declare("harrier_token_expiry_timestamp_seconds", Kind::gauge,
                  "Unix time when the token in use expires; it is renewed before.");
  metrics.declare("harrier_credential_expiry_timestamp_seconds", Kind::gauge,
                  "Unix time when the certificate of the application expires.");
  metrics.declare("harrier_budget_waiting", Kind::gauge,
                  "Requests that wait now for their turn in a budget.");
  metrics.declare(
      "harrier_budget_calls_per_minute", Kind::gauge,
      "Calls a minute that a budget allows; fewer than the limit after throttling answers.");
  metrics.declare("harrier_build_info", Kind::gauge,
                  "Always 1; the label is the version that runs.");
  metrics.set("harrier_build_info", {{"version", HARRIER_VERSION}}, 1);
}

}  // namespace harrier::app
