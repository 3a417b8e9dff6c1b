#include "base/json_writer.hpp"

#include "support/catch.hpp"

#include <limits>

namespace harrier {

namespace {

TEST_CASE("A document is written compactly, with commas and escapes", "[base]") {
  JsonWriter json;
  json.begin_object()
      .key("list")
      .begin_array()
      .value(1)
      .value("a\"b\n")
      .null()
      .begin_object()
      .end_object()
      .end_array();
  json.field("yes", true)
      .field("half", 0.5)
      .field("big", std::uint64_t{18'446'744'073'709'551'615U});
  json.key("raw").raw("[1]").end_object();

  CHECK(
      json.text() ==
      R"({"list":[1,"a\"b\n",null,{}],"yes":true,"half":0.5,"big":18446744073709551615,"raw":[1]})");
}

TEST_CASE("What JSON cannot say is null", "[base]") {
  JsonWriter json;
  json.begin_array().value(std::numeric_limits<double>::infinity()).value(std::optional<Instant>());
  json.value(std::optional(kUnixEpoch)).end_array();

  CHECK(json.take() == R"([null,null,"1970-01-01T00:00:00Z"])");
}

}  // namespace

}  // namespace harrier
