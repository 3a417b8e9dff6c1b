#include "settings/settings.hpp"

#include <fmt/format.h>

namespace harrier::settings {

const TableSetting* Settings::enabled_table(const model::TableSchema& table) const noexcept {
  const auto connector = connectors.find(table.connector);
  if (connector == connectors.end() || !connector->second.enabled) return nullptr;
  const auto setting = connector->second.tables.find(table.name);
  return setting == connector->second.tables.end() || !setting->second.enabled ? nullptr
                                                                               : &setting->second;
}

std::vector<model::TablePtr> Settings::enabled_tables(const model::Catalog& catalog) const {
  std::vector<model::TablePtr> tables;
  for (const auto& table : catalog.tables()) {
    if (enabled_table(*table) != nullptr) tables.push_back(table);
  }
  return tables;
}

std::string Problem::text() const {
  std::string out = line > 0 ? fmt::format("{}:{}: ", file, line) : file + ": ";
  if (!key.empty()) out += key + ": ";
  return out + message;
}

}  // namespace harrier::settings
