#include "net/pace.hpp"

#include "support/catch.hpp"

using harrier::net::BudgetLimits;
using harrier::net::Pace;
using namespace std::chrono_literals;

namespace {

const Pace::SteadyTime kStart{1000h};

BudgetLimits limits(double per_minute, double burst) {
  BudgetLimits out;
  out.calls_per_minute = per_minute;
  out.burst = burst;
  return out;
}

}  // namespace

TEST_CASE("A full bucket starts at once, yet its minute never sees more than the limit",
          "[net][budget]") {
  Pace pace(limits(45, 45), kStart);
  for (int i = 0; i < 45; ++i) {
    REQUIRE(pace.delay(kStart) == 0ns);
    pace.started(kStart);
  }
  CHECK(pace.delay(kStart + 1s) > 58s);
  CHECK(pace.delay(kStart + 59s) > 1s);
  CHECK(pace.delay(kStart + 62s) == 0ns);
}

TEST_CASE("A service that counts over less than a minute is kept to its share", "[net][budget]") {
  auto reports = limits(30, 5);
  reports.span = 10s;
  Pace pace(reports, kStart);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(pace.delay(kStart) == 0ns);
    pace.started(kStart);
  }
  CHECK(pace.delay(kStart + 9s) > 1s);
  CHECK(pace.delay(kStart + 11s) == 0ns);
}

TEST_CASE("A limit below one call a minute is kept as well", "[net][budget]") {
  Pace pace(limits(0.5, 1), kStart);
  pace.started(kStart);
  CHECK(pace.delay(kStart + 100s) > 19s);
  CHECK(pace.delay(kStart + 2min) == 0ns);
}
