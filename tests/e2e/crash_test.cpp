// The daemon killed at every named step, for all kinds of streams, and judged event by event.
#include "support/catch.hpp"

#include "e2e/streams.hpp"

#include <filesystem>
#include <iostream>
#include <random>
#include <signal.h>
#include <thread>

using namespace harrier::test;

namespace {

constexpr const char* kSteps[] = {"begin", "rows", "quarantine", "marks", "committed"};
constexpr int kKilled = 128 + SIGKILL;

// With records among them that do not parse.
std::vector<std::string> with_malformed(const char* events) {
  auto options = every_kind(events);
  options.insert(options.end(), {"--malformed", "DeviceEvents:2"});
  return options;
}

void require_complete(const Tenant& tenant) {
  const auto once = tenant.once();
  INFO(once.output.substr(0, 4000));
  REQUIRE(once.code == 0);
  const auto compared = tenant.compare(kQuickTables);
  INFO(compared.output);
  REQUIRE(compared.code == 0);
  const auto verified = tenant.harrier({"verify"});
  INFO(verified.output);
  REQUIRE(verified.code == 0);
}

}  // namespace

TEST_CASE("Kills at every named step lose nothing and double nothing", "[e2e][crash]") {
  const Tenant tenant(with_malformed("150"));
  leave_out_the_slow(tenant);
  int kills = 0;
  for (const char* step : kSteps) {
    CAPTURE(step);
    std::filesystem::remove_all(tenant.stores());
    int of_step = 0;
    for (int pass = 1; pass <= 3; ++pass) {
      if (tenant.once_dying_at(step, pass).code == kKilled) ++of_step;
    }
    CHECK(of_step > 0);
    kills += of_step;
    require_complete(tenant);
  }
  std::cout << kills << " kills at 5 named steps of 3 kinds of streams: stores complete\n";
}

TEST_CASE("A kill at every pass of every step, each from empty stores", "[.][e2e][crash][long]") {
  const Tenant tenant(with_malformed("150"));
  leave_out_the_slow(tenant);
  int kills = 0;
  for (const char* step : kSteps) {
    for (int pass = 1;; ++pass) {
      CAPTURE(step, pass);
      std::filesystem::remove_all(tenant.stores());
      if (tenant.once_dying_at(step, pass).code != kKilled) break;
      ++kills;
      require_complete(tenant);
    }
  }
  std::cout << kills << " kills, one at each pass of each step: stores complete every time\n";
  CHECK(kills > 50);
}

TEST_CASE("Three hundred kills at random moments lose nothing and double nothing",
          "[.][e2e][crash][long]") {
  const Tenant tenant(with_malformed("20000"));
  leave_out_the_slow(tenant);
  std::mt19937 random(20261124);
  for (int kill = 1; kill <= 300; ++kill) {
    const auto daemon = tenant.daemon();
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 900));
    daemon->signal(SIGKILL);
    REQUIRE(daemon->wait(std::chrono::seconds(10)) >= 0);
    if (kill % 60 == 0) CHECK(tenant.harrier({"verify"}).code != 2);
  }
  require_complete(tenant);
  std::cout << "300 kills at random moments: stores complete\n";
}
