// Pages of any bytes in chunks of any size, through the reader, a map or none, into rows.
// The first byte chooses the chunks and the map; the rest is the page.
#include "base/text.hpp"
#include "ingest/json_walk.hpp"
#include "ingest/normalizer.hpp"
#include "ingest/page_reader.hpp"
#include "ingest/record_map.hpp"

#include "fuzz_target.hpp"

#include <string>

using namespace harrier;
using namespace harrier::ingest;

namespace {

model::LayoutPtr make_layout() {
  using model::ScalarType;
  auto table = std::make_shared<model::TableSchema>();
  table->name = "T";
  table->columns = {
      {"id", ScalarType::string}, {"t", ScalarType::datetime}, {"n", ScalarType::long_},
      {"r", ScalarType::real},    {"b", ScalarType::boolean},  {"d", ScalarType::dynamic},
      {"g", ScalarType::guid},    {"s", ScalarType::timespan}, {"ID_1", ScalarType::string, "ID"}};
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->columns.emplace_back("_Ingested", ScalarType::datetime);
  layout->columns.emplace_back("_Other", ScalarType::dynamic);
  return layout;
}

std::shared_ptr<const RecordMap> make_map() {
  std::vector<MapRule> rules = {parse_map_rule("id", "a.b|c"),
                                parse_map_rule("n", "p[Name=x]|p[1].y|=7"),
                                parse_map_rule("g", "$")};
  rules.front().names = {{"1", "one"}};
  return *RecordMap::make(std::move(rules));
}

struct Sink final : PageSink {
  Sink(Normalizer& normalizer_, model::LayoutPtr layout)
      : normalizer(normalizer_), batch(std::move(layout)) {}

  Result<> record(std::string_view record) override {
    const std::size_t before = batch.size();
    auto added = normalizer.add(record, batch);
    test::require(batch.size() == before + (added ? 1 : 0), "a refused record leaves no row");
    if (!added) return added;
    for (const model::Cell& cell : batch.row(before)) {
      if (cell.tag() == model::CellTag::text)
        test::require(is_valid_utf8(cell.text()), "text is valid UTF-8");
    }
    return {};
  }

  void broken(std::string_view, std::string_view) override { ++spans; }

  Normalizer& normalizer;
  model::Batch batch;
  std::size_t spans = 0;
};

// Elements of a sound top-level array; false for every other document.
bool count_elements(std::string_view page, std::size_t& objects, std::size_t& others) {
  JsonArrayReader elements(page);
  while (elements.next()) ++(elements.value().front() == '{' ? objects : others);
  return elements.ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const model::LayoutPtr layout = make_layout();
  static const std::shared_ptr<const RecordMap> map = make_map();
  if (size == 0) return 0;
  const std::string_view page(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = 1 + std::size_t{data[0]} % 100;
  PageLimits limits;
  limits.window = 1 + std::size_t{data[0]} * 2;
  limits.max_record = 4096;
  limits.kept_prefix = 64;
  Normalizer normalizer(layout, data[0] % 2 == 0 ? nullptr : map);
  Sink sink(normalizer, layout);
  PageReader reader(sink, {"results", "value"}, limits);
  bool sound = true;
  for (std::size_t at = 0; at < page.size() && sound; at += step)
    sound = reader.feed(page.substr(at, step)).has_value();
  sound = sound && reader.finish().has_value();
  test::require(reader.elements() == static_cast<std::int64_t>(sink.batch.size() + sink.spans),
                "every element is counted");

  std::size_t objects = 0;
  std::size_t others = 0;
  if (page.size() < limits.max_record && count_elements(page, objects, others)) {
    test::require(sound, "a sound array is a page");
    test::require(sink.batch.size() == objects && sink.spans == others,
                  "a sound page keeps every object");
  }
  return 0;
}
