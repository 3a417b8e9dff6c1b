#include "ingest/supervisor.hpp"

#include "support/captured_log.hpp"
#include "support/catch.hpp"

#include "supervisor_support.hpp"

#include <boost/asio/use_future.hpp>

using namespace harrier;
using namespace harrier::ingest;
using test::SlowTable;

namespace {

constexpr int kPolls = 10;

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("A catch-up says each minute how far it is and how long it takes", "[ingest]") {
  SlowTable table(kPolls, std::chrono::milliseconds(0));

  const test::CapturedLog log;
  auto done =
      asio::co_spawn(table.context, table.supervisor.run_once(table.settings), asio::use_future);
  table.context.run();

  const auto outcome = done.get();
  REQUIRE(outcome.has_value());
  CHECK(outcome->caught_up);
  // Nine polls leave something: the first says nothing, then one a minute.
  const std::string text = log.text();
  CHECK(count(text, "Catching up. stream=Slow") == 4);
  // A minute after the first of nine tenths, two of them are done and seven are left.
  CHECK_THAT(text, Catch::Contains("done_percent=22.2") && Catch::Contains("eta=3m"));
  REQUIRE(table.stores.saved.size() == kPolls);
  CHECK(table.stores.saved[2].state == "catching_up");
  CHECK_THAT(table.stores.saved[2].backfill,
             Catch::Contains("\"done\":0.2222,\"eta_seconds\":210"));
  CHECK(table.stores.saved.back().state == "ok");
}

TEST_CASE("Old rows are looked for often enough that none stays much longer than it should",
          "[ingest][retention]") {
  using std::chrono::hours;
  using std::chrono::minutes;
  // Four hours in polls of half a minute; every look opens the store, and a store that does not
  // open ends nothing.
  constexpr int kHalfMinutes = 480;
  for (const auto& [keep, looks] : {std::pair(minutes(0), 0),
                                    {hours(24 * 30), 4},
                                    {hours(24), 4},
                                    {minutes(90), 60},
                                    {minutes(10), 160}}) {
    CAPTURE(keep.count());
    SlowTable table(kHalfMinutes, keep);
    const auto work = [&]() -> asio::awaitable<void> {
      (void)co_await table.supervisor.apply(table.settings);
      while (table.stores.saved.size() < kHalfMinutes) co_await asio::post(asio::use_awaitable);
      (void)co_await table.supervisor.stop();
    };
    auto done = asio::co_spawn(table.context, work(), asio::use_future);
    const test::CapturedLog log;
    table.context.run();
    done.get();
    CHECK(table.stores.opened == looks);
  }
}

TEST_CASE("Streams that failed are tried again when asked to, throttled ones wait on",
          "[ingest][supervisor]") {
  Error throttled(Errc::throttled, "429");
  throttled.retry_after = std::chrono::hours(1);
  test::ScriptedTables tables({{"Denied", {Error(Errc::forbidden, "403")}},
                               {"Fine", {}},
                               {"Refused", {Error(Errc::auth, "wrong secret")}},
                               {"Throttled", {throttled}}});
  int woken = 0;
  const auto polled = [&](std::uint64_t polls) -> asio::awaitable<void> {
    while (tables.supervisor.polls() < polls || tables.stores.saved.size() < polls)
      co_await asio::post(asio::use_awaitable);
  };
  const auto work = [&]() -> asio::awaitable<void> {
    (void)co_await tables.supervisor.apply(tables.settings);
    co_await polled(4);
    CHECK(tables.state_of("Denied") == "denied");
    CHECK(tables.state_of("Refused") == "failing");
    // The last one saved its status; a turn of the loop later it waits.
    co_await asio::post(asio::use_awaitable);
    woken = tables.supervisor.retry();
    co_await polled(6);
    CHECK(tables.supervisor.retry() == 0);
    tables.supervisor.refresh_metrics();
    (void)co_await tables.supervisor.stop();
  };
  auto done = asio::co_spawn(tables.context, work(), asio::use_future);
  const test::CapturedLog log;
  tables.context.run();
  done.get();
  CHECK(woken == 2);
  CHECK(tables.state_of("Denied") == "ok");
  CHECK(tables.state_of("Refused") == "ok");
  CHECK(tables.state_of("Throttled") == "throttled");
  CHECK(tables.supervisor.polls() == 6);
  // Read every six hours, three minutes behind: the lag may grow to that.
  CHECK(tables.metrics.value("harrier_expected_lag_seconds", {{"table", "Fine"}}) ==
        6 * 3600 + 180);
}
