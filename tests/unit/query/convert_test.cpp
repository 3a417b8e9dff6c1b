#include "query/convert.hpp"

#include "query/decimal.hpp"
#include "query/regex.hpp"
#include "query/zone.hpp"
#include "support/catch.hpp"

#include <cmath>

using namespace harrier;
using namespace harrier::query;

namespace {

std::string cast(std::string_view text, ScalarType type) {
  StringHeap heap;
  const Value value = convert(Value::of_string(text), type, heap);
  return value.null ? "null" : text_of(value);
}

}  // namespace

TEST_CASE("Texts become numbers as Kusto reads them", "[convert]") {
  CHECK(cast(" 42 ", ScalarType::long_) == "42");
  CHECK(cast("0x1F", ScalarType::long_) == "31");
  CHECK(cast("3.14", ScalarType::long_) == "null");
  CHECK(cast("9223372036854775808", ScalarType::long_) == "null");
  CHECK(cast("4294967296", ScalarType::int_) == "null");
  CHECK(cast("1e3", ScalarType::real) == "1000.0");
  CHECK(cast("0x10", ScalarType::real) == "null");
  CHECK(cast("-inf", ScalarType::real) == "-inf");
}

TEST_CASE("Reals print in their shortest form", "[convert]") {
  const auto text = [](double value) { return text_of(Value::of_real(value)); };
  CHECK(text(1) == "1.0");
  CHECK(text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(text(100000000000.0) == "100000000000.0");
  CHECK(text(1e20) == "1E+20");
  CHECK(text(NAN) == "NaN");
}

TEST_CASE("Times are read in the forms that people write", "[convert]") {
  const std::string expected = "2014-11-08T15:55:55.0000000Z";
  for (const char* text :
       {"2014-11-08 15:55:55", "2014-11-08T15:55:55Z", "Sat, 08 Nov 2014 15:55:55 GMT",
        "8 Nov 2014 15:55:55", "11/8/2014 3:55:55 PM", "2014-11-08T16:55:55+01:00"}) {
    INFO(text);
    CHECK(cast(text, ScalarType::datetime) == expected);
  }
  CHECK(cast("2014-13-01", ScalarType::datetime) == "null");
  CHECK(cast("yesterday", ScalarType::datetime) == "null");
}

TEST_CASE("Decimals are exact", "[decimal]") {
  const auto d = [](std::string_view text) { return *Decimal::parse(text); };
  CHECK((d("0.1") + d("0.2")).text() == "0.3");
  CHECK((d("1.5") * d("-2")).text() == "-3");
  CHECK((d("10") / d("4")).text() == "2.5");
  CHECK((d("1") - d("1")).text() == "0");
  CHECK((compare(d("1.10"), d("1.1")) == 0));
  CHECK(d("-1.5").floor().text() == "-2");
  CHECK_FALSE(Decimal::parse("1.2.3").has_value());
}

TEST_CASE("Regular expressions know Unicode digits and refuse look-around", "[regex]") {
  const auto digits = Regex::compile(R"(^\d+$)");
  REQUIRE(digits.has_value());
  CHECK((*digits)->found_in("123"));
  CHECK((*digits)->found_in("\uff11\uff12"));
  CHECK_FALSE((*digits)->found_in("12a"));
  const auto named = Regex::compile(R"((?<name>[a-z]+)=(\w+))");
  REQUIRE(named.has_value());
  const auto groups = (*named)->groups("x key=value");
  REQUIRE(groups.size() == 3);
  CHECK(groups[1] == "key");
  const auto refused = Regex::compile("(?=a)");
  REQUIRE(refused.has_error());
  CHECK(refused.error().message.find("(?=a)") != std::string::npos);
}

TEST_CASE("Zone names cannot leave the zone folder", "[zone]") {
  CHECK(Zone::find("../../etc/passwd").has_error());
  CHECK(Zone::find("/etc/passwd").has_error());
  CHECK(Zone::find("Nowhere/City").has_error());
}
