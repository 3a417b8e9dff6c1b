#include "connectors/recorded.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "connectors/connectors.hpp"
#include "connectors/office365_management/record_router.hpp"
#include "ingest/conversions.hpp"
#include "ingest/layout.hpp"
#include "ingest/spec_connector.hpp"
#include "ingest/stream_map.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

namespace dom = simdjson::dom;

namespace harrier::test {

namespace {

struct Sign {
  const char* table;
  std::vector<const char*> members;
};

// The first whose members are all there has the record.
const std::vector<Sign>& signs() {
  static const std::vector<Sign> all = {
      {"audit", {"CreationTime"}},
      {"audit", {"RecordType"}},
      {"AADProvisioningLogs", {"provisioningSteps"}},
      {"AuditLogs", {"activityDisplayName", "initiatedBy"}},
      {"AADManagedIdentitySignInLogs", {"conditionalAccessStatus", "ManagedServiceIdentity"}},
      {"SigninLogs", {"conditionalAccessStatus"}},
      {"SigninLogs", {"appliedConditionalAccessPolicies"}},
      {"SecurityAlert", {"providerAlertId"}},
      {"SecurityAlert", {"alertCreationTime", "severity"}},
      {"SecurityIncident", {"incidentWebUrl"}},
      {"SecurityIncident", {"redirectIncidentId"}},
      {"SecurityIncident", {"displayName", "determination", "severity"}},
      {"AADServicePrincipalRiskEvents", {"riskEventType", "servicePrincipalId"}},
      {"AADUserRiskEvents", {"riskEventType"}},
      {"AADRiskyServicePrincipals", {"riskLastUpdatedDateTime", "appId"}},
      {"AADRiskyUsers", {"riskLastUpdatedDateTime"}},
      {"MdeMachineActions", {"requestor", "requestorComment"}},
      {"MdeIndicators", {"indicatorValue", "indicatorType"}},
      {"MdeInvestigations", {"triggeringAlertId"}},
      {"MdeVulnerabilities", {"cveId", "machineId"}},
      {"MdeVulnerabilities", {"cveId", "deviceId"}},
      {"MdeMachines", {"computerDnsName", "healthStatus"}},
      {"AlertInfo", {"AlertId", "Title", "ServiceSource", "DetectionSource"}},
      {"DeviceProcessEvents", {"Timestamp", "FileName", "InitiatingProcessFileName"}},
      {"SecureScores", {"averageComparativeScores"}},
      {"SecureScoreControlProfiles", {"controlCategory", "maxScore"}},
  };
  return all;
}

// Tables of the categories that Azure diagnostics wrap around an Entra record.
constexpr std::pair<std::string_view, std::string_view> kCategories[] = {
    {"AuditLogs", "AuditLogs"},
    {"SignInLogs", "SigninLogs"},
    {"NonInteractiveUserSignInLogs", "AADNonInteractiveUserSignInLogs"},
    {"ServicePrincipalSignInLogs", "AADServicePrincipalSignInLogs"},
    {"ManagedIdentitySignInLogs", "AADManagedIdentitySignInLogs"},
    {"ProvisioningLogs", "AADProvisioningLogs"},
    {"RiskyUsers", "AADRiskyUsers"},
    {"UserRiskEvents", "AADUserRiskEvents"},
};

bool has(dom::object object, std::string_view key) {
  return std::any_of(object.begin(), object.end(),
                     [&](const auto& field) { return equals_ignore_case(field.key, key); });
}

void collect(const std::string& file, dom::element value, std::vector<RecordedRecord>& out);

// Members that only carry records of an API.
bool unwrap(const std::string& file, dom::object object, std::vector<RecordedRecord>& out) {
  std::string_view category;
  dom::element inner;
  if (!object["category"].get(category) && !object["properties"].get(inner) && inner.is_object()) {
    const bool hunting = category.starts_with("AdvancedHunting-");
    std::string table(hunting ? category.substr(16) : std::string_view());
    for (const auto& [name, of] : kCategories) {
      if (name == category) table = of;
    }
    out.push_back({file, table, simdjson::minify(inner)});
    return true;
  }
  if (!object["response"].get(inner) && inner.is_object() && has(object, "request")) {
    dom::element body;
    if (!inner["body"].get(body)) collect(file, body, out);
    return true;
  }
  for (const char* member :
       {"value", "office365", "ms-graph", "responses", "responseBody", "results", "Results"}) {
    if (object[member].get(inner) || inner.is_string() || inner.is_null()) continue;
    collect(file, inner, out);
    return true;
  }
  return false;
}

void collect(const std::string& file, dom::element value, std::vector<RecordedRecord>& out) {
  if (value.is_array()) {
    for (const auto element : dom::array(value.get_array())) collect(file, element, out);
    return;
  }
  if (!value.is_object()) return;
  const std::string text = simdjson::minify(value);
  std::string table = table_of_record(text);
  if (table.empty() && (file.find("/o365_management/") != std::string::npos ||
                        file.find("/o365_management_preparsed/") != std::string::npos))
    table = "audit";
  if (table.empty() && unwrap(file, value.get_object(), out)) return;
  out.push_back({file, table, text});
}

std::string number_text(double number) {
  return fmt::format("n:{}", number);
}

// A number, however it is spelled.
std::string maybe_number(std::string_view text) {
  double number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || stop != text.data() + text.size()) return {};
  return number_text(number);
}

using Leaf = std::function<void(const std::string& path, const std::string& text)>;

void leaves(dom::element value, const std::string& path, const Leaf& leaf) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      for (const auto field : dom::object(value.get_object())) {
        if (field.key.find("@odata.") == std::string_view::npos)
          leaves(field.value, path + "." + std::string(field.key), leaf);
      }
      return;
    case dom::element_type::ARRAY:
      for (const auto element : dom::array(value.get_array())) leaves(element, path + "[]", leaf);
      return;
    case dom::element_type::NULL_VALUE:
      return;
    case dom::element_type::STRING:
      leaf(path, std::string(value.get_string().value()));
      return;
    case dom::element_type::BOOL:
    case dom::element_type::DOUBLE:
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      leaf(path, simdjson::minify(value));
      return;
  }
}

// Adds a text, and what it holds where it is JSON itself.
void add_texts(const std::string& text, std::set<std::string>& found) {
  found.insert(text);
  if (text.empty()) return;
  if (const auto number = maybe_number(text); !number.empty()) found.insert(number);
  dom::parser parser;
  dom::element inner;
  if (text.front() != '{' && text.front() != '[' && text.front() != '"') return;
  if (parser.parse(simdjson::padded_string(text)).get(inner)) return;
  leaves(inner, "", [&](const std::string&, const std::string& leaf) {
    if (leaf != text) add_texts(leaf, found);
  });
}

bool is_held(const std::string& value, const std::set<std::string>& found,
             const ingest::NameTables* names) {
  if (value.empty() || value.starts_with("0001-01-01") || found.contains(value)) return true;
  if (found.contains(to_lower(value))) return true;
  auto instant = parse_instant(value);
  if (!instant) instant = ingest::parse_other_time(value);
  if (instant && found.contains(format_instant(*instant))) return true;
  if (const auto number = maybe_number(value); !number.empty() && found.contains(number))
    return true;
  if (equals_ignore_case(value, "true") && found.contains(number_text(1))) return true;
  if (equals_ignore_case(value, "false") && found.contains(number_text(0))) return true;
  if (names != nullptr) {
    for (const auto& [table, entries] : *names) {
      for (const auto& [code, name] : entries) {
        if (code == value && found.contains(name)) return true;
      }
    }
  }
  // JSON in a text loses its white space in a dynamic column.
  if (value.front() != '{' && value.front() != '[') return false;
  dom::parser parser;
  dom::element inner;
  if (parser.parse(simdjson::padded_string(value)).get(inner)) return false;
  bool all = true;
  leaves(inner, "", [&](const std::string&, const std::string& leaf) {
    all = all && is_held(leaf, found, names);
  });
  return all;
}

std::vector<ingest::StreamSpec> all_specs() {
  std::vector<ingest::StreamSpec> specs;
  for (const auto& connector : connectors::make_connectors()) {
    const auto& described = dynamic_cast<const ingest::SpecConnector&>(*connector);
    specs.insert(specs.end(), described.specs().begin(), described.specs().end());
  }
  return specs;
}

std::set<std::string, std::less<>> words(std::string_view list) {
  std::set<std::string, std::less<>> found;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    found.insert(to_lower(trim(list.substr(0, comma))));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return found;
}

void append_canonical(std::string& out, dom::element value) {
  if (value.is_object()) {
    std::map<std::string, std::string> members;
    for (const auto field : dom::object(value.get_object())) {
      std::string text;
      append_canonical(text, field.value);
      const bool counts =
          text != "null" && text != "\"\"" && field.key.find("@odata.") == std::string_view::npos;
      if (counts) members.emplace(field.key, text);
    }
    out += '{';
    for (const auto& [key, text] : members) out += fmt::format("{}={};", key, text);
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto element : dom::array(value.get_array())) {
      append_canonical(out, element);
      out += ';';
    }
    out += ']';
  } else {
    out += simdjson::minify(value);
  }
}

}  // namespace

std::string table_of_record(std::string_view record) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(simdjson::padded_string(record)).get(object)) return {};
  for (const auto& sign : signs()) {
    if (std::all_of(sign.members.begin(), sign.members.end(),
                    [&](const char* member) { return has(object, member); }))
      return sign.table;
  }
  return {};
}

std::string canonical_json(std::string_view record) {
  dom::parser parser;
  std::string text;
  append_canonical(text, parser.parse(simdjson::padded_string(record)));
  return text;
}

std::vector<RecordedRecord> recorded_records() {
  std::vector<RecordedRecord> records;
  const char* const root = std::getenv("HARRIER_SAMPLES");
  if (root == nullptr) return records;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".jsonl" &&
        entry.path().string().find("expected_ecs") == std::string::npos)
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    const std::string file = std::filesystem::relative(path, root).string();
    std::ifstream in(path);
    dom::parser parser;
    for (std::string line; std::getline(in, line);) {
      dom::element value;
      if (parser.parse(simdjson::padded_string(line)).get(value))
        records.push_back({file, "malformed", line});
      else
        collect(file, value, records);
    }
  }
  return records;
}

TableMap table_map(const model::Catalog& catalog, std::string_view stream) {
  for (const auto& spec : all_specs()) {
    if (spec.name != stream) continue;
    TableMap made;
    made.table = catalog.find(spec.table);
    REQUIRE(made.table != nullptr);
    const bool removals = std::any_of(spec.columns.begin(), spec.columns.end(),
                                      [](const auto& rule) { return rule.first == "_Removed"; });
    made.layout = ingest::layout_of_store(made.table, made.table->columns, removals);
    made.map = ingest::stream_map(spec, "tenant").value();
    made.names = spec.names;
    made.path = spec.path;
    return made;
  }
  FAIL("no stream " << stream);
  return {};
}

AuditTables audit_tables(const model::Catalog& catalog) {
  using namespace connectors::office365_management;
  AuditTables tables;
  std::vector<TableRule> rules;
  for (const auto& spec : all_specs()) {
    if (spec.kind != "record") continue;
    TableRule rule;
    rule.table = catalog.find(spec.table);
    rule.enabled = true;
    rule.workloads = words(spec.option("workloads"));
    rule.record_types = words(spec.option("record_types"));
    rules.push_back(std::move(rule));
    tables.names.push_back(spec.name);
  }
  auto router = std::make_shared<RecordRouter>(std::move(rules));
  tables.route = [router](std::string_view record) { return router->route(record); };
  return tables;
}

std::vector<std::string> lost_values(std::string_view record, const model::Batch& batch,
                                     std::size_t row, const ingest::NameTables* names) {
  std::set<std::string> found;
  for (const model::Cell& cell : batch.row(row)) {
    if (cell.tag() == model::CellTag::integer)
      found.insert(number_text(static_cast<double>(cell.integer())));
    if (cell.tag() == model::CellTag::real) found.insert(number_text(cell.real()));
    if (cell.tag() == model::CellTag::text) add_texts(std::string(cell.text()), found);
  }
  std::vector<std::string> lost;
  dom::parser parser;
  leaves(parser.parse(simdjson::padded_string(record)), "",
         [&](const std::string& path, const std::string& value) {
           if (!is_held(value, found, names)) lost.push_back(path + " = " + value);
         });
  return lost;
}

}  // namespace harrier::test
