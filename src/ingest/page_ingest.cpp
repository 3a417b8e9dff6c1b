#include "ingest/page_ingest.hpp"

#include "ingest/json_walk.hpp"
#include "ingest/layout.hpp"
#include "ingest/normalizer.hpp"

#include <fmt/format.h>

namespace harrier::ingest {

namespace {

constexpr std::size_t kBatchRows = 1024;
constexpr std::size_t kBatchBytes = 1ULL << 20;
// Beyond this much unusable text a page is not worth its records' neighbours: it is refused whole.
constexpr std::size_t kMaxQuarantine = 128ULL << 20;

// Collects the rows of one page; the coroutine below moves them on.
class Collector final : public PageSink {
 public:
  Collector(model::TableStore& store, const PageOptions& options)
      : store_(store), options_(options) {}

  void watch(const PageReader& reader) { reader_ = &reader; }

  Result<> record(std::string_view record) override {
    if (!normalizer_) HARRIER_TRYV(prepare());
    HARRIER_TRYV(normalizer_->add(record, *batch_));
    if (ingested_ >= 0 && !ingestion_times_)
      ingestion_times_ =
          !batch_->row(batch_->size() - 1)[static_cast<std::size_t>(ingested_)].is_null();
    return Result<>();
  }

  void broken(std::string_view bytes, std::string_view reason) override {
    model::QuarantinedRecord record;
    record.table = store_.schema()->name;
    record.stream = options_.stream;
    record.reason = reason;
    record.record = bytes;
    quarantine_bytes_ += bytes.size();
    quarantine_.push_back(std::move(record));
  }

  Result<> prepare() {
    const auto& table = store_.schema();
    const auto schema = reader_->member("schema");
    if (options_.typed_by_reply && !schema.empty()) {
      HARRIER_TRY(const auto sent, reply_schema(schema));
      auto plan = layout_of_reply(table, store_.columns(), sent);
      layout_ = std::move(plan.layout);
      additions = std::move(plan.additions);
    } else {
      layout_ = layout_of_store(table, store_.columns(), options_.removals);
    }
    ingested_ = layout_->index_of("_Ingested");
    normalizer_.emplace(layout_, options_.map);
    batch_.emplace(layout_);
    return Result<>();
  }

  [[nodiscard]] bool full() const {
    return batch_ && (batch_->size() >= kBatchRows || batch_->bytes() >= kBatchBytes);
  }

  [[nodiscard]] bool any() const { return batch_ && !batch_->empty(); }

  [[nodiscard]] bool too_broken() const { return quarantine_bytes_ > kMaxQuarantine; }

  [[nodiscard]] bool ingestion_times() const { return ingestion_times_; }

  model::Batch take() {
    model::Batch full = std::move(*batch_);
    batch_.emplace(layout_);
    return full;
  }

  std::vector<model::QuarantinedRecord> take_quarantine() { return std::move(quarantine_); }

  std::vector<model::Column> additions;

 private:
  model::TableStore& store_;
  const PageOptions& options_;
  const PageReader* reader_ = nullptr;
  model::LayoutPtr layout_;
  std::optional<Normalizer> normalizer_;
  std::optional<model::Batch> batch_;
  std::vector<model::QuarantinedRecord> quarantine_;
  std::size_t quarantine_bytes_ = 0;
  int ingested_ = -1;
  bool ingestion_times_ = false;
};

std::vector<std::string> item_names(const PageOptions& options) {
  return options.items.empty() ? std::vector<std::string>()
                               : std::vector<std::string>{options.items};
}

}  // namespace

std::string IngestedPage::member_text(std::string_view name) const {
  const auto found = members.find(name);
  if (found == members.end() || found->second.size() < 2 || found->second.front() != '"') return {};
  return unescaped(std::string_view(found->second).substr(1, found->second.size() - 2));
}

Task<IngestedPage> ingest_page(net::Response& response, model::TableStore& store,
                               PageOptions options) {
  Collector collector(store, options);
  PageReader reader(collector, item_names(options));
  collector.watch(reader);
  IngestedPage page;
  HARRIER_CO_TRY(page.writer, co_await store.open_page(options.pass));
  for (;;) {
    HARRIER_CO_TRY(const std::string_view chunk, co_await response.read());
    if (chunk.empty()) {
      HARRIER_CO_TRYV(reader.finish());
    } else {
      page.bytes += chunk.size();
      HARRIER_CO_TRYV(reader.feed(chunk));
    }
    if (collector.too_broken())
      co_return Error(Errc::protocol, "too much of the answer is no JSON");
    if (!collector.additions.empty()) {
      auto additions = std::exchange(collector.additions, {});
      HARRIER_CO_TRYV(co_await store.add_columns(std::move(additions)));
    }
    if (collector.full() || (chunk.empty() && collector.any())) {
      auto batch = collector.take();
      HARRIER_CO_TRYV(co_await page.writer->append(std::move(batch)));
    }
    if (chunk.empty()) break;
  }
  page.records = reader.elements();
  page.ingestion_times = collector.ingestion_times();
  page.quarantine = collector.take_quarantine();
  for (const auto& [name, value] : reader.members()) page.members.emplace(name, value);
  co_return page;
}

}  // namespace harrier::ingest
