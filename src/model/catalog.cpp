#include "model/catalog.hpp"

#include "base/embedded.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace harrier::embedded {
std::span<const base::EmbeddedText> table_files();
}

namespace harrier::model {

namespace {

// Names that the service used before, and that older published queries still use.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kAliases = {{
    {"AlertEvents", "AlertInfo"},
    {"DeviceAlertEvents", "AlertInfo"},
    {"MachineInfo", "DeviceInfo"},
    {"MachineNetworkInfo", "DeviceNetworkInfo"},
    {"ProcessCreationEvents", "DeviceProcessEvents"},
    {"NetworkCommunicationEvents", "DeviceNetworkEvents"},
    {"FileCreationEvents", "DeviceFileEvents"},
    {"RegistryEvents", "DeviceRegistryEvents"},
    {"LogonEvents", "DeviceLogonEvents"},
    {"ImageLoadEvents", "DeviceImageLoadEvents"},
    {"MiscEvents", "DeviceEvents"},
    {"AppFileEvents", "CloudAppEvents"},
    {"DeviceTvmSoftwareInventoryVulnerabilities", "DeviceTvmSoftwareVulnerabilities"},
}};

constexpr std::array<std::string_view, 3> kConnectorOrder = {
    "microsoft365_defender", "graph_security", "office365_management"};

std::size_t connector_rank(const TableSchema& table) {
  const auto* found = std::find(kConnectorOrder.begin(), kConnectorOrder.end(), table.connector);
  return static_cast<std::size_t>(found - kConnectorOrder.begin());
}

}  // namespace

Result<Catalog> Catalog::load_embedded() {
  std::vector<TableSchema> tables;
  for (const auto& file : embedded::table_files()) {
    HARRIER_TRY(auto table, parse_table_file(file.name, file.text));
    tables.push_back(std::move(table));
  }
  return of(std::move(tables));
}

Catalog Catalog::of(std::vector<TableSchema> tables) {
  Catalog catalog;
  for (auto& table : tables) {
    auto shared = std::make_shared<const TableSchema>(std::move(table));
    catalog.by_name_.emplace(shared->name, shared);
    catalog.tables_.push_back(std::move(shared));
  }
  std::stable_sort(catalog.tables_.begin(), catalog.tables_.end(),
                   [](const TablePtr& a, const TablePtr& b) {
                     return std::tuple(connector_rank(*a), a->order, a->name) <
                            std::tuple(connector_rank(*b), b->order, b->name);
                   });
  return catalog;
}

TablePtr Catalog::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

TablePtr Catalog::find_alias(std::string_view name) const {
  for (const auto& [alias, table] : kAliases) {
    if (alias == name) return find(table);
  }
  return nullptr;
}

std::vector<std::string> Catalog::names() const {
  std::vector<std::string> names;
  for (const auto& table : tables_) names.push_back(table->name);
  return names;
}

}  // namespace harrier::model
