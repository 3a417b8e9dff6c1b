// What the scenarios have in common: stores that hold exactly what the sandbox served.
#pragma once

#include "support/catch.hpp"

#include "e2e/tenant.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace harrier::test {

/// The stores equal the sandbox's ledger, event by event. `more`: options of `compare`.
inline void expect_equal(const Tenant& tenant, const std::vector<std::string>& more = {}) {
  const auto compared = tenant.compare(more);
  INFO(compared.output);
  CHECK(compared.code == 0);
}

/// Collects to the end, which must succeed, and compares.
inline void collect_and_compare(const Tenant& tenant) {
  const auto once = tenant.once();
  INFO(once.output);
  REQUIRE(once.code == 0);
  expect_equal(tenant);
}

/// Waits until a running daemon's stores are complete; how long that takes is not judged.
inline bool becomes_complete(const Tenant& tenant) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (std::chrono::steady_clock::now() < end) {
    if (tenant.compare().code == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  return false;
}

}  // namespace harrier::test
