// The page reader against simdjson's DOM over random documents, cut at every kind of place.
#include "ingest/row_splitter.hpp"

#include "base/text.hpp"
#include "ingest/compact_json.hpp"
#include "ingest/json_walk.hpp"
#include "support/catch.hpp"

#include "record_support.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <random>

using namespace harrier;
using namespace harrier::ingest;

namespace {

// Random JSON whose strings are full of what confuses a scanner.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  std::string value(int depth) {
    switch (below(depth > 4 ? 4 : 7)) {
      case 0:
        return string();
      case 1:
        return std::to_string(static_cast<int>(below(2'000'000)) - 1'000'000);
      case 2:
        return below(2) == 0 ? "null" : "true";
      case 3:
        return "-0.5";
      case 4:
        return array(depth);
      default:
        return object(depth);
    }
  }

  std::string object(int depth) {
    std::string out = "{" + space();
    const std::size_t size = below(5);
    for (std::size_t i = 0; i < size; ++i)
      out += (i == 0 ? "" : "," + space()) + string() + space() + ":" + space() + value(depth + 1) +
             space();
    return out + "}";
  }

  std::string array(int depth) {
    std::string out = "[" + space();
    const std::size_t size = below(5);
    for (std::size_t i = 0; i < size; ++i)
      out += (i == 0 ? "" : "," + space()) + value(depth + 1) + space();
    return out + "]";
  }

  std::string string() {
    static constexpr const char* kPieces[] = {
        "a",    "{",   "}",   "[", "]",       ",",       ":",        "\\\"",
        "\\\\", "\\n", "\\/", " ", "\\u005C", "\\u0022", "\xC3\xA9", "},{\\\"id\\\":",
        "text"};
    std::string out = "\"";
    const std::size_t size = below(12) == 0 ? 90 : below(8);
    for (std::size_t i = 0; i < size; ++i) out += kPieces[below(std::size(kPieces))];
    return out + "\"";
  }

  std::string space() {
    static constexpr const char* kSpaces[] = {"", "", "", " ", "\n\t", "  \r\n"};
    return kSpaces[below(std::size(kSpaces))];
  }

 private:
  std::mt19937 random_;
};

std::string minified(std::string_view text) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  simdjson::dom::element element;
  if (parser.parse(padded).get(element)) return "broken: " + std::string(text);
  return simdjson::minify(element);
}

}  // namespace

TEST_CASE("Random pages are cut into the elements that simdjson sees", "[ingest][row_splitter]") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    Generator generator(seed);
    std::vector<std::string> expected;
    std::string page = generator.space() + "[" + generator.space();
    const std::size_t size = generator.below(8);
    for (std::size_t i = 0; i < size; ++i) {
      expected.push_back(generator.object(0));
      page += (i == 0 ? "" : ",") + generator.space() + expected.back() + generator.space();
    }
    page += "]" + generator.space();
    const std::size_t step = 1 + seed % 100;
    CAPTURE(seed, step, page);
    test::CollectingSink sink;
    PageLimits limits;
    limits.window = 1 + generator.below(300);
    PageReader reader(sink, {}, limits);
    for (std::size_t at = 0; at < page.size(); at += step)
      REQUIRE(reader.feed(std::string_view(page).substr(at, step)).has_value());
    REQUIRE(reader.finish().has_value());
    CHECK(sink.records == expected);
    CHECK(sink.spans.empty());
  }
}

TEST_CASE("Random values walk, compact and cut like simdjson parses them",
          "[ingest][row_splitter]") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Generator generator(seed);
    const std::string text = generator.value(0);
    CAPTURE(seed, text);
    const JsonExtent extent = check_json_value(text);
    CHECK(extent.state == JsonState::complete);
    CHECK(extent.size == text.size());
    std::string compact;
    REQUIRE(append_compact_json(compact, text));
    CHECK(minified(compact) == minified(text));
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const JsonExtent part = check_json_value(std::string_view(text).substr(0, cut));
      const bool container = text.front() == '{' || text.front() == '[' || text.front() == '"';
      if (container) CHECK(part.state == JsonState::truncated);
    }
  }
}

TEST_CASE("Mutated records parse here exactly when simdjson parses them",
          "[ingest][row_splitter]") {
  // No exponents: simdjson's DOM refuses numbers that a double cannot hold, which are kept as text
  // here.
  static constexpr char kBytes[] = "\"\\{}[],:0-.tfnu x\n";
  std::size_t valid = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    Generator generator(seed);
    std::string text = "{\"a\":" + generator.value(2) + ",\"b\":" + generator.value(3) + "}";
    const std::size_t at = generator.below(text.size());
    switch (generator.below(3)) {
      case 0:
        text.erase(at, 1);
        break;
      case 1:
        text.insert(at, 1, kBytes[generator.below(sizeof kBytes - 1)]);
        break;
      default:
        text[at] = kBytes[generator.below(sizeof kBytes - 1)];
    }
    CAPTURE(seed, text);
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    const simdjson::padded_string padded(to_valid_utf8(text));  // broken UTF-8 is stored, mended
    const bool expected = !parser.parse(padded).get(object);
    const test::Row row(test::layout_of({{"a", model::ScalarType::string}}), text);
    if (row.stored() != expected) CHECK(row.stored() == expected);
    valid += expected ? 1 : 0;
  }
  CHECK(valid > 1000);
}

TEST_CASE("Compact JSON keeps order, number texts and escapes", "[ingest][compact_json]") {
  const auto compact = [](std::string_view text) {
    std::string out = "x";
    return append_compact_json(out, text) ? out.substr(1) : "refused";
  };
  CHECK(compact(R"( { "b" : 1.50 , "a" : [ "x y" , 1E5 , { } ] } )") ==
        R"({"b":1.50,"a":["x y",1E5,{}]})");
  CHECK(
      compact(R"({"@odata.type":"t","a":1,"a@odata.type":{"x":[1]}, "b":2,"\u0040odata.id":3})") ==
      R"({"a":1,"b":2})");
  CHECK(compact(R"([{"@odata.id":1},{"x@odata.y":[1,2]}])") == "[{},{}]");
  CHECK(compact(R"("\u00e9 \"@odata.type\"")") == R"("\u00e9 \"@odata.type\"")");
  CHECK(compact(" 5 ") == "5");
  for (const char* wrong : {"", "{", "{}}", "[1,]", "{\"a\"}", "nul", "01", "1.", "--1", "\"\\x\"",
                            "{\"a\":1,}", "{} {}"})
    CHECK(compact(wrong) == "refused");
}
