// Pages that want to hurt: endless depth, giant records, odd text, thousands of properties, and a
// machine without memory.
#include "ingest/page_reader.hpp"
#include "support/catch.hpp"

#include "failing_memory.hpp"
#include "record_support.hpp"

#include <fmt/format.h>

#include <iostream>
#include <new>

using namespace harrier;
using namespace harrier::ingest;
using model::ScalarType;
using test::layout_of;
using test::Row;

namespace {

// Rows of a page, as the streams make them.
struct RowSink final : PageSink {
  explicit RowSink(model::LayoutPtr layout) : normalizer(layout), batch(layout) {}

  Result<> record(std::string_view record) override { return normalizer.add(record, batch); }

  void broken(std::string_view bytes, std::string_view) override { spans.emplace_back(bytes); }

  Normalizer normalizer;
  model::Batch batch;
  std::vector<std::string> spans;
};

Result<> read(PageReader& reader, std::string_view page, std::size_t step = 65'536) {
  for (std::size_t at = 0; at < page.size(); at += step) {
    if (auto fed = reader.feed(page.substr(at, step)); !fed) return fed;
  }
  return reader.finish();
}

model::LayoutPtr small_layout() {
  return layout_of(
      {{"Id", ScalarType::long_}, {"Text", ScalarType::string}, {"Any", ScalarType::dynamic}});
}

std::string text_of(const model::Batch& batch, std::size_t row, std::string_view column) {
  return test::show(batch.row(row)[static_cast<std::size_t>(batch.layout()->index_of(column))]);
}

}  // namespace

TEST_CASE("A depth bomb costs its record only", "[ingest][hostile]") {
  const std::size_t depth = GENERATE(std::size_t{300}, std::size_t{1'000'000});
  for (const auto& [open, close] : {std::pair("[", "]"), {R"({"a":)", "}"}}) {
    std::string bomb;
    for (std::size_t i = 0; i < depth; ++i) bomb += open;
    bomb += "1";
    for (std::size_t i = 0; i < depth; ++i) bomb += close;
    CAPTURE(depth, open);
    RowSink sink(small_layout());
    PageReader reader(sink);

    REQUIRE(read(reader, R"({"value":[{"Id":1},{"Id":2,"Any":)" + bomb + R"(},{"Id":3}]})")
                .has_value());

    CHECK(sink.batch.size() == 2);
    CHECK(text_of(sink.batch, 1, "Id") == "i:3");
    CHECK(sink.spans.size() == 1);
    CHECK(reader.buffered() <= PageLimits().window);
  }
}

TEST_CASE("A page of opened brackets and nothing else is no page, and is bounded",
          "[ingest][hostile]") {
  RowSink sink(small_layout());
  PageLimits limits;
  limits.max_record = std::size_t{1} << 20;
  PageReader reader(sink, {"value"}, limits);
  CHECK(read(reader, R"({"value":[)" + std::string(8'000'000, '[')).has_error());
  CHECK(reader.buffered() <= 2 * limits.max_record);
}

TEST_CASE("A record of 16 MB is a row, and its memory is given back", "[ingest][hostile]") {
  const std::string large(std::size_t{16} << 20, 'x');
  RowSink sink(small_layout());
  PageReader reader(sink);

  REQUIRE(read(reader, R"({"value":[{"Id":1,"Text":")" + large + R"("},{"Id":2}]})").has_value());

  REQUIRE(sink.batch.size() == 2);
  CHECK(text_of(sink.batch, 0, "Text").size() == large.size() + 2);
  CHECK(text_of(sink.batch, 1, "Id") == "i:2");
  CHECK(sink.spans.empty());
  CHECK(reader.buffered() <= PageLimits().window);
}

TEST_CASE("Odd text is kept as valid UTF-8", "[ingest][hostile]") {
  const auto layout = small_layout();
  CHECK(Row(layout, R"({"Text":"a\u0000b"})")["Text"] == std::string("t:a\0b", 5));
  CHECK_FALSE(Row(layout, std::string("{\"Text\":\"a\0b\"}", 14)).stored());
  for (const char* lone : {R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)", R"(\udc00\ud800)"}) {
    CAPTURE(lone);
    const Row row(layout, fmt::format(R"({{"Text":"<{}>"}})", lone));
    REQUIRE(row.stored());
    CHECK(row["Text"].find("\uFFFD") != std::string::npos);
  }
  CHECK(Row(layout, R"({"Text":"\ud83d\ude00"})")["Text"] == "t:\U0001F600");
  CHECK(Row(layout, "{\"Text\":\"\xC0\xAF\"}")["Text"].find("\uFFFD") != std::string::npos);
  CHECK(Row(layout, "{\"Text\":\"\xED\xA0\x80\"}")["Text"].find("\uFFFD") != std::string::npos);
  CHECK(Row(layout, R"({"Te\u0000xt":"x"})")["_Other"] == R"(t:{"Te\u0000xt":"x"})");
}

TEST_CASE("A record of 10,000 properties keeps every one", "[ingest][hostile]") {
  const auto layout = small_layout();
  std::string record = R"({"Id":7)";
  std::string others;
  for (int i = 0; i < 10'000; ++i) others += fmt::format(R"(,"Column{}":{})", i, i);
  record += others + "}";
  const Row row(layout, record);
  REQUIRE(row.stored());
  CHECK(row["Id"] == "i:7");
  CHECK(row["_Other"] == "t:{" + others.substr(1) + "}");
}

TEST_CASE("A record that says one property 10,000 times keeps every value", "[ingest][hostile]") {
  std::string record = "{";
  for (int i = 0; i < 10'000; ++i) record += fmt::format(R"({}"Id":{})", i == 0 ? "" : ",", i);
  const Row row(small_layout(), record + "}");
  REQUIRE(row.stored());
  CHECK(row["Id"] == "i:9999");
  CHECK(row["_Other"].find(R"("Id":9998)") != std::string::npos);
  CHECK(row["_Other"].find(R"("Id":0)") != std::string::npos);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("Whichever allocation fails, a page is read whole or not at all, and nothing leaks",
          "[ingest][hostile]") {
  const std::string page = R"({"value":[{"Id":1,"Text":")" + std::string(3000, 'x') +
                           R"(","Any":{"a":[1,2,{"b":"c"}]}},{"Id":"broken"},{"N":1,"n":"\u0041"},)"
                           R"({"Id":2,"Any":[tru]},{"Id":3,"Text":"\ud83d\ude00"}],"more":"x"})";
  const auto layout = small_layout();
  RowSink expected(layout);
  PageReader undisturbed(expected);
  REQUIRE(read(undisturbed, page, 64).has_value());
  REQUIRE(expected.batch.size() == 4);
  REQUIRE(expected.spans.size() == 1);

  std::size_t failures = 0;
  bool failed = true;
  for (std::size_t n = 1; failed; ++n) {
    CAPTURE(n);
    std::size_t rows = expected.batch.size();
    bool kept = true;
    const auto before = test::FailingMemory::blocks();
    {
      const test::FailingMemory memory(n);
      try {
        RowSink sink(layout);
        PageReader reader(sink);
        if (read(reader, page, 64)) {
          rows = sink.batch.size();
          kept = sink.spans == expected.spans;
        }
      } catch (const std::bad_alloc&) {
        ++failures;
      }
      failed = memory.has_failed();
    }
    CHECK(test::FailingMemory::blocks() == before);
    CHECK(rows == expected.batch.size());
    CHECK(kept);
  }
  CHECK(failures > 20);
  std::cout << failures
            << " failed allocations while a page was read: nothing leaked, no record lost\n";
}
#endif

TEST_CASE("A page that is cut anywhere is no page", "[ingest][hostile]") {
  const std::string record =
      R"({"Id":7,"Text":"a]}b","Any":[{"a":[1,[2]],"b":"c"}],"N":{"x":[{"Id":1},{"Id":2}]}})";
  const std::string records = record + "," + record + ",\n" + record;
  for (const auto& page : {"[" + records + "]", R"({"value":[)" + records + "]}",
                           R"({"value":[)" + records + R"(],"more":[{"Id":3}]})"}) {
    for (std::size_t size = 0; size < page.size(); ++size) {
      CAPTURE(page.substr(0, size));
      RowSink sink(small_layout());
      PageReader reader(sink);
      CHECK(read(reader, page.substr(0, size)).has_error());
    }
    RowSink sink(small_layout());
    PageReader reader(sink);
    CHECK(read(reader, page).has_value());
    CHECK(sink.batch.size() == 3);
  }
}
