// One stream of a connector against a scripted service, with real stores and a real HTTP client.
#pragma once

#include "connectors/connectors.hpp"
#include "ingest/api_limits.hpp"
#include "ingest/supervisor.hpp"
#include "net/beast_client.hpp"
#include "storage/store_set.hpp"
#include "support/fake_server.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace harrier::test {

/// Hands out the same token every time and counts how often it was refused.
class FixedTokens final : public net::TokenSource {
 public:
  Task<Secret> token(std::string scope) override;
  void invalidate(const std::string& scope, const Secret& used) override;

  std::optional<Instant> expiry(const std::string&) const override { return std::nullopt; }

  std::optional<Instant> credential_expiry() const override { return std::nullopt; }

  int invalidated = 0;
};

/// The system's clock, moved.
class MovedClock final : public Clock {
 public:
  Instant now() const noexcept override { return SystemClock().now() + ahead; }

  Ticks ahead{0};
};

/// A tenant whose every API is `server`, collecting `tables`.
class Harness {
 public:
  explicit Harness(std::vector<std::string> tables);
  ~Harness();
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  /// Polls everything to its end, as `harrierd --once` does.
  ingest::OnceOutcome once();
  /// The state that the table ended in.
  [[nodiscard]] std::string state(const ingest::OnceOutcome& outcome,
                                  const std::string& table) const;
  /// The first value of a query on the table's store, as text.
  [[nodiscard]] std::string ask(const std::string& table, const std::string& sql) const;
  /// Closes the stores and opens them again, as a new process would.
  void restart();

  FakeServer server;
  settings::Settings settings;
  FixedTokens tokens;
  Metrics metrics;
  MovedClock clock;
  /// The way to the service, and its address where that is not `server`'s: from the next restart.
  net::HttpOptions http;
  std::string base_url;
  /// What stands before the stores: from the next restart.
  std::function<std::unique_ptr<model::StoreSet>(std::unique_ptr<model::StoreSet>)> before_stores;

 private:
  void open();

  TempDir dir_;
  model::Catalog catalog_;
  asio::io_context context_;
  ingest::Connectors connectors_;
  std::unique_ptr<model::StoreSet> stores_;
  std::unique_ptr<net::HttpClient> http_;
  std::vector<std::unique_ptr<net::Budget>> budgets_;
  std::vector<std::unique_ptr<net::ApiClient>> apis_;
  std::unique_ptr<ingest::Services> services_;
};

}  // namespace harrier::test
