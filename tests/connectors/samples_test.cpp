// Recorded payloads of every API (HARRIER_SAMPLES) through the maps of streams.toml: each lands in
// its table with all its values, or in quarantine with a reason.
#include "connectors/recorded.hpp"
#include "ingest/normalizer.hpp"
#include "support/catch.hpp"

#include <map>
#include <set>

using namespace harrier;
using namespace harrier::test;

namespace {

struct Elsewhere {
  const char* part;  // of the path
  const char* reason;
  bool whole = false;  // nothing in it is a record, whatever it looks like
};

// Payloads that no connector reads.
const std::vector<Elsewhere>& out_of_scope() {
  static const std::vector<Elsewhere> all = {
      {"/sentinel_csv_derived_jsonl/", "rows that another product made of records", true},
      {"/log_analytics", "answers of a Log Analytics workspace", true},
      {"/http_", "HTTP exchanges: the replay collects them", true},
      {"/graph_alerts_legacy", "the alert API that was shut down", true},
      {"/graph_other/", "Intune, users, groups and roles: no table is filled from them", true},
      {"/graph_intune/", "Intune", true},
      {"deviceManagement", "Intune", true},
      {"/managed-devices", "Intune", true},
      {"/compliance-policy", "Intune", true},
      {"/detected-apps", "Intune", true},
      {"/reports_authenticationMethods", "registration reports", true},
      {"/security_auditLog", "queries of the audit log, not its records", true},
      {"/security_identities", "sensors of Defender for Identity", true},
      {"/security_labels", "retention labels", true},
      {"/security_threatIntelligence", "threat intelligence articles", true},
      {"/entra_", "users and devices of the directory", true},
      {"/mcas/", "the API of Cloud App Security itself", true},
      {"/defender_for_cloud/", "Azure resources", true},
      {"/message_trace", "mail traces of Exchange reporting", true},
      {"activitylogs__", "Azure activity and other categories of Azure diagnostics"},
      {"/defender_ah_results", "answers of free queries: see the unit test of replies"},
      {"/o365_management_api", "tokens, subscriptions and listings"},
      {"/o365_content_pages/", "subscriptions and listings"},
      {"/m365d_incidents_api/update_incident", "a change that was asked for"},
      {"/mde_docs/", "other calls of the API"},
      {"/mde_machines/", "references to machines"},
      {"/mde_vulnerabilities/", "the vulnerability catalog"},
      {"/mde_alerts", "files of an alert, empty pages"},
      {"/mde_other/", "software and recommendations"},
      {"/pages/", "software and recommendations"},
      {"/security_alerts", "comments, alerts of the API that was shut down"},
      {"/security_incidents", "comments"},
      {"/mock_responses/", "tokens and errors"},
      {"/synthetic_wrapped/office365", "documents without the record"},
  };
  return all;
}

const Elsewhere* elsewhere(const RecordedRecord& record, bool whole) {
  for (const auto& entry : out_of_scope()) {
    if (entry.whole == whole && record.file.find(entry.part) != std::string::npos) return &entry;
  }
  return nullptr;
}

const model::Catalog& catalog() {
  static const model::Catalog loaded = model::Catalog::load_embedded().value();
  return loaded;
}

}  // namespace

TEST_CASE(
    "Recorded payloads land in their tables and lose no value, or are set aside with a reason",
    "[connectors][samples]") {
  const auto records = recorded_records();
  if (records.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  const AuditTables audit = audit_tables(catalog());
  std::map<std::string, TableMap> maps;
  std::map<std::string, int> stored;
  std::set<const Elsewhere*> used;
  int broken = 0;
  for (const auto& record : records) {
    CAPTURE(record.file, record.text.substr(0, 300));
    if (const auto* entry = elsewhere(record, true)) {
      used.insert(entry);
      continue;
    }
    std::string stream = record.table;
    if (stream == "audit") stream = audit.names[static_cast<std::size_t>(audit.route(record.text))];
    if (stream == "malformed") stream = "AuditGeneral";
    if (stream.empty()) {
      const auto* entry = elsewhere(record, false);
      if (entry == nullptr) FAIL_CHECK("neither a table nor a reason");
      used.insert(entry);
      continue;
    }
    const auto [at, is_new] = maps.try_emplace(stream);
    if (is_new) at->second = table_map(catalog(), stream);
    const TableMap& map = at->second;
    ingest::Normalizer normalizer(map.layout, map.map);
    model::Batch batch(map.layout);
    const auto added = normalizer.add_copy(record.text, batch);
    if (record.table == "malformed") {
      CHECK(added.has_error());
      CHECK_FALSE(added.error().message.empty());
      ++broken;
      continue;
    }
    REQUIRE(added.has_value());
    ++stored[map.table->name];
    for (const auto& value : lost_values(record.text, batch, 0, map.names.get())) {
      CAPTURE(map.table->name, value);
      FAIL_CHECK("a value is lost");
    }
  }
  for (const auto& entry : out_of_scope()) {
    CAPTURE(entry.part, entry.reason);
    CHECK(used.contains(&entry));
  }
  CHECK(broken == 2);
  for (const char* table : {"OfficeActivity",
                            "AuditGeneral",
                            "PowerBIActivity",
                            "ProjectActivity",
                            "Dynamics365Activity",
                            "MicrosoftPurviewInformationProtection",
                            "SecurityAlert",
                            "SecurityIncident",
                            "AuditLogs",
                            "SigninLogs",
                            "AADNonInteractiveUserSignInLogs",
                            "AADServicePrincipalSignInLogs",
                            "AADManagedIdentitySignInLogs",
                            "AADProvisioningLogs",
                            "AADUserRiskEvents",
                            "AADRiskyUsers",
                            "AADServicePrincipalRiskEvents",
                            "AADRiskyServicePrincipals",
                            "MdeMachines",
                            "MdeMachineActions",
                            "MdeIndicators",
                            "MdeInvestigations",
                            "MdeVulnerabilities",
                            "SecureScores",
                            "AlertInfo",
                            "DeviceEvents"}) {
    CAPTURE(table);
    CHECK(stored[table] > 0);
  }
}

TEST_CASE("A value that a row does not have is noticed", "[connectors][samples]") {
  const TableMap map = table_map(catalog(), "AuditLogs");
  ingest::Normalizer normalizer(map.layout, map.map);
  model::Batch batch(map.layout);
  REQUIRE(
      normalizer.add_copy(R"({"id":"1","result":"success","more":{"n":5}})", batch).has_value());
  CHECK(lost_values(R"({"id":"1","more":{"n":5}})", batch, 0, nullptr).empty());
  CHECK(lost_values(R"({"id":"12","more":{"n":6},"other":["x"]})", batch, 0, nullptr).size() == 3);
}

TEST_CASE("Records that are odd land in the columns they mean", "[connectors]") {
  struct Odd {
    const char* stream;
    const char* record;
    const char* column;
    const char* value;
  };

  const std::vector<Odd> all = {
      {"SecurityIncident", R"({"id":"7","assignedTo":"kai@contoso.com"})", "Owner",
       R"({"assignedTo":"kai@contoso.com","email":"kai@contoso.com","userPrincipalName":"kai@contoso.com"})"},
      {"SecurityIncident", R"({"id":"7","alerts":[{"id":"a1"},{"id":"a2"}]})", "AlertIds",
       R"(["a1","a2"])"},
      {"SecurityIncident", R"({"incidentId":7,"lastUpdateTime":"2021-01-01T00:00:00.5Z"})",
       "TimeGenerated", "2021-01-01T00:00:00.5000000Z"},
      {"SecurityIncident", R"({"ID":7,"SEVERITY":"high"})", "Severity", "High"},
      {"SecurityIncident", R"({"id":7})", "ProviderIncidentId", "7"},
      {"SecurityAlert", R"({"id":"x","alertCreationTime":"2021-01-01T01:00:00+01:00"})",
       "TimeGenerated", "2021-01-01T00:00:00.0000000Z"},
      {"SecurityAlert", R"({"evidence":[{"userAccount":{"userPrincipalName":"u@x"}}]})",
       "CompromisedEntity", "u@x"},
      {"AuditLogs", R"({"result":"success"})", "ResultType", "success"},
      {"AuditLogs", R"({"result":"success"})", "Result", "success"},
      {"SigninLogs", R"({"status":{"errorCode":"50126"}})", "ResultType", "50126"},
      {"SigninLogs", R"({"status":{"errorCode":0}})", "ResultType", "0"},
      {"SigninLogs", R"({"appliedConditionalAccessPolicies":[{"id":"p"}]})",
       "AppliedConditionalAccessPolicies", R"([{"id":"p"}])"},
      {"AADRiskyUsers", R"({"riskLastUpdatedDateTime":"2022-09-09T9:59:27.958Z"})", "TimeGenerated",
       "2022-09-09T09:59:27.9580000Z"},
      {"OfficeActivity", R"({"recordtype":"1","CreationTime":"2021-01-01T00:00:00"})", "RecordType",
       "ExchangeAdmin"},
      {"OfficeActivity", R"({"ExternalAccess":true})", "ExternalAccess", "True"},
      {"AuditGeneral", R"({"RecordType":"999999"})", "RecordType", "999999"},
  };
  for (const auto& odd : all) {
    CAPTURE(odd.stream, odd.record, odd.column);
    const TableMap map = table_map(catalog(), odd.stream);
    ingest::Normalizer normalizer(map.layout, map.map);
    model::Batch batch(map.layout);
    REQUIRE(normalizer.add_copy(odd.record, batch).has_value());
    const model::Cell& cell =
        batch.row(0)[static_cast<std::size_t>(map.layout->index_of(odd.column))];
    CHECK((cell.tag() == model::CellTag::integer ? std::to_string(cell.integer())
           : cell.is_null()                      ? std::string("null")
                                                 : std::string(cell.text())) == odd.value);
  }
}
