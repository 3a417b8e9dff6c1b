#include "base/text.hpp"
#include "model/views.hpp"
#include "settings/load.hpp"
#include "settings/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace harrier::settings {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view kHunting = "microsoft365_defender";
constexpr std::string_view kOffice = "office365_management";

struct ConnectorFacts {
  std::string_view name;
  int reach_days;  ///< how far back the API answers
};

constexpr std::array<ConnectorFacts, 3> kConnectors = {
    {{kHunting, 30}, {"graph_security", 30}, {kOffice, 7}}};

constexpr std::array<std::string_view, 6> kWorkloads = {
    "Exchange", "SharePoint", "OneDrive", "Teams", "MicrosoftTeams", "AzureActiveDirectory"};

// Tables of the Defender for Endpoint APIs, which no hunting query fills.
bool is_hunting_table(const model::TableSchema& table) {
  return table.connector == kHunting && !table.name.starts_with("Mde");
}

void load_workloads(Section& section, const model::TableSchema& table, TableSetting& setting) {
  setting.workloads = section.texts("workloads");
  if (!section.has("workloads")) return;
  if (table.name != "OfficeActivity") {
    section.complain("workloads", "is for OfficeActivity only");
    return;
  }
  for (auto& workload : setting.workloads) {
    const auto known =
        std::find_if(kWorkloads.begin(), kWorkloads.end(),
                     [&](std::string_view name) { return equals_ignore_case(name, workload); });
    if (known == kWorkloads.end()) {
      section.complain(
          "workloads",
          fmt::format("names \"{}\"; write Exchange, SharePoint, OneDrive or Teams", workload));
    } else {
      workload = std::string(*known);
    }
  }
}

void load_filter(Section& section, const model::TableSchema& table, TableSetting& setting) {
  auto filter = section.text("filter");
  if (!filter) return;
  if (!is_hunting_table(table)) {
    section.complain("filter", "is for hunting tables only; this API cannot filter by columns");
    return;
  }
  if (auto problem = filter_problem(*filter); !problem.empty())
    section.complain("filter", std::move(problem));
  setting.filter = std::string(trim(*filter));
}

void load_columnstore(Section& section, const model::TableSchema& table, TableSetting& setting) {
  setting.columnstore = section.texts("columnstore");
  if (setting.columnstore.empty()) return;
  if (table.kind != model::TableKind::event || table.has_latest || table.is_snapshot()) {
    section.complain("columnstore", "is for tables of events only");
    return;
  }
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  for (const auto& name : setting.columnstore) {
    if (table.find(name) != nullptr) continue;
    const auto nearest = nearest_name(name, names);
    section.complain("columnstore",
                     fmt::format("names \"{}\", which is no column of {}; {}", name, table.name,
                                 nearest.empty() ? fmt::format("see harrier schema {}", table.name)
                                                 : fmt::format("did you mean \"{}\"?", nearest)));
  }
}

TableSetting load_table(Section& tables, const model::TableSchema& table) {
  TableSetting setting;
  const Node* value = tables.node(table.name);
  if (value->kind == NodeKind::boolean) {
    setting.enabled = value->boolean;
    return setting;
  }
  if (value->kind != NodeKind::table) {
    tables.complain(
        table.name,
        "write true, false or an inline table: { enabled = true, retention = \"30d\" }");
    return setting;
  }
  Section section = tables.sub(table.name);
  setting.enabled = section.boolean("enabled").value_or(true);
  setting.retention = section.duration("retention", Milliseconds(0));
  setting.poll_interval = section.duration("poll_interval", seconds(1));
  load_filter(section, table, setting);
  load_workloads(section, table, setting);
  load_columnstore(section, table, setting);
  section.finish();
  return setting;
}

// What to say about a name that is no table of this connector.
std::string unknown_table(std::string_view name, std::string_view connector,
                          const model::Catalog& catalog) {
  if (const auto table = catalog.find(name)) {
    if (!table->selectable) return "only describes what an API sends and cannot be selected";
    return fmt::format("belongs to another connector: write it in [connectors.{}.tables]",
                       table->connector);
  }
  if (const auto table = catalog.find_alias(name))
    return fmt::format("is an older name; write {}", table->name);
  if (const auto* view = model::find_view(name))
    return fmt::format("is a view that comes with its table; write {}", view->table);
  std::vector<std::string> names;
  for (const auto& table : catalog.tables()) {
    if (table->selectable && table->connector == connector) names.push_back(table->name);
  }
  auto nearest = nearest_name(name, names);
  if (nearest.empty()) nearest = nearest_name(name, catalog.names());
  return nearest.empty() ? std::string("is no known table; `harrier tables --all` lists them")
                         : fmt::format("is no known table; did you mean {}?", nearest);
}

void load_tables(Section section, std::string_view connector, const LoadContext& context,
                 Connector& result) {
  for (const auto& name : section.keys()) {
    const auto table = context.catalog.find(name);
    if (table == nullptr || !table->selectable || table->connector != connector) {
      section.complain(name, unknown_table(name, connector, context.catalog));
    } else {
      result.tables.insert_or_assign(name, load_table(section, *table));
    }
  }
}

void load_backfill(Section& section, int reach_days, Connector& connector) {
  const auto value = section.duration("backfill", Milliseconds(0));
  if (!value) return;
  if (*value > hours(24 * reach_days))
    section.complain(
        "backfill",
        fmt::format("reaches further back than the API keeps; write at most \"{}d\"", reach_days));
  connector.backfill = *value;
}

void load_limits(Section& section, Connector& connector) {
  connector.max_rows = section.integer("max_rows", 1, 1'000'000).value_or(connector.max_rows);
  connector.max_bytes = section.size("max_bytes").value_or(connector.max_bytes);
  if (connector.max_bytes == 0)
    section.complain("max_bytes", "is 0; leave it out for the service's own limit");
  if (const auto calls = section.integer("calls_per_minute", 1, 100'000))
    connector.calls_per_minute = static_cast<int>(*calls);
  if (const auto calls = section.integer("concurrency", 1, 1'000))
    connector.concurrency = static_cast<int>(*calls);
}

void load_publisher(Section& section, std::string_view name, const Tenant& tenant,
                    Connector& connector) {
  if (name != kOffice) return;
  connector.publisher_id = tenant.id;
  const auto value = section.text("publisher_id");
  if (!value) return;
  if (!is_guid(*value))
    section.complain("publisher_id", fmt::format("is \"{}\", which is no GUID", *value));
  connector.publisher_id = to_lower(*value);
}

Connector load_connector(Section section, const ConnectorFacts& facts, const LoadContext& context,
                         const Tenant& tenant) {
  Connector connector;
  connector.enabled = section.boolean("enabled").value_or(section.present());
  connector.poll_interval =
      section.duration("poll_interval", seconds(1)).value_or(connector.poll_interval);
  load_backfill(section, facts.reach_days, connector);
  connector.settle = section.duration("settle", Milliseconds(0)).value_or(connector.settle);
  load_limits(section, connector);
  load_publisher(section, facts.name, tenant, connector);
  load_tables(section.sub("tables"), facts.name, context, connector);
  section.finish();
  return connector;
}

}  // namespace

int reach_days(std::string_view connector) noexcept {
  for (const auto& facts : kConnectors) {
    if (facts.name == connector) return facts.reach_days;
  }
  return 0;
}

std::map<std::string, Connector, std::less<>> load_connectors(Section section,
                                                              const LoadContext& context,
                                                              const Tenant& tenant) {
  std::map<std::string, Connector, std::less<>> connectors;
  for (const auto& facts : kConnectors) {
    const bool listed = section.has(facts.name);
    Section part = section.sub(facts.name);
    if (listed)
      connectors.emplace(facts.name, load_connector(std::move(part), facts, context, tenant));
  }
  section.finish();
  return connectors;
}

}  // namespace harrier::settings
