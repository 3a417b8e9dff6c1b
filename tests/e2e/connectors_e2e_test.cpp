// Every API of the sandbox, collected by the real daemon.
#include "e2e/expect.hpp"

using namespace harrier::test;

TEST_CASE("Graph, Defender for Endpoint and the audit feed fill their tables", "[e2e]") {
  const Tenant tenant({"--apis", "defender,graph,office365", "--events", "300"});

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
}
