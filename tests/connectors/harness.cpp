#include "connectors/harness.hpp"

#include "support/ask_store.hpp"
#include "support/catch.hpp"

namespace harrier::test {

Task<Secret> FixedTokens::token(std::string scope) {
  Secret token("token-for-" + scope);
  co_return token;
}

void FixedTokens::invalidate(const std::string&, const Secret&) {
  ++invalidated;
}

Harness::Harness(std::vector<std::string> tables)
    : catalog_(model::Catalog::load_embedded().value()),
      connectors_(connectors::make_connectors()) {
  settings.tenant.id = "11111111-2222-3333-4444-555555555555";
  settings.storage.directory = dir_.path() / "stores";
  settings.storage.min_free_bytes = 0;
  for (const auto& name : tables) {
    const auto table = catalog_.find(name);
    REQUIRE(table != nullptr);
    auto& section = settings.connectors[table->connector];
    section.enabled = true;
    section.tables[name].enabled = true;
  }
  open();
}

Harness::~Harness() = default;

void Harness::open() {
  stores_ = std::move(storage::open_store_set(settings.storage.directory, clock).value());
  if (before_stores) stores_ = before_stores(std::move(stores_));
  http_ = std::move(net::make_http_client(context_.get_executor(), http).value());
  services_.reset(new ingest::Services{*stores_, catalog_, {}, clock, metrics, settings.tenant.id});
  for (const auto& limit : ingest::api_limits()) {
    net::BudgetLimits limits;
    limits.calls_per_minute = 1e6;
    limits.burst = 1e6;
    limits.concurrency = limit.concurrency;
    net::ApiOptions options;
    options.name = limit.api;
    options.base_url = base_url.empty() ? server.url() : base_url;
    options.scope = "scope";
    options.timeout = std::chrono::seconds(2);
    budgets_.push_back(std::make_unique<net::Budget>(std::string(limit.key), limits));
    apis_.push_back(std::make_unique<net::ApiClient>(options, *http_, tokens, *budgets_.back(),
                                                     clock, metrics));
    services_->apis.emplace(std::string(limit.key), apis_.back().get());
  }
}

void Harness::restart() {
  services_.reset();
  apis_.clear();
  budgets_.clear();
  http_.reset();
  stores_.reset();
  open();
}

ingest::OnceOutcome Harness::once() {
  ingest::OnceOutcome outcome;
  // The shortest of the waits that chance could choose.
  ingest::Supervisor supervisor(context_.get_executor(), connectors_, *services_,
                                [] { return 0.0; });
  const auto work = [&]() -> asio::awaitable<void> {
    auto collected = co_await supervisor.run_once(settings);
    if (collected) outcome = std::move(*collected);
    (void)co_await supervisor.stop();
  };
  asio::co_spawn(context_, work(), [](std::exception_ptr) {});
  context_.restart();
  context_.run();
  return outcome;
}

std::string Harness::state(const ingest::OnceOutcome& outcome, const std::string& table) const {
  for (const auto& entry : outcome.tables) {
    if (entry.status.table == table) return entry.status.state;
  }
  return "no table";
}

std::string Harness::ask(const std::string& table, const std::string& sql) const {
  return ask_store(settings.storage.directory / (table + ".db"), sql);
}

}  // namespace harrier::test
