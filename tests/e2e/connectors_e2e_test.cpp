// Every API of the sandbox, collected by the real daemon.
#include "e2e/expect.hpp"

using namespace harrier::test;

TEST_CASE("Graph, Defender for Endpoint and the audit feed fill their tables", "[e2e]") {
  const Tenant tenant({"--apis", "defender,graph,office365", "--events", "300"});

  collect_and_compare(tenant);
  // What changes say about the same things leads to the same state as reading all of them.
  collect_and_compare(tenant);
  CHECK(tenant.ask("AuditLogs",
                   "SELECT count(*) > 0 FROM AuditLogs WHERE OperationName = 'Consent to "
                   "application' AND TargetResources ->> '$[0].displayName' <> '' AND InitiatedBy "
                   "->> '$.user.userPrincipalName' <> ''") == "1");
  const auto hunted = tenant.harrier(
      {"query", "--format", "csv",
       "AuditLogs | where OperationName == \"Consent to application\" | extend displayName_ = "
       "tostring(TargetResources[0].displayName) | extend userPrincipalName_ = "
       "tostring(parse_json(tostring(InitiatedBy.user)).userPrincipalName) | project "
       "displayName_, userPrincipalName_, ActivityDateTime"});
  INFO(hunted.output);
  CHECK(hunted.code == 0);
  CHECK(hunted.output.find('@') != std::string::npos);

  const auto alerts = tenant.harrier(
      {"query", "--format", "csv",
       "SecurityIncident_latest | join kind=leftouter (SecurityAlert_latest | summarize Alerts = "
       "make_set(SystemAlertId) by Incident = toint(_Other.incidentId)) on $left.IncidentNumber == "
       "$right.Incident | summarize incidents = count(), joined = countif(array_length(Alerts) > "
       "0)"});
  INFO(alerts.output);
  CHECK(alerts.output == "incidents,joined\n300,300\n");
}

TEST_CASE("Tamper protection is a view of its own, for SQL and for KQL", "[e2e]") {
  const std::string table = "DeviceTvmSecureConfigurationAssessment";
  const Tenant tenant({"--apis", "hunting", "--tables", table, "--events", "400"});

  collect_and_compare(tenant);

  const auto devices = tenant.ask(
      table, "SELECT count(*) FROM " + table + "_latest WHERE ConfigurationId = 'scid-2003'");
  CHECK(devices != "0");
  CHECK(tenant.ask(table, "SELECT count(*) FROM TamperProtection") == devices);
  const auto hunted = tenant.harrier(
      {"query", "--format", "csv", "TamperProtection | summarize count() by ConfigurationId"});
  INFO(hunted.output);
  CHECK(hunted.code == 0);
  CHECK(hunted.output.find("scid-2003," + devices) != std::string::npos);
}
