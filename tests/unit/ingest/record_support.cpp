#include "record_support.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace harrier::test {

model::LayoutPtr layout_of(std::vector<model::Column> columns) {
  auto table = std::make_shared<model::TableSchema>();
  table->name = "T";
  table->columns = std::move(columns);
  return layout_of(model::TablePtr(table));
}

model::LayoutPtr layout_of(const model::TablePtr& table) {
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  layout->columns.emplace_back("_Ingested", model::ScalarType::datetime);
  layout->columns.emplace_back("_Other", model::ScalarType::dynamic);
  if (!table->time_column.empty()) layout->time_index = layout->index_of(table->time_column);
  return layout;
}

std::string show(const model::Cell& cell) {
  switch (cell.tag()) {
    case model::CellTag::null:
      return "null";
    case model::CellTag::integer:
      return fmt::format("i:{}", cell.integer());
    case model::CellTag::real:
      return fmt::format("r:{}", cell.real());
    case model::CellTag::text:
      return fmt::format("t:{}", cell.text());
  }
  return {};
}

Row::Row(const model::LayoutPtr& layout, std::string_view record,
         std::shared_ptr<const ingest::RecordMap> map)
    : batch_(layout) {
  ingest::Normalizer normalizer(layout, std::move(map));
  if (auto added = normalizer.add_copy(record, batch_); !added) error_ = added.error();
}

std::string Row::operator[](std::string_view column) const {
  if (!stored()) return "no row: " + error_.message;
  return show(batch_.row(0)[static_cast<std::size_t>(batch_.layout()->index_of(column))]);
}

Result<> CollectingSink::record(std::string_view record) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(record.data(), record.size()).get(element) || !element.is_object())
    return Error(Errc::parse, "no JSON");
  records.emplace_back(record);
  return {};
}

void CollectingSink::broken(std::string_view bytes, std::string_view) {
  spans.emplace_back(bytes);
}

}  // namespace harrier::test
