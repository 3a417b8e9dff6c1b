#include "connectors/office365_management/blob_rows.hpp"

namespace harrier::connectors::office365_management {

BlobRows::BlobRows(const RecordRouter& router, const std::vector<FeedTable>& tables,
                   std::string stream)
    : router_(router), tables_(tables), stream_(std::move(stream)), parts_(tables.size()) {}

Result<> BlobRows::record(std::string_view record) {
  const int index = router_.route(record);
  if (index < 0) return Result<>();
  const FeedTable& table = tables_[static_cast<std::size_t>(index)];
  Part& part = parts_[static_cast<std::size_t>(index)];
  if (!part.normalizer) part.normalizer.emplace(table.layout, table.map);
  if (!part.batch) part.batch.emplace(table.layout);
  return part.normalizer->add(record, *part.batch);
}

void BlobRows::broken(std::string_view bytes, std::string_view reason) {
  model::QuarantinedRecord record;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    // A record that cannot be read cannot be dealt: it is listed with the table that takes the
    // rest.
    if (tables_[i].store) record.table = tables_[i].store->schema()->name;
  }
  record.stream = stream_;
  record.reason = reason;
  record.record = bytes;
  quarantine_.push_back(std::move(record));
}

std::size_t BlobRows::bytes() const noexcept {
  std::size_t total = 0;
  for (const auto& part : parts_) total += part.batch ? part.batch->bytes() : 0;
  for (const auto& record : quarantine_) total += record.record.size();
  return total;
}

std::optional<model::Batch> BlobRows::take(std::size_t index) {
  auto taken = std::move(parts_[index].batch);
  parts_[index].batch.reset();
  if (taken && taken->empty()) taken.reset();
  return taken;
}

}  // namespace harrier::connectors::office365_management
