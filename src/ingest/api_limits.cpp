#include "ingest/api_limits.hpp"

#include <algorithm>
#include <array>

namespace harrier::ingest {

namespace {

// Hunting takes one query at a time, so that the analysts' share of CPU stays theirs. Reports allow
// 5 calls in 10 s, identity protection one a second for all applications of the tenant together, of
// which half is left to others.
constexpr std::array<ApiLimit, 8> kLimits = {{
    {"hunting", "graph", "microsoft365_defender", 45, 45, 1},
    {"defender", "defender", "microsoft365_defender", 90, 10, 2},
    {"defender_exports", "defender", "microsoft365_defender", 25, 2, 1},
    {"graph_security", "graph", "graph_security", 140, 20, 3},
    {"graph_reports", "graph", "graph_security", 30, 5, 2, std::chrono::seconds(10)},
    {"graph_identity", "graph", "graph_security", 30, 1, 1},
    {"graph_directory", "graph", "graph_security", 300, 20, 2},
    {"office365", "office365", "office365_management", 1800, 40, 4},
}};

}  // namespace

std::span<const ApiLimit> api_limits() noexcept {
  return kLimits;
}

net::BudgetLimits budget_limits(const ApiLimit& limit, const settings::Settings& settings) {
  net::BudgetLimits limits;
  limits.calls_per_minute = limit.calls_per_minute;
  limits.burst = limit.burst;
  limits.concurrency = limit.concurrency;
  limits.span = limit.span;
  const auto section = settings.connectors.find(limit.connector);
  if (section == settings.connectors.end()) return limits;
  if (const auto rate = section->second.calls_per_minute) {
    const bool may_raise = limit.key == "hunting";
    limits.calls_per_minute =
        may_raise ? *rate : std::min(limits.calls_per_minute, static_cast<double>(*rate));
    limits.burst = std::clamp(limits.burst, 1.0, std::max(1.0, limits.calls_per_minute));
    if (may_raise)
      limits.burst = std::max(limits.burst, std::min(limits.calls_per_minute, 1000.0) / 4);
  }
  if (const auto concurrency = section->second.concurrency)
    limits.concurrency = std::min(limits.concurrency, std::max(*concurrency, 1));
  return limits;
}

}  // namespace harrier::ingest
