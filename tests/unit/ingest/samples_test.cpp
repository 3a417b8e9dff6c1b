// Recorded payloads (HARRIER_SAMPLES): every scalar of every record must be found in its row.
#include "base/text.hpp"
#include "base/time.hpp"
#include "ingest/json_walk.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include "record_support.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>

using namespace harrier;
using namespace harrier::ingest;
namespace dom = simdjson::dom;

namespace {

std::vector<std::filesystem::path> sample_files(std::string_view folder) {
  std::vector<std::filesystem::path> files;
  const auto root = test::samples_dir();
  if (root.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return files;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = entry.path().string();
    if (entry.path().extension() == ".jsonl" && path.find(folder) != std::string::npos &&
        path.find("expected_ecs") == std::string::npos)
      files.push_back(entry.path());
  }
  return files;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Appends the scalars of `value` as texts, without annotations and without what stands for nothing.
void scalars(dom::element value, std::vector<std::string>& out) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      for (const auto field : dom::object(value.get_object())) {
        if (field.key.find("@odata.") == std::string_view::npos) scalars(field.value, out);
      }
      break;
    case dom::element_type::ARRAY:
      for (const auto element : dom::array(value.get_array())) scalars(element, out);
      break;
    case dom::element_type::NULL_VALUE:
      break;
    case dom::element_type::STRING:
      if (const std::string_view text = value.get_string(); !text.empty()) out.emplace_back(text);
      break;
    case dom::element_type::BOOL:
    case dom::element_type::DOUBLE:
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      out.push_back(simdjson::minify(value));
      break;
  }
}

// Everything a text may be stored as.
bool holds(const std::string& haystack, const std::string& needle) {
  std::string json;
  append_json_string(json, needle);
  std::vector<std::string> forms = {needle, json.substr(1, json.size() - 2), to_lower(needle)};
  if (const auto instant = parse_instant(needle)) forms.push_back(format_instant(*instant));
  if (needle == "true") forms.emplace_back("i:1");
  if (needle == "false") forms.emplace_back("i:0");
  // JSON in a text of a dynamic column loses its white space: compare without any.
  const auto squeezed = [](std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    return text;
  };
  for (const std::string& form : forms) {
    if (haystack.find(form) != std::string::npos) return true;
  }
  return squeezed(haystack).find(squeezed(needle)) != std::string::npos;
}

// Normalizes one record and looks for each of its scalars in the row.
void check_record(const model::LayoutPtr& layout, std::string_view raw) {
  const test::Row row(layout, raw);
  REQUIRE(row.stored());
  std::string haystack;
  for (const auto& column : layout->columns) haystack += row[column.name] + "\x1f";
  dom::parser parser;
  dom::object record;
  REQUIRE(!parser.parse(simdjson::padded_string(raw)).get(record));
  for (const auto field : record) {
    if (field.key.find("@odata.") != std::string_view::npos) continue;
    std::vector<std::string> wanted;
    scalars(field.value, wanted);
    for (const std::string& scalar : wanted) {
      if (holds(haystack, scalar)) continue;
      CAPTURE(field.key, scalar, haystack);
      FAIL_CHECK("a value is lost");
    }
  }
}

struct ResultSink final : PageSink {
  Result<> record(std::string_view text) override {
    const auto columns = reply_schema(reader->member("schema"));
    if (columns.has_value()) {
      check_record(test::layout_of(*columns), text);
      ++count;
    }
    return {};
  }

  void broken(std::string_view, std::string_view) override { FAIL_CHECK("a broken record"); }

  const PageReader* reader = nullptr;
  int count = 0;
};

}  // namespace

TEST_CASE("Recorded hunting events lose nothing in the tables they belong to",
          "[ingest][samples]") {
  const auto catalog = model::Catalog::load_embedded();
  REQUIRE(catalog.has_value());
  int records = 0;
  for (const auto& file : sample_files("defender_ah_streaming")) {
    const auto table = catalog->find(file.stem().string());
    if (!table) continue;
    for (const std::string& line : lines_of(file)) {
      CAPTURE(file.string());
      JsonObjectReader members(line);
      while (members.next()) {
        if (members.key() != "properties") continue;
        check_record(test::layout_of(table), members.value());
        ++records;
      }
    }
  }
  if (!test::samples_dir().empty()) CHECK(records > 50);
}

TEST_CASE("Recorded hunting replies lose nothing in the columns of their schema",
          "[ingest][samples]") {
  int records = 0;
  for (const auto& file : sample_files("defender_ah_results")) {
    for (const std::string& line : lines_of(file)) {
      if (line.find("\"Results\"") == std::string::npos) continue;
      CAPTURE(file.string());
      ResultSink sink;
      PageReader reader(sink);
      sink.reader = &reader;
      for (std::size_t at = 0; at < line.size(); at += 1000)
        REQUIRE(reader.feed(std::string_view(line).substr(at, 1000)).has_value());
      REQUIRE(reader.finish().has_value());
      records += sink.count;
    }
  }
  if (!test::samples_dir().empty()) CHECK(records > 200);
}

TEST_CASE("Recorded payloads of every kind parse here exactly when simdjson parses them",
          "[ingest][samples]") {
  const auto layout =
      test::layout_of(std::vector<model::Column>{{"id", model::ScalarType::string}});
  Normalizer normalizer(layout);
  for (const auto& file : sample_files("")) {
    for (const std::string& line : lines_of(file)) {
      dom::parser parser;
      dom::object object;
      const bool expected = !parser.parse(simdjson::padded_string(to_valid_utf8(line))).get(object);
      model::Batch batch(layout);
      const bool stored = normalizer.add_copy(line, batch).has_value();
      if (stored != expected) {
        CAPTURE(file.string(), line.substr(0, 200));
        CHECK(stored == expected);
      }
    }
  }
}
