// What it costs to cut a page into records and to normalize them, beside simdjson's DOM parse of
// the same page in the same run. Prints CPU time; judges nothing.
#include "ingest/normalizer.hpp"
#include "ingest/page_reader.hpp"
#include "ingest/record_map.hpp"
#include "model/batch.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace harrier;
using namespace harrier::ingest;
using model::ScalarType;

namespace {

constexpr std::size_t kChunk = 128 * 1024;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// 60 columns: 44 texts, 10 numbers, 4 times, a boolean and a dynamic.
std::vector<model::Column> columns() {
  std::vector<model::Column> out;
  for (int i = 0; i < 60; ++i) {
    ScalarType type = ScalarType::string;
    if (i % 15 == 0) type = ScalarType::datetime;
    if (i % 6 == 5) type = ScalarType::long_;
    if (i == 58) type = ScalarType::boolean;
    if (i == 57) type = ScalarType::dynamic;
    out.emplace_back(fmt::format("InitiatingProcessProperty{}", i), type);
  }
  return out;
}

std::string record_of(const std::vector<model::Column>& all, std::mt19937& random) {
  static constexpr const char* kTexts[] = {"",
                                           "svchost.exe",
                                           "NT AUTHORITY",
                                           "C:\\\\Windows\\\\System32\\\\svchost.exe",
                                           "contoso",
                                           "S-1-5-18",
                                           "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                                           "\\\"C:\\\\Program Files\\\\App\\\\app.exe\\\" "
                                           "--type=renderer --field-trial-handle=1832,9921"};
  std::string out = "{";
  for (const auto& column : all) {
    if (out.size() > 1) out += ',';
    out += fmt::format("\"{}\":", column.name);
    switch (column.type) {
      case ScalarType::datetime:
        out += fmt::format("\"2026-11-24T{:02}:{:02}:41.120397{}Z\"", random() % 24, random() % 60,
                           random() % 10);
        break;
      case ScalarType::long_:
        out += std::to_string(random() % 100'000);
        break;
      case ScalarType::boolean:
        out += "false";
        break;
      case ScalarType::dynamic:
        out += R"({"Name":"x","Values":[1,2,3]})";
        break;
      case ScalarType::string:
        out += fmt::format("\"{}\"", kTexts[random() % std::size(kTexts)]);
        break;
      case ScalarType::int_:
      case ScalarType::real:
      case ScalarType::decimal:
      case ScalarType::timespan:
      case ScalarType::guid:
        break;
    }
  }
  return out + "}";
}

struct Sink final : PageSink {
  Sink(model::LayoutPtr layout_, Normalizer* normalizer_)
      : layout(std::move(layout_)), normalizer(normalizer_), batch(layout) {}

  Result<> record(std::string_view text) override {
    ++rows;
    if (normalizer == nullptr) return {};
    if (batch.size() == 4096) batch = model::Batch(layout);
    return normalizer->add(text, batch);
  }

  void broken(std::string_view, std::string_view) override { std::abort(); }

  model::LayoutPtr layout;
  Normalizer* normalizer;
  model::Batch batch;
  std::size_t rows = 0;
};

void read_page(const std::string& page, Sink& sink) {
  PageReader reader(sink);
  for (std::size_t at = 0; at < page.size(); at += kChunk) {
    if (!reader.feed(std::string_view(page).substr(at, kChunk))) std::abort();
  }
  if (!reader.finish()) std::abort();
}

// The best of several runs, in seconds.
double best(const std::function<void()>& work) {
  double least = 1e9;
  for (int i = 0; i < 7; ++i) {
    const double begin = cpu_seconds();
    work();
    least = std::min(least, cpu_seconds() - begin);
  }
  return least;
}

void print(const char* what, double seconds, std::size_t rows, std::size_t bytes) {
  fmt::print("{:34} {:7.3f} us/row {:9.0f} rows/s {:7.0f} MB/s\n", what,
             seconds * 1e6 / static_cast<double>(rows), static_cast<double>(rows) / seconds,
             static_cast<double>(bytes) / seconds / 1e6);
}

}  // namespace

int main() {
  constexpr std::size_t kRows = 10'000;
  auto table = std::make_shared<model::TableSchema>();
  table->name = "T";
  table->columns = columns();
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->columns.emplace_back("_Ingested", ScalarType::datetime);
  layout->columns.emplace_back("_Other", ScalarType::dynamic);
  std::mt19937 random(1);
  std::string page = R"({"schema":[],"results":[)";
  for (std::size_t i = 0; i < kRows; ++i)
    page += (i == 0 ? "" : ",") + record_of(table->columns, random);
  page += "]}";
  fmt::print("{} rows of {} columns, {} bytes a row\n", kRows, table->columns.size(),
             page.size() / kRows);

  const simdjson::padded_string padded(page);
  simdjson::dom::parser parser;
  const double dom = best([&] {
    if (parser.parse(padded).error() != simdjson::SUCCESS) std::abort();
  });
  const double split = best([&] {
    Sink sink(layout, nullptr);
    read_page(page, sink);
  });
  Normalizer normalizer(layout);
  const double rows = best([&] {
    Sink sink(layout, &normalizer);
    read_page(page, sink);
  });
  std::vector<MapRule> rules;
  for (int i = 0; i < 20; ++i)
    rules.push_back(parse_map_rule(fmt::format("InitiatingProcessProperty{}", i),
                                   fmt::format("InitiatingProcessProperty{}|x.y{}", i, i)));
  const auto map = RecordMap::make(std::move(rules));
  Normalizer mapped_normalizer(layout, *map);
  const double mapped = best([&] {
    Sink sink(layout, &mapped_normalizer);
    read_page(page, sink);
  });
  print("simdjson DOM parse of the page", dom, kRows, page.size());
  print("cut into records", split, kRows, page.size());
  print("cut and normalized, with keys", rows, kRows, page.size());
  print("cut and normalized through a map", mapped, kRows, page.size());
  fmt::print("normalized / DOM parse: {:.2f}\n", rows / dom);
}
