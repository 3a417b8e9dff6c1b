#include "ingest/api_limits.hpp"

#include "net/pace.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace harrier;
using namespace std::chrono_literals;
using net::Pace;

namespace {

// When calls start that are always wanted, with a rest in the middle that fills the bucket.
std::vector<Pace::SteadyTime> greedy_starts(const net::BudgetLimits& limits) {
  const Pace::SteadyTime begin{1000h};
  std::vector<Pace::SteadyTime> starts;
  auto now = begin;
  Pace pace(limits, now);
  while (now < begin + 20min) {
    if (const auto wait = pace.delay(now); wait > 0ns) {
      now += wait;
      continue;
    }
    pace.started(now);
    starts.push_back(now);
    if (now > begin + 5min && now < begin + 10min) now = begin + 10min;
  }
  return starts;
}

// The most starts that lie within one `span`, wherever it begins.
long crowd(const std::vector<Pace::SteadyTime>& starts, std::chrono::seconds span) {
  long most = 0;
  for (auto from = starts.begin(); from != starts.end(); ++from)
    most = std::max(most, std::lower_bound(from, starts.end(), *from + span) - from);
  return most;
}

}  // namespace

TEST_CASE("No minute exceeds the limit of any API, after a rest neither", "[ingest][budget]") {
  for (const auto& limit : ingest::api_limits()) {
    INFO(limit.key);
    const auto starts = greedy_starts(ingest::budget_limits(limit, {}));
    CHECK(static_cast<double>(crowd(starts, 60s)) <= limit.calls_per_minute);
    CHECK(static_cast<double>(crowd(starts, limit.span)) <=
          limit.calls_per_minute * static_cast<double>(limit.span.count()) / 60);
    // And the limit is used: 15 minutes of calls, less what the margin costs.
    CHECK(static_cast<double>(starts.size()) >= 13.5 * limit.calls_per_minute);
  }
}

TEST_CASE("Reports start five calls in ten seconds at most", "[ingest][budget]") {
  for (const auto& limit : ingest::api_limits()) {
    if (limit.key == "graph_reports")
      CHECK(crowd(greedy_starts(ingest::budget_limits(limit, {})), 10s) == 5);
  }
}

TEST_CASE("A section lowers the minute, not only the average", "[ingest][budget]") {
  settings::Settings settings;
  settings.connectors["graph_security"].calls_per_minute = 7;
  for (const auto& limit : ingest::api_limits()) {
    if (limit.connector != "graph_security") continue;
    INFO(limit.key);
    CHECK(crowd(greedy_starts(ingest::budget_limits(limit, settings)), 60s) <= 7);
  }
}
