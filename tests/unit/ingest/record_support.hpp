// Rows and pages for the tests of ingest.
#pragma once

#include "ingest/normalizer.hpp"
#include "ingest/page_reader.hpp"
#include "ingest/record_map.hpp"
#include "model/batch.hpp"
#include "model/catalog.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::test {

/// A layout of a table T with these columns, `_Ingested` and `_Other`.
model::LayoutPtr layout_of(std::vector<model::Column> columns);
/// The layout that rows of a catalog table have.
model::LayoutPtr layout_of(const model::TablePtr& table);

/// What a cell holds, as text: `null`, `i:5`, `r:1.5`, `t:text`.
std::string show(const model::Cell& cell);

/// One row, by normalizing a record; its cells by column name.
class Row {
 public:
  Row(const model::LayoutPtr& layout, std::string_view record,
      std::shared_ptr<const ingest::RecordMap> map = nullptr);

  [[nodiscard]] bool stored() const { return !batch_.empty(); }

  [[nodiscard]] const Error& error() const { return error_; }

  [[nodiscard]] std::string operator[](std::string_view column) const;

  [[nodiscard]] const model::RowKey& key() const { return batch_.key(0); }

 private:
  model::Batch batch_;
  Error error_;
};

/// Collects what a page gives. Records parse when simdjson's DOM says so.
class CollectingSink final : public ingest::PageSink {
 public:
  Result<> record(std::string_view record) override;
  void broken(std::string_view bytes, std::string_view reason) override;

  std::vector<std::string> records;
  std::vector<std::string> spans;
};

}  // namespace harrier::test
