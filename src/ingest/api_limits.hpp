// The documented limit of each API, in one place.
#pragma once

#include "net/budget.hpp"
#include "settings/settings.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace harrier::ingest {

/// A budget that streams share, and the API it belongs to.
struct ApiLimit {
  std::string_view key;        ///< what streams.toml calls it in `api`
  std::string_view api;        ///< metrics label and endpoint: graph, defender or office365
  std::string_view connector;  ///< whose `calls_per_minute` and `concurrency` lower it
  double calls_per_minute;
  double burst;
  int concurrency;
  std::chrono::seconds span{60};  ///< over which the service counts
};

/// Every budget of a tenant.
/// Sources: Graph throttling limits by workload; advanced hunting and Defender for Endpoint API
/// limits; Office 365 Management Activity API (2,000 requests a minute and tenant).
[[nodiscard]] std::span<const ApiLimit> api_limits() noexcept;

/// The limits of `limit` with what the connector's section says. Hunting's rate is the least that
/// the service promises and grows with the tenant, so there the section may also raise it;
/// elsewhere it only lowers.
[[nodiscard]] net::BudgetLimits budget_limits(const ApiLimit& limit,
                                              const settings::Settings& settings);

}  // namespace harrier::ingest
