#include "ingest/planner.hpp"

#include "support/catch.hpp"

#include <random>

using namespace harrier;
using ingest::AdaptiveWidth;
using ingest::WindowRules;
using model::Ledger;
using model::Window;
using model::WindowState;

namespace {

constexpr Ticks kHour = std::chrono::hours(1);
constexpr Instant kNow{739'000 * kTicksPerDay};

}  // namespace

TEST_CASE("A new stream begins at its origin and reads to the horizon, oldest first",
          "[ingest][planner]") {
  Ledger ledger;
  const WindowRules rules;

  CHECK_FALSE(ingest::advance(ledger, kNow - 24 * kHour, kNow, kNow, rules));

  const auto window = ingest::next_window(ledger, kHour, false, rules);
  REQUIRE(window.has_value());
  CHECK(*window == Window{kNow - 24 * kHour, kNow - 23 * kHour});
}

TEST_CASE("The newest span is not starved by a backlog", "[ingest][planner]") {
  Ledger ledger;
  const WindowRules rules;
  ingest::advance(ledger, kNow - 24 * 6 * kHour, kNow, kNow, rules);

  const auto newest = ingest::next_window(ledger, kHour, true, rules);

  REQUIRE(newest.has_value());
  CHECK(*newest == Window{kNow - rules.poll_interval, kNow});
  ledger.mark(*newest, WindowState::done);
  CHECK(ingest::next_window(ledger, kHour, false, rules)->from == kNow - 24 * 6 * kHour);
}

TEST_CASE("After six days off the past is read oldest first, and the newest within each interval",
          "[ingest][planner]") {
  const WindowRules rules;
  const Ticks request = std::chrono::seconds(20);
  const Instant off_since = kNow - 24 * 6 * kHour;
  Ledger ledger({{{off_since - kHour, off_since}, WindowState::done, ""}});
  Instant now = kNow;
  Instant newest_read = now - rules.poll_interval;
  Instant past = off_since;
  int steps = 0;
  for (;; ++steps) {
    REQUIRE(steps < 1'000);
    INFO("step " << steps);
    const bool due = now - newest_read >= rules.poll_interval;
    if (due) ingest::advance(ledger, off_since, now, now, rules);
    const auto window = ingest::next_window(ledger, kHour / 2, due, rules);
    if (!window) break;
    if (due) {
      // The newest comes first, whatever is behind, and without a gap to the newest before.
      CHECK(*window == Window{newest_read, now});
      CHECK(now - newest_read < rules.poll_interval + request);
      newest_read = now;
    } else {
      CHECK(window->from == past);
      past = window->to;
    }
    ledger.mark(*window, WindowState::done);
    now = now + request;
  }
  CHECK(ledger.entries().size() == 1);
  CHECK(ledger.counts().done == 1);
  // 288 windows of half an hour, and the newest with every fifteenth request.
  CHECK(steps <= 288 * 15 / 14 + 2);
}

TEST_CASE("What the service no longer keeps is lost, and said so", "[ingest][planner]") {
  Ledger ledger({{{kNow - 24 * 40 * kHour, kNow - 24 * 35 * kHour}, WindowState::done, ""}});
  const WindowRules rules;

  CHECK(ingest::advance(ledger, kNow, kNow, kNow, rules));

  CHECK(ledger.counts().lost == 1);
  CHECK(ledger.holes().empty());
  CHECK(ingest::next_window(ledger, kHour, false, rules)->from == kNow - rules.retention);
}

TEST_CASE("Whatever answers come, planning covers every moment and ends", "[ingest][planner]") {
  std::mt19937 random(11);
  WindowRules rules;
  Ledger ledger;
  AdaptiveWidth width(kHour, rules);
  ingest::advance(ledger, kNow - 48 * kHour, kNow, kNow, rules);
  int steps = 0;
  while (const auto window = ingest::next_window(ledger, width.width(), random() % 5 == 0, rules)) {
    REQUIRE(++steps < 5'000);
    REQUIRE(window->length() >= rules.min_width);
    // Between a tenth of the limit and four times of it an hour.
    const double per_hour = 0.1 + static_cast<double>(random() % 40) / 10;
    const double fill =
        per_hour * std::chrono::duration<double, std::ratio<3600>>(window->length()).count();
    if (fill >= 0.95) {
      width.refused(window->length());
    } else {
      ledger.mark(*window, WindowState::done);
      width.accepted(window->length(), fill);
    }
  }
  CHECK(ledger.entries().size() == 1);
  CHECK(ledger.counts().done == 1);
}

TEST_CASE("Windows are halved when an answer was cut and widened after three quiet ones",
          "[ingest][planner]") {
  const WindowRules rules;
  AdaptiveWidth width(kHour, rules);
  width.refused(kHour);
  CHECK(width.width() == kHour / 2);
  for (int i = 0; i < 3; ++i) width.accepted(kHour / 2, 0.1);
  CHECK(width.width() == kHour);
  for (int i = 0; i < 40; ++i) width.refused(width.width());
  CHECK(width.at_minimum());
  CHECK(width.width() == rules.min_width);
}

TEST_CASE("A nearly empty answer widens the windows at once, never beyond the limit",
          "[ingest][planner]") {
  WindowRules rules;
  rules.max_width = 24 * kHour;
  AdaptiveWidth width(kHour, rules);
  width.accepted(kHour, 0.04);
  CHECK(width.width() == kHour);
  width.accepted(kHour, 0.001);
  CHECK(width.width() == 8 * kHour);
  width.accepted(kHour, 0);  // a rest shorter than the width tells nothing
  CHECK(width.width() == 8 * kHour);
  width.accepted(8 * kHour, 0);
  CHECK(width.width() == rules.max_width);
}

TEST_CASE("No window is longer than the service takes", "[ingest][planner]") {
  Ledger ledger;
  WindowRules rules;
  rules.max_width = 24 * kHour;
  ingest::advance(ledger, kNow - 25 * kHour, kNow, kNow, rules);
  CHECK(ingest::next_window(ledger, rules.max_width, false, rules)->length() == 24 * kHour);
}
