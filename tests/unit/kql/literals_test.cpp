#include "kql/literals.hpp"

#include "base/time.hpp"
#include "kql/lexer.hpp"
#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::kql;

namespace {

Value literal(std::string_view text) {
  const auto tokens = tokenize(text);
  if (!tokens || tokens->size() != 2) return Value::of_string("not one literal");
  return tokens->front().value;
}

std::string datetime_text(std::string_view text) {
  const auto ticks = parse_datetime(text);
  return ticks ? format_instant(Instant{*ticks}) : "none";
}

}  // namespace

TEST_CASE("Numbers and spans of time", "[kql]") {
  CHECK(literal("0x1F") == Value::of_long(31));
  CHECK(literal("1.") == Value::of_real(1));
  CHECK(literal("1e3") == Value::of_real(1000));
  CHECK(literal("1.5h") == Value::of_timespan(54'000'000'000));
  CHECK(literal("2days") == Value::of_timespan(2 * kTicksPerDay));
  CHECK(literal("timespan(1.02:03:04.5)") == Value::of_timespan(937'845'000'000));
  CHECK(literal("int(null)") == Value::null(ScalarType::int_));
  CHECK(parse_timespan("15 seconds") == 15 * kTicksPerSecond);
  CHECK(parse_timespan("13:00") == 13 * 3600 * kTicksPerSecond);
  CHECK_FALSE(parse_timespan("1w"));
}

TEST_CASE("Times in the forms people write", "[kql]") {
  CHECK(datetime_text("2020-1-1 5:00 PM") == "2020-01-01T17:00:00.0000000Z");
  CHECK(datetime_text("01/02/2020") == "2020-01-02T00:00:00.0000000Z");
  CHECK(datetime_text("2020-01-01T10:00:00+02:00") == "2020-01-01T08:00:00.0000000Z");
  CHECK(datetime_text("2020") == "2020-01-01T00:00:00.0000000Z");
  CHECK(datetime_text("2020-02-30") == "none");
}

TEST_CASE("Texts: escapes, verbatim, hidden and multi-line", "[kql]") {
  CHECK(literal(R"("a\tb\x41\u00e9")") == Value::of_string("a\tbA\xC3\xA9"));
  CHECK(literal(R"(@"c:\x ""y""")") == Value::of_string(R"(c:\x "y")"));
  CHECK(literal(R"(h@'secret\')") == Value::of_string("secret\\"));
  CHECK(literal("```one\ntwo```") == Value::of_string("one\ntwo"));
  CHECK(tokenize(R"("\d")").has_error());
  CHECK(tokenize("\"open").has_error());
}

TEST_CASE("Blanks of every width separate tokens", "[kql]") {
  const auto tokens = tokenize("a\xC2\xA0\xE2\x80\x8B b // rest");

  REQUIRE(tokens.has_value());
  CHECK(tokens->size() == 3);
}

TEST_CASE("Values as texts", "[kql]") {
  CHECK(format_timespan(kTicksPerDay) == "1.00:00:00");
  CHECK(format_timespan(-10'000) == "-00:00:00.0010000");
  CHECK(format_real(1) == "1.0");
  CHECK(format_real(0.1 + 0.2) == "0.30000000000000004");
  CHECK(parse_guid("{74BE27DE-1E4E-49D9-B579-FE0B331D3642}") ==
        "74be27de-1e4e-49d9-b579-fe0b331d3642");
  CHECK_FALSE(parse_guid("74be27de"));
}
