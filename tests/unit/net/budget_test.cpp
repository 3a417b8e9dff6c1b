#include "net/budget.hpp"

#include "support/captured_log.hpp"

#include "unit/net/net_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>

#include <vector>

using namespace harrier;
using namespace std::chrono_literals;
using net::Budget;
using net::BudgetLimits;

namespace {

BudgetLimits limits(double per_minute, double burst, int concurrency) {
  BudgetLimits out;
  out.calls_per_minute = per_minute;
  out.burst = burst;
  out.concurrency = concurrency;
  return out;
}

struct SteadyClock {
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::time_point(1000h);
};

Task<> call_and_note(Budget& budget, std::vector<int>& order, int number, std::string caller = {}) {
  HARRIER_CO_TRY(const Budget::Permit permit, co_await budget.acquire(std::move(caller)));
  order.push_back(number);
  co_return Result<>();
}

}  // namespace

TEST_CASE("Callers beyond the concurrency wait for a place, first come first served",
          "[net][budget]") {
  test::Loop loop;
  Budget budget("test", limits(60'000, 100, 2));
  auto first = loop.run(budget.acquire()).value();
  auto second = loop.run(budget.acquire()).value();
  std::vector<int> order;
  for (int i = 0; i < 4; ++i)
    asio::co_spawn(loop.context(), call_and_note(budget, order, i), asio::detached);
  loop.context().restart();
  loop.context().poll();
  CHECK(order.empty());
  CHECK(budget.waiting() == 4);

  first = Budget::Permit();
  loop.context().restart();
  loop.context().run();

  CHECK(order == std::vector<int>{0, 1, 2, 3});
  CHECK(budget.waiting() == 0);
}

TEST_CASE("A burst starts at once, the next call waits for its token", "[net][budget]") {
  test::Loop loop;
  Budget budget("test", limits(3'000, 3, 10));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) REQUIRE(loop.run(budget.acquire()).has_value());
  // Two tokens of 20 ms each had to grow.
  CHECK(std::chrono::steady_clock::now() - start >= 39ms);
}

TEST_CASE("A throttling answer stops everyone and halves the rate once", "[net][budget]") {
  SteadyClock clock;
  Budget budget("test", limits(60, 5, 4), [&clock] { return clock.now; });
  budget.throttled(30s);
  budget.throttled(20s);
  CHECK(budget.calls_per_minute() == 30);
  CHECK(budget.blocked_for() == 30s);

  clock.now += 30s;
  CHECK(budget.blocked_for() == 0ms);
  budget.throttled(1s);
  CHECK(budget.calls_per_minute() == 15);
}

TEST_CASE("The wait that a service asks for is kept, and one call may start right after it",
          "[net][budget]") {
  test::Loop loop;
  Budget budget("test", limits(60, 5, 4));
  budget.throttled(30ms);
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(loop.run(budget.acquire()).has_value());
  CHECK(std::chrono::steady_clock::now() - start >= 30ms);
}

TEST_CASE("Each quiet minute wins a tenth back", "[net][budget]") {
  test::Loop loop;
  SteadyClock clock;
  Budget budget("test", limits(60, 5, 4), [&clock] { return clock.now; });
  budget.throttled(10s);
  clock.now += 10s + 59s;
  REQUIRE(loop.run(budget.acquire()).has_value());
  CHECK(budget.calls_per_minute() == 30);

  clock.now += 1s;
  REQUIRE(loop.run(budget.acquire()).has_value());
  CHECK(budget.calls_per_minute() == Approx(36));

  clock.now += 10min;
  REQUIRE(loop.run(budget.acquire()).has_value());
  CHECK(budget.calls_per_minute() == 60);
}

TEST_CASE("A caller that is cancelled leaves the queue to the others", "[net][budget]") {
  test::Loop loop;
  Budget budget("test", limits(60'000, 100, 1));
  auto held = loop.run(budget.acquire()).value();
  std::vector<int> order;
  asio::cancellation_signal signal;
  asio::co_spawn(loop.context(), call_and_note(budget, order, 0),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  asio::co_spawn(loop.context(), call_and_note(budget, order, 1), asio::detached);
  loop.context().restart();
  loop.context().poll();

  signal.emit(asio::cancellation_type::terminal);
  loop.context().restart();
  loop.context().poll();
  held = Budget::Permit();
  loop.context().restart();
  loop.context().run();

  CHECK(order == std::vector<int>{1});
  CHECK(budget.waiting() == 0);
}

TEST_CASE("Who waits long for a budget is named, once a minute", "[net][budget]") {
  test::Loop loop;
  SteadyClock clock;
  Budget budget("hunting", limits(60'000, 100, 1), [&clock] { return clock.now; });
  std::vector<int> order;
  const test::CapturedLog log;
  const auto wait = [&](std::chrono::seconds how_long, const char* caller) {
    auto held = loop.run(budget.acquire()).value();
    asio::co_spawn(loop.context(), call_and_note(budget, order, 0, caller), asio::detached);
    loop.context().restart();
    loop.context().poll();
    clock.now += how_long;
    held = Budget::Permit();
    loop.context().restart();
    loop.context().run();
  };
  wait(2s, "Patient");
  wait(8s, "DeviceEvents");
  wait(8s, "TooSoon");
  wait(61s, "EmailEvents");

  const std::string text = log.text();
  CHECK(order.size() == 4);
  CHECK_THAT(text, Catch::Contains("budget=hunting") && Catch::Contains("stream=DeviceEvents") &&
                       Catch::Contains("waited_s=8") && Catch::Contains("stream=EmailEvents"));
  CHECK_THAT(text, !Catch::Contains("Patient") && !Catch::Contains("TooSoon"));
}
