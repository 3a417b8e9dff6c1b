#include "query/json.hpp"

#include "support/catch.hpp"

using namespace harrier::query;

namespace {

std::string compact(std::string_view text) {
  std::string out;
  return append_compact_json(out, text) ? out : "(not JSON)";
}

}  // namespace

TEST_CASE("JSON becomes compact and canonical", "[json]") {
  CHECK(compact(R"( { "a" : [ 1 , 2.50 , true , null ] , "b" : "x\u0041" } )") ==
        R"({"a":[1,2.5,true,null],"b":"xA"})");
  CHECK(compact("1e3") == "1000.0");
  CHECK(compact("12345678901234567890").substr(0, 5) == "1.234");
}

TEST_CASE("What is no JSON is refused", "[json]") {
  for (const char* text : {"", "{", "[1,", "abc", "{\"a\":1,}", "01x", "\"open", "[1] x", "nul"}) {
    INFO(text);
    CHECK(compact(text) == "(not JSON)");
  }
}

TEST_CASE("Deep nesting ends in a refusal, not in a crash", "[json]") {
  CHECK(compact(std::string(100'000, '[')) == "(not JSON)");
}

TEST_CASE("Members and elements are found in place", "[json]") {
  const std::string_view json = R"({"a":{"b":[10,{"c":"}"},30]},"k\"q":1})";
  CHECK(json_member(json_member(json, "a"), "b") == R"([10,{"c":"}"},30])");
  const std::string_view list = json_member(json_member(json, "a"), "b");
  CHECK(json_element(list, 0) == "10");
  CHECK(json_element(list, -1) == "30");
  CHECK(json_element(list, 3).empty());
  CHECK(json_member(json_element(list, 1), "c") == "\"}\"");
  CHECK(json_member(json, "k\"q") == "1");
  CHECK(json_member(json, "missing").empty());
  CHECK(json_member("[1]", "a").empty());
}

TEST_CASE("Equality ignores key order and number form", "[json]") {
  CHECK(json_equal(R"({"a":1,"b":2})", R"({"b":2.0,"a":1})"));
  CHECK_FALSE(json_equal("2", "\"2\""));
}
