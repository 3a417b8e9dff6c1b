#include "ingest/error_policy.hpp"

#include "support/catch.hpp"

using namespace harrier;
using namespace std::chrono_literals;

TEST_CASE("Throttling waits exactly as long as the service asks", "[ingest][policy]") {
  Error error(Errc::throttled, "slow down");
  error.retry_after = 2128ms;
  const auto verdict = ingest::judge(error, 1, "X.Read", 0.5);
  CHECK(verdict.state == "throttled");
  CHECK(verdict.wait == 2128ms);
  CHECK_FALSE(verdict.parked);
}

TEST_CASE("A missing permission is named and tried again hourly", "[ingest][policy]") {
  const auto verdict =
      ingest::judge(Error(Errc::forbidden, "Forbidden"), 1, "ThreatHunting.Read.All", 0.5);
  CHECK(verdict.state == "denied");
  CHECK(verdict.reason.find("ThreatHunting.Read.All") != std::string::npos);
  CHECK(verdict.wait == std::chrono::hours(1));
  CHECK(verdict.parked);
}

TEST_CASE("An unlicensed table is tried again daily", "[ingest][policy]") {
  CHECK(ingest::judge(Error(Errc::unlicensed, "x"), 1, "", 0).wait == std::chrono::hours(24));
}

TEST_CASE("Transient errors back off with jitter, never hot, never beyond a quarter of an hour",
          "[ingest][policy]") {
  for (int attempt = 1; attempt < 40; ++attempt) {
    for (const double random : {0.0, 0.3, 0.999}) {
      const auto verdict = ingest::judge(Error(Errc::unavailable, "reset"), attempt, "", random);
      CHECK(verdict.wait >= 250ms);
      CHECK(verdict.wait <= 15min);
      CHECK(verdict.state == (attempt < 3 ? "" : "failing"));
    }
  }
}

TEST_CASE("A lasting failure says what it means, that it is tried again, and what to do",
          "[ingest][policy]") {
  const auto served = ingest::judge(Error(Errc::unavailable, "graph: status 500"), 3, "", 0.5);
  CHECK_THAT(served.reason,
             Catch::Contains("graph: status 500") && Catch::Contains("service health") &&
                 Catch::Contains("harrier doctor") &&
                 Catch::Contains("tried again by itself, at least every 15 minutes"));
  const auto stored = ingest::judge(Error(Errc::storage, "disk I/O error"), 1, "", 0.5);
  CHECK_THAT(stored.reason, Catch::Contains("disk I/O error") && Catch::Contains("rights"));
  const auto strange = ingest::judge(Error(Errc::protocol, "a torn body"), 3, "", 0.5);
  CHECK_THAT(strange.reason, Catch::Contains("a torn body") && Catch::Contains("report"));
}

TEST_CASE("A refused secret waits for a person", "[ingest][policy]") {
  Error error(Errc::auth, "the client secret is wrong");
  error.service_code = "AADSTS7000215";
  const auto verdict = ingest::judge(error, 1, "", 0);
  CHECK(verdict.state == "failing");
  CHECK(verdict.wait == 15min);
  CHECK(verdict.parked);
}
