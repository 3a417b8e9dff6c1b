// Packed bodies of any bytes in pieces of any size, inflated, split into records and read as rows.
// The first byte chooses the encoding and the pieces; the rest is the body.
#include "ingest/normalizer.hpp"
#include "ingest/page_reader.hpp"
#include "net/inflate.hpp"

#include "fuzz_target.hpp"

#include <string>

using namespace harrier;
using namespace harrier::ingest;

namespace {

constexpr std::uint64_t kMaxBytes = 1 << 20;

model::LayoutPtr make_layout() {
  auto table = std::make_shared<model::TableSchema>();
  table->name = "T";
  table->columns = {{"id", model::ScalarType::string}, {"t", model::ScalarType::datetime}};
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->columns.emplace_back("_Ingested", model::ScalarType::datetime);
  layout->columns.emplace_back("_Other", model::ScalarType::dynamic);
  return layout;
}

struct Sink final : PageSink {
  explicit Sink(const model::LayoutPtr& layout) : normalizer(layout, nullptr), batch(layout) {}

  Result<> record(std::string_view record) override { return normalizer.add(record, batch); }

  void broken(std::string_view, std::string_view) override {}

  Normalizer normalizer;
  model::Batch batch;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const model::LayoutPtr layout = make_layout();
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = 1 + std::size_t{data[0]} / 3;
  net::InflateLimits bounds;
  bounds.max_bytes = kMaxBytes;
  bounds.max_ratio = 20;
  bounds.ratio_from = 4096;
  net::Inflater inflater(data[0] % 3 == 0 ? net::Encoding::deflate : net::Encoding::gzip, bounds);
  PageLimits limits;
  limits.window = 4096;
  limits.max_record = 4096;
  Sink sink(layout);
  PageReader reader(sink, {"results", "value"}, limits);
  std::uint64_t decoded = 0;
  for (std::size_t at = 0; at < body.size(); at += step) {
    inflater.feed(body.substr(at, step));
    while (true) {
      const auto piece = inflater.next();
      if (!piece) return 0;
      if (piece->empty()) break;
      decoded += piece->size();
      test::require(decoded <= kMaxBytes + (256U << 10), "the bound on size holds");
      if (!reader.feed(*piece)) return 0;
    }
  }
  if (inflater.finish()) (void)reader.finish();
  return 0;
}
