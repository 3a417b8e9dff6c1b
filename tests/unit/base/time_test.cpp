#include "base/time.hpp"

#include "support/catch.hpp"

using namespace harrier;

TEST_CASE("parse_instant reads every form of the wild to the tick", "[base][time]") {
  const auto text_of = [](const char* text) {
    const auto parsed = parse_instant(text);
    return parsed ? format_instant(*parsed) : std::string("none");
  };

  CHECK(text_of("2026-11-24T09:58:41.1203977Z") == "2026-11-24T09:58:41.1203977Z");
  CHECK(text_of("2026-11-24T09:58:41.12Z") == "2026-11-24T09:58:41.1200000Z");
  CHECK(text_of("2026-11-24T09:58:41") == "2026-11-24T09:58:41.0000000Z");
  CHECK(text_of("2026-11-24 09:58:41.123456789") == "2026-11-24T09:58:41.1234567Z");
  CHECK(text_of("2026-11-24T09:58:41+02:30") == "2026-11-24T07:28:41.0000000Z");
  CHECK(text_of("2026-11-24T09:58:41-0500") == "2026-11-24T14:58:41.0000000Z");
  CHECK(text_of("2026-11-24") == "2026-11-24T00:00:00.0000000Z");
  CHECK(text_of("2024-02-29T00:00Z") == "2024-02-29T00:00:00.0000000Z");
  CHECK(text_of("9999-12-31T23:59:59.9999999Z") == "9999-12-31T23:59:59.9999999Z");
  CHECK(text_of("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00.0000000Z");
}

TEST_CASE("parse_instant refuses what is no time", "[base][time]") {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-11-24T", "2026-11-24T25:00:00Z",
        "2026-11-24T09:58:41.Z", "2026-11-24T09:58:41.1234567890Z", "2026-11-24T09:58:41X",
        "2026-11-24T09:58:41Zjunk", "0001-01-01T00:00:00+01:00", "3/24/2022 2:42:35 PM"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_instant(text).has_value());
  }
}

TEST_CASE("to_civil and from_civil are inverse over the whole range", "[base][time]") {
  for (std::int64_t day = 0; day < kEndOfTime.ticks / kTicksPerDay; day += 37) {
    const Instant instant{day * kTicksPerDay + 12'345'678};
    REQUIRE(from_civil(to_civil(instant)) == instant);
  }
}

TEST_CASE("HTTP dates parse", "[base][time]") {
  const auto parsed = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(parsed);
  CHECK(format_seconds(*parsed) == "1994-11-06T08:49:37Z");
  CHECK_FALSE(parse_http_date("yesterday"));
}
