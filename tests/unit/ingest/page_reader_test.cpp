#include "ingest/page_reader.hpp"

#include "support/catch.hpp"

#include "record_support.hpp"

#include <fmt/format.h>

using namespace harrier;
using namespace harrier::ingest;
using test::CollectingSink;
using Strings = std::vector<std::string>;

namespace {

// Feeds `text` in pieces of `step` bytes; the outcome of the first call that fails, or of finish.
Result<> read(PageReader& reader, std::string_view text, std::size_t step) {
  for (std::size_t at = 0; at < text.size(); at += step) {
    if (auto fed = reader.feed(text.substr(at, step)); !fed) return fed;
  }
  return reader.finish();
}

PageLimits small_window() {
  PageLimits limits;
  limits.window = 256;
  return limits;
}

constexpr std::size_t kSteps[] = {1, 2, 3, 7, 16, 63, 64, 65, 100, 4096};

}  // namespace

TEST_CASE("Records and the other members of a page are found whatever the chunks",
          "[ingest][page_reader]") {
  const std::string page =
      "\xEF\xBB\xBF { \"@odata.context\" : \"c\" , \"schema\":[{\"name\":\"A\"}], \"Results\": [ "
      "{\"A\":\"x]}\\\"{[\"} ,\n"
      "{\"A\":{\"B\":[1,[2]]}},{}\t], \"n\": 12 , \"@odata.nextLink\":\"https:\\/\\/h\\/p\" , "
      "\"last\":null } \r\n";
  for (const std::size_t step : kSteps) {
    CAPTURE(step);
    CollectingSink sink;
    PageReader reader(sink, {"results", "value"}, small_window());

    REQUIRE(read(reader, page, step).has_value());

    CHECK(sink.records == Strings{R"({"A":"x]}\"{["})", R"({"A":{"B":[1,[2]]}})", "{}"});
    CHECK(sink.spans.empty());
    CHECK(reader.elements() == 3);
    CHECK(reader.member("SCHEMA") == R"([{"name":"A"}])");
    CHECK(reader.member("@odata.context") == R"("c")");
    CHECK(reader.member("@odata.nextLink") == R"("https:\/\/h\/p")");
    CHECK(reader.member("n") == "12");
    CHECK(reader.member("last") == "null");
    CHECK(reader.member("missing").empty());
  }
}

TEST_CASE("A page can be an array, and can be empty", "[ingest][page_reader]") {
  for (const std::size_t step : kSteps) {
    CollectingSink sink;
    PageReader reader(sink);
    REQUIRE(read(reader, " [ {\"a\":1} , {\"a\":2} ] ", step).has_value());
    CHECK(sink.records == Strings{R"({"a":1})", R"({"a":2})"});
  }
  for (const char* page : {"[]", "{\"value\":[]}", "{\"x\":{},\"value\":[ ]}"}) {
    CollectingSink sink;
    PageReader reader(sink);
    CHECK(read(reader, page, 3).has_value());
    CHECK(sink.records.empty());
  }
}

TEST_CASE("What is no page is a protocol error", "[ingest][page_reader]") {
  for (const char* page : {"",
                           "  ",
                           "<html>",
                           "null",
                           "5",
                           "\"value\"",
                           "{}",
                           "{\"value\":5}",
                           "{\"error\":{\"code\":\"x\"}}",
                           "{\"value\":[]",
                           "{\"value\":[",
                           "{\"value\":[{\"a\":1}",
                           "{\"value\":[{\"a\":1},",
                           "{\"value\":[{\"a\":1",
                           "{\"value\":[{\"a\":\"1",
                           "{\"value\":[]}}",
                           "{\"value\":[]}x",
                           "[]]",
                           "[] {}",
                           "{\"value\":[],\"x\"}",
                           "{\"value\":[],\"x\":tru}",
                           "{\"value\":[],\"value\":[]}",
                           "{value:[]}",
                           "{\"value\":[{\"a\":1}],\"x\":\"",
                           "[{\"a\":1}"}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{1000}}) {
      CAPTURE(page, step);
      CollectingSink sink;
      PageReader reader(sink);
      const auto outcome = read(reader, page, step);
      REQUIRE(outcome.has_error());
      CHECK(outcome.error().code == Errc::protocol);
    }
  }
}

TEST_CASE("A member beyond its bound is an error", "[ingest][page_reader]") {
  CollectingSink sink;
  PageLimits limits;
  limits.max_member = 1000;
  PageReader reader(sink, {"value"}, limits);
  CHECK(read(reader, fmt::format(R"({{"x":"{}","value":[]}})", std::string(2000, 'x')), 64)
            .has_error());
}

TEST_CASE("An element that is no object costs itself only", "[ingest][page_reader]") {
  for (const std::size_t step : kSteps) {
    CollectingSink sink;
    PageReader reader(sink);
    REQUIRE(read(reader, R"({"value":[{"a":1},"bare",5,null,[{"a":0}],true,{"a":2}]})", step)
                .has_value());
    CHECK(sink.records == Strings{R"({"a":1})", R"({"a":2})"});
    CHECK(sink.spans == Strings{R"("bare")", "5", "null", R"([{"a":0}])", "true"});
    CHECK(reader.elements() == 7);
  }
}

TEST_CASE("A broken record costs itself only, wherever it stands and however it is broken",
          "[ingest][page_reader]") {
  const Strings broken = {
      R"({"id":9,"t":"-Name "foo" -Force "True"","l":[{"id":"q","t":0}]})",  // unescaped quotes, an
                                                                             // even number
      R"({"id":9,"t":"say "hi","l":[{"id":"q","u":0}]})",                    // an odd number
      R"({"id":9,"t":"open,"l":"x"})",          // a missing closing quote
      R"({"id":9,"t":open","l":"x"})",          // a missing opening quote
      R"({"id":9,"t":"ends open})",             // the last quote is missing
      R"({"id":9,"t":"NT AUTHORITY\SYSTEM"})",  // an escape that JSON does not know
      R"({"id":9,"t":})",                       // a missing value
      R"({"id":9 "t":1})",                      // a missing comma
      R"({"id":9,"t":"x"}})",                   // a brace too many
      R"({"id":9,"t":["x"})",                   // a missing bracket
      R"({"id":9,"t":"x",)",                    // cut off behind a comma
      R"({"id":9,"t":"a "}{" b"})",             // brackets behind a torn quote
      R"({"id":9,"t":"a "]} b"})",
  };
  const Strings good = {R"({"id":1,"t":"x","l":[{"id":"n","u":1},{"id":"m","u":2}]})",
                        R"({"id":2,"t":"},{"})", R"({"id":3,"t":"\"y\""})"};
  for (const std::string& bad : broken) {
    for (std::size_t place = 0; place <= good.size(); ++place) {
      std::string items;
      for (std::size_t i = 0; i <= good.size(); ++i) {
        if (i == place) items += (items.empty() ? "" : ", ") + bad;
        if (i < good.size()) items += (items.empty() ? "" : ",") + good[i];
      }
      for (const bool array : {false, true}) {
        const std::string page =
            array ? "[" + items + "]"
                  : R"({"value":[)" + items + R"(],"@odata.nextLink":"n","e":{}})";
        for (const std::size_t step :
             {std::size_t{1}, std::size_t{5}, std::size_t{64}, std::size_t{4096}}) {
          CAPTURE(page, step);
          CollectingSink sink;
          PageReader reader(sink, {"value"}, small_window());
          REQUIRE(read(reader, page, step).has_value());
          CHECK(sink.records == good);
          CHECK(sink.spans == Strings{bad});
          CHECK(reader.member("@odata.nextLink") == (array ? "" : R"("n")"));
        }
      }
    }
  }
}

TEST_CASE("Two broken records side by side cost no third", "[ingest][page_reader]") {
  CollectingSink sink;
  PageReader reader(sink);
  REQUIRE(
      read(
          reader,
          R"([{"a":1,"b":2},{"a":"x"y,"b":"},{"a":z","b":""},{"a":2,"b":3},{"a":"u"v},{"a":3,"b":4}])",
          11)
          .has_value());
  CHECK(sink.records == Strings{R"({"a":1,"b":2})", R"({"a":2,"b":3})", R"({"a":3,"b":4})"});
}

TEST_CASE("A torn quote does not swallow a long page", "[ingest][page_reader]") {
  std::string page = R"({"value":[{"id":0,"t":"torn})";
  for (int i = 1; i <= 20'000; ++i)
    page += fmt::format(R"(,{{"id":{},"t":"some text that makes it longer"}})", i);
  page += "]}";
  CollectingSink sink;
  PageReader reader(sink);
  std::size_t most = 0;
  for (std::size_t at = 0; at < page.size(); at += 8192) {
    REQUIRE(reader.feed(std::string_view(page).substr(at, 8192)).has_value());
    most = std::max(most, reader.buffered());
  }
  REQUIRE(reader.finish().has_value());
  CHECK(sink.records.size() == 20'000);
  CHECK(sink.spans == Strings{R"({"id":0,"t":"torn})"});
  CHECK(most <= 512 * 1024);
}

TEST_CASE("Buffers grow for a long record only and shrink again", "[ingest][page_reader]") {
  CollectingSink sink;
  PageLimits limits;
  limits.window = 64 * 1024;
  limits.max_record = 1024 * 1024;
  limits.kept_prefix = 1000;
  PageReader reader(sink, {"value"}, limits);
  const std::string fits = fmt::format(R"({{"id":1,"t":"{}"}})", std::string(900'000, 'x'));
  const std::string too_long = fmt::format(R"({{"id":2,"t":"{}"}})", std::string(3'000'000, 'y'));
  std::string page = "{\"value\":[" + fits + "," + too_long;
  for (int i = 3; i < 20'000; ++i) page += fmt::format(R"(,{{"id":{}}})", i);

  REQUIRE(reader.feed(std::string_view(page).substr(0, 900'000)).has_value());
  CHECK(reader.buffered() >= 900'000);
  REQUIRE(reader.feed(std::string_view(page).substr(900'000)).has_value());
  REQUIRE(reader.feed("]}").has_value());
  REQUIRE(reader.finish().has_value());

  CHECK(sink.records.size() == 1 + 19'997);
  CHECK(sink.records.front() == fits);
  CHECK(sink.spans == Strings{too_long.substr(0, 1000)});
  CHECK(reader.buffered() <= limits.window);
}

TEST_CASE("An error of the sink ends the page", "[ingest][page_reader]") {
  struct Full final : PageSink {
    Result<> record(std::string_view) override { return Error(Errc::storage, "full"); }

    void broken(std::string_view, std::string_view) override {}
  };

  Full sink;
  PageReader reader(sink);
  const auto fed = reader.feed("[{\"a\":1},{\"a\":2}");
  REQUIRE(fed.has_error());
  CHECK(fed.error().code == Errc::storage);
  CHECK(reader.feed("]").has_error());
  CHECK(reader.finish().has_error());
}
