#include "net/retry.hpp"

#include "support/catch.hpp"

#include <set>

using namespace harrier;
using namespace std::chrono_literals;
using net::parse_retry_after;

namespace {

const Instant kNow = parse_instant("2026-11-24T10:00:00Z").value();

}  // namespace

TEST_CASE("Retry-After is read in every form", "[net][retry]") {
  CHECK(parse_retry_after("10", "", kNow) == 10'000ms);
  CHECK(parse_retry_after(" 0 ", "", kNow) == 0ms);
  CHECK(parse_retry_after("2.128", "", kNow) == 2'128ms);
  CHECK(parse_retry_after("0.0004", "", kNow) == 1ms);
  CHECK(parse_retry_after("Tue, 24 Nov 2026 10:01:30 GMT", "", kNow) == 90'000ms);
  CHECK(parse_retry_after("Tue, 24 Nov 2026 09:00:00 GMT", "", kNow) == 0ms);
}

TEST_CASE("Retry-After is bounded", "[net][retry]") {
  CHECK(parse_retry_after("1209600", "", kNow) == 3'600'000ms);
  CHECK(parse_retry_after("1e300", "", kNow) == std::nullopt);
  CHECK(parse_retry_after("-5", "", kNow) == 0ms);
  CHECK(parse_retry_after("99999999999999999999999999", "", kNow) == 3'600'000ms);
}

TEST_CASE("Without a header the text of the body counts", "[net][retry]") {
  CHECK(parse_retry_after("", "Too many requests. Try again in 27 seconds.", kNow) == 27'000ms);
  CHECK(parse_retry_after("", "You can send requests again in 1.5 Seconds", kNow) == 1'500ms);
  CHECK(parse_retry_after("", "limit of 45 calls; wait 12 second(s)", kNow) == 12'000ms);
  CHECK(parse_retry_after("", "You may run queries again in 10 minutes", kNow) == 600'000ms);
  CHECK(parse_retry_after("", "blocked; try again in 00:07:30.", kNow) == 450'000ms);
  CHECK(parse_retry_after("soon", "retry after 3 seconds", kNow) == 3'000ms);
}

TEST_CASE("A quota is not a waiting time", "[net][retry]") {
  CHECK(parse_retry_after("", "API calls quota exceeded! maximum allowed 45 per 00:01:00", kNow) ==
        std::nullopt);
  CHECK(parse_retry_after("", "seconds", kNow) == std::nullopt);
  CHECK(parse_retry_after("", "in 1", kNow) == std::nullopt);
  CHECK(parse_retry_after("", "", kNow) == std::nullopt);
}

TEST_CASE("Backoff grows to its cap with full jitter", "[net][retry]") {
  net::Backoff backoff(1s, 60s, 7);
  std::chrono::milliseconds bound = 1s;
  std::set<std::int64_t> seen;
  for (int i = 0; i < 40; ++i) {
    const auto wait = backoff.next();
    CHECK(wait >= bound / 10);
    CHECK(wait <= bound);
    seen.insert(wait.count());
    bound = std::min<std::chrono::milliseconds>(bound * 2, 60s);
  }
  CHECK(seen.size() > 30);
  CHECK(backoff.failures() == 40);

  backoff.reset();
  CHECK(backoff.next() <= 1s);
}
