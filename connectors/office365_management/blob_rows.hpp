// The records of one content blob, dealt to their tables.
#pragma once

#include "connectors/office365_management/record_router.hpp"
#include "ingest/normalizer.hpp"
#include "ingest/page_reader.hpp"
#include "ingest/record_map.hpp"
#include "model/ports.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::connectors::office365_management {

/// A table that a feed fills.
struct FeedTable {
  std::shared_ptr<model::TableStore> store;
  model::LayoutPtr layout;
  std::shared_ptr<const ingest::RecordMap> map;
};

/// Receives a blob's records and keeps them as batches, one list a table. `tables` has one entry a
/// rule of the router.
class BlobRows final : public ingest::PageSink {
 public:
  BlobRows(const RecordRouter& router, const std::vector<FeedTable>& tables, std::string stream);

  Result<> record(std::string_view record) override;
  void broken(std::string_view bytes, std::string_view reason) override;

  /// Bytes held.
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// The rows of table `index` so far, taken; nullopt where there are none.
  [[nodiscard]] std::optional<model::Batch> take(std::size_t index);

  [[nodiscard]] std::vector<model::QuarantinedRecord> take_quarantine() {
    return std::move(quarantine_);
  }

 private:
  struct Part {
    std::optional<ingest::Normalizer> normalizer;
    std::optional<model::Batch> batch;
  };

  const RecordRouter& router_;
  const std::vector<FeedTable>& tables_;
  std::string stream_;
  std::vector<Part> parts_;
  std::vector<model::QuarantinedRecord> quarantine_;
};

}  // namespace harrier::connectors::office365_management
