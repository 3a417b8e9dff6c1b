#include "app/retry_quarantine.hpp"

#include "app/stream_specs.hpp"
#include "ingest/layout.hpp"
#include "ingest/normalizer.hpp"
#include "ingest/stream_map.hpp"
#include "storage/inspect.hpp"

#include <fmt/format.h>

namespace harrier::app {

namespace {

// The rules of a record's stream; null where a property is the column of its name.
std::shared_ptr<const ingest::RecordMap> map_of(const model::QuarantinedRecord& record,
                                                const model::TableSchema& table,
                                                const std::string& tenant) {
  const auto spec = find_stream(record.stream, table.name);
  if (!spec || spec->columns.empty()) return nullptr;
  auto map = ingest::stream_map(*spec, tenant);
  return map ? *std::move(map) : nullptr;
}

Task<> store_record(model::StoreSet& stores, model::TablePtr table,
                    const model::QuarantinedRecord& record, const std::string& tenant) {
  HARRIER_CO_TRY(const auto store, co_await stores.open(table));
  const auto layout = ingest::layout_of_store(table, store->columns());
  ingest::Normalizer normalizer(layout, map_of(record, *table, tenant));
  normalizer.set_ingested(SystemClock().now());
  model::Batch batch(layout);
  HARRIER_CO_TRYV(normalizer.add_copy(record.record, batch));
  std::optional<Instant> pass;
  if (table->is_snapshot()) pass = SystemClock().now();
  HARRIER_CO_TRY(auto page, co_await store->open_page(pass));
  HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
  model::PageCommit commit;
  HARRIER_CO_TRYV(co_await page->commit(std::move(commit)));
  co_return Result<>();
}

}  // namespace

std::string RetryOutcome::text() const {
  return fmt::format("{} stored, {} still in quarantine", stored, refused);
}

Task<RetryOutcome> retry_quarantine(model::StoreSet& stores, const model::Catalog& catalog,
                                    const settings::Settings& settings) {
  RetryOutcome outcome;
  const std::filesystem::path directory = settings.storage.directory;
  HARRIER_CO_TRY(const auto entries, storage::list_quarantine(directory));
  for (const auto& entry : entries) {
    const auto table = catalog.find(entry.table);
    const auto record = storage::show_quarantined(directory, entry.id);
    bool stored = false;
    if (table != nullptr && record) {
      const auto done = co_await store_record(stores, table, *record, settings.tenant.id);
      if (!done && done.error().code != Errc::parse && done.error().code != Errc::limit)
        co_return done.error();
      stored = done.has_value();
    }
    if (stored) HARRIER_CO_TRYV(storage::delete_quarantined(directory, entry.id, SystemClock()));
    ++(stored ? outcome.stored : outcome.refused);
  }
  co_return outcome;
}

}  // namespace harrier::app
