#include "ingest/conversions.hpp"

#include "support/catch.hpp"

#include "record_support.hpp"

#include <fmt/format.h>

using namespace harrier;
using namespace harrier::ingest;
using model::ScalarType;

namespace {

struct Case {
  ScalarType type;
  const char* json;   // as sent
  const char* cell;   // as stored
  const char* other;  // what `_Other` has then
};

constexpr const char* kNothing = "null";

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(model::to_string(c.type), c.json);
    const test::Row row(test::layout_of({{"A", ScalarType::long_}, {"C", c.type}}),
                        fmt::format(R"({{"A":1,"C":{}}})", c.json));
    CHECK(row["C"] == c.cell);
    CHECK(row["_Other"] == c.other);
    CHECK(row["A"] == "i:1");
  }
}

}  // namespace

TEST_CASE("Text columns keep what was sent", "[ingest][conversions]") {
  check({
      {ScalarType::string, R"("plain")", "t:plain", kNothing},
      {ScalarType::string, R"("")", "t:", kNothing},
      {ScalarType::string, "null", "null", kNothing},
      {ScalarType::string, "6571", "t:6571", kNothing},
      {ScalarType::string, "1.50", "t:1.50", kNothing},
      {ScalarType::string, "-1E+400", "t:-1E+400", kNothing},
      {ScalarType::string, "18446744073709551616", "t:18446744073709551616", kNothing},
      {ScalarType::string, "true", "t:true", kNothing},
      {ScalarType::string, R"({ "b" : [ 1 , 2.0 ], "a" : "x y" })", R"(t:{"b":[1,2.0],"a":"x y"})",
       kNothing},
      {ScalarType::string, R"({"x@odata.type":"#SByte","x":1})", R"(t:{"x":1})", kNothing},
      {ScalarType::string, "[]", "t:[]", kNothing},
      {ScalarType::string, "{}", "t:{}", kNothing},
      {ScalarType::string, R"("{\"a\": 1}")", R"(t:{"a": 1})", kNothing},
      {ScalarType::string, R"("C:\\x\ty\u00e9\/\ud83d\ude00")", "t:C:\\x\ty\u00e9/\U0001F600",
       kNothing},
      {ScalarType::string, R"("a\ud800b")", "t:a\uFFFDb", kNothing},
      {ScalarType::string, R"("\udc00\ud800\ud800\udc00")", "t:\uFFFD\uFFFD\U00010000", kNothing},
      {ScalarType::string, R"("\ud800\n")", "t:\uFFFD\n", kNothing},
      {ScalarType::string, "\"a\xff\xc3\"", "t:a\uFFFD\uFFFD", kNothing},
      {ScalarType::string, "\"\xed\xa0\x80\"", "t:\uFFFD\uFFFD\uFFFD", kNothing},
      {ScalarType::string, R"("2022-10-28 08:27:37.0000000")", "t:2022-10-28 08:27:37.0000000",
       kNothing},
  });
}

TEST_CASE("A null character stays in text", "[ingest][conversions]") {
  const test::Row row(test::layout_of({{"C", ScalarType::string}}), R"({"C":"a\u0000b"})");
  CHECK(row["C"] == std::string("t:a\0b", 5));
}

TEST_CASE("Dynamic columns hold JSON", "[ingest][conversions]") {
  check({
      {ScalarType::dynamic, R"({"a" : {"@odata.type" : "#x", "b" : 1.0}})", R"(t:{"a":{"b":1.0}})",
       kNothing},
      {ScalarType::dynamic, R"("{ \"a\" : [ 1 ] }")", R"(t:{"a":[1]})", kNothing},
      {ScalarType::dynamic, R"("[\r\n  \"guid\"\r\n]")", R"(t:["guid"])", kNothing},
      {ScalarType::dynamic, R"("{22222222-2222}")", R"(t:"{22222222-2222}")", kNothing},
      {ScalarType::dynamic, R"("Spam")", R"(t:"Spam")", kNothing},
      {ScalarType::dynamic, R"("say \"hi\"")", R"(t:"say \"hi\"")", kNothing},
      {ScalarType::dynamic, "5", "t:5", kNothing},
      {ScalarType::dynamic, "false", "t:false", kNothing},
      {ScalarType::dynamic, R"([ "1" , null ])", R"(t:["1",null])", kNothing},
      {ScalarType::dynamic, "[]", "t:[]", kNothing},
      {ScalarType::dynamic, "{}", "null", kNothing},
      {ScalarType::dynamic, R"({"@odata.type":"#microsoft.graph.security.dynamicColumnValue"})",
       "null", kNothing},
      {ScalarType::dynamic, R"("")", "null", kNothing},
      {ScalarType::dynamic, "null", "null", kNothing},
  });
}

TEST_CASE("Boolean columns take every spelling of a boolean", "[ingest][conversions]") {
  check({
      {ScalarType::boolean, "true", "i:1", kNothing},
      {ScalarType::boolean, "false", "i:0", kNothing},
      {ScalarType::boolean, "1", "i:1", kNothing},
      {ScalarType::boolean, "0", "i:0", kNothing},
      {ScalarType::boolean, R"("True")", "i:1", kNothing},
      {ScalarType::boolean, R"("false")", "i:0", kNothing},
      {ScalarType::boolean, R"("1")", "i:1", kNothing},
      {ScalarType::boolean, R"("0")", "i:0", kNothing},
      {ScalarType::boolean, R"("")", "null", kNothing},
      {ScalarType::boolean, "{}", "null", kNothing},
      {ScalarType::boolean, "2", "null", R"(t:{"C":2})"},
      {ScalarType::boolean, R"("yes")", "null", R"(t:{"C":"yes"})"},
      {ScalarType::boolean, "[ true ]", "null", R"(t:{"C":[true]})"},
  });
}

TEST_CASE("Integer columns are exact", "[ingest][conversions]") {
  check({
      {ScalarType::long_, "639199803770463703", "i:639199803770463703", kNothing},
      {ScalarType::long_, R"("9007199254748871")", "i:9007199254748871", kNothing},
      {ScalarType::long_, "9223372036854775807", "i:9223372036854775807", kNothing},
      {ScalarType::long_, "-9223372036854775808", "i:-9223372036854775808", kNothing},
      {ScalarType::long_, "18446744073709551615", "null", R"(t:{"C":18446744073709551615})"},
      {ScalarType::long_, R"("18446744073709551615")", "null", R"(t:{"C":"18446744073709551615"})"},
      {ScalarType::long_, "5.0", "i:5", kNothing},
      {ScalarType::long_, "1e3", "i:1000", kNothing},
      {ScalarType::long_, "5.5", "null", R"(t:{"C":5.5})"},
      {ScalarType::long_, R"(" 7 ")", "i:7", kNothing},
      {ScalarType::int_, "true", "i:1", kNothing},
      {ScalarType::int_, R"("user1")", "null", R"(t:{"C":"user1"})"},
      {ScalarType::int_, R"("0x10")", "null", R"(t:{"C":"0x10"})"},
      {ScalarType::int_, R"("")", "null", kNothing},
      {ScalarType::int_, "{}", "null", kNothing},
  });
}

TEST_CASE("Real columns are finite numbers", "[ingest][conversions]") {
  check({
      {ScalarType::real, "7.5", "r:7.5", kNothing},
      {ScalarType::real, "7", "r:7", kNothing},
      {ScalarType::real, R"("-0.25")", "r:-0.25", kNothing},
      {ScalarType::real, "1e400", "null", R"(t:{"C":1e400})"},
      {ScalarType::real, R"("NaN")", "null", R"(t:{"C":"NaN"})"},
      {ScalarType::real, R"("")", "null", kNothing},
      {ScalarType::decimal, "0.1", "r:0.1", kNothing},
  });
}

TEST_CASE("Times become UTC with seven digits", "[ingest][conversions]") {
  check({
      {ScalarType::datetime, R"("2026-11-24T09:58:41.1203977Z")", "t:2026-11-24T09:58:41.1203977Z",
       kNothing},
      {ScalarType::datetime, R"("2026-11-24T09:58:41Z")", "t:2026-11-24T09:58:41.0000000Z",
       kNothing},
      {ScalarType::datetime, R"("2026-11-24T09:58:41.85Z")", "t:2026-11-24T09:58:41.8500000Z",
       kNothing},
      {ScalarType::datetime, R"("2021-05-18T21:13:33")", "t:2021-05-18T21:13:33.0000000Z",
       kNothing},
      {ScalarType::datetime, R"("2021-05-18T21:13:33.5-05:00")", "t:2021-05-19T02:13:33.5000000Z",
       kNothing},
      {ScalarType::datetime, R"("2024-02-29T00:00:00+00:00")", "t:2024-02-29T00:00:00.0000000Z",
       kNothing},
      {ScalarType::datetime, R"("2022-10-28 08:27:37.0000000")", "t:2022-10-28T08:27:37.0000000Z",
       kNothing},
      {ScalarType::datetime, R"("2025-04-21 20:51:04.058183200")", "t:2025-04-21T20:51:04.0581832Z",
       kNothing},
      {ScalarType::datetime, R"("9999-12-31T23:59:59.9999999Z")", "t:9999-12-31T23:59:59.9999999Z",
       kNothing},
      {ScalarType::datetime, R"("3/24/2022 2:42:35 PM")", "t:2022-03-24T14:42:35.0000000Z",
       kNothing},
      {ScalarType::datetime, R"("4/19/2021, 12:13:19.483 AM")", "t:2021-04-19T00:13:19.4830000Z",
       kNothing},
      {ScalarType::datetime, R"("\/Date(1658751973240)\/")", "t:2022-07-25T12:26:13.2400000Z",
       kNothing},
      {ScalarType::datetime, "1658751973240", "t:2022-07-25T12:26:13.2400000Z", kNothing},
      {ScalarType::datetime, R"("0001-01-01T00:00:00Z")", "null", kNothing},
      {ScalarType::datetime, R"("0001-01-01T08:00:00+09:00")", "null", kNothing},
      {ScalarType::datetime, R"("")", "null", kNothing},
      {ScalarType::datetime, "{}", "null", kNothing},
      {ScalarType::datetime, "null", "null", kNothing},
      {ScalarType::datetime, R"("2026-02-30T00:00:00Z")", "null",
       R"(t:{"C":"2026-02-30T00:00:00Z"})"},
      {ScalarType::datetime, R"("2026-13-01T00:00:00Z")", "null",
       R"(t:{"C":"2026-13-01T00:00:00Z"})"},
      {ScalarType::datetime, R"("2026-11-24T24:00:00Z")", "null",
       R"(t:{"C":"2026-11-24T24:00:00Z"})"},
      {ScalarType::datetime, R"("3/24/2022 2:42 PM")", "null", R"(t:{"C":"3/24/2022 2:42 PM"})"},
      {ScalarType::datetime, R"("24/3/2022 2:42:35 PM")", "null",
       R"(t:{"C":"24/3/2022 2:42:35 PM"})"},
      {ScalarType::datetime, R"("yesterday")", "null", R"(t:{"C":"yesterday"})"},
      {ScalarType::datetime, "637600000000000000", "null", R"(t:{"C":637600000000000000})"},
  });
}

TEST_CASE("GUIDs are lower-case", "[ingest][conversions]") {
  check({
      {ScalarType::guid, R"("AABBCCDD-0011-2233-4455-66778899AABB")",
       "t:aabbccdd-0011-2233-4455-66778899aabb", kNothing},
      {ScalarType::guid, R"("{AABBCCDD-0011-2233-4455-66778899AABB}")",
       "t:aabbccdd-0011-2233-4455-66778899aabb", kNothing},
      {ScalarType::guid, R"("aabbccdd00112233445566778899aabb")",
       "t:aabbccdd-0011-2233-4455-66778899aabb", kNothing},
      {ScalarType::guid, R"("user1")", "null", R"(t:{"C":"user1"})"},
      {ScalarType::guid, R"("")", "null", kNothing},
  });
}

TEST_CASE("Timespans are ticks", "[ingest][conversions]") {
  check({
      {ScalarType::timespan, R"("00:00:01.5")", "i:15000000", kNothing},
      {ScalarType::timespan, R"("-1.02:03:04")", "i:-937840000000", kNothing},
      {ScalarType::timespan, R"("PT5M")", "i:3000000000", kNothing},
      {ScalarType::timespan, R"("P1DT2H0.5S")", "i:936005000000", kNothing},
      {ScalarType::timespan, R"("P1M")", "null", R"(t:{"C":"P1M"})"},
      {ScalarType::timespan, R"("soon")", "null", R"(t:{"C":"soon"})"},
  });
}
