// A tenant with every kind of stream that is read quickly: hunting, lists by time and by delta, and
// the audit feed with its ledger in the state file.
#pragma once

#include "e2e/tenant.hpp"

#include <string>
#include <vector>

namespace harrier::test {

/// Options of the sandbox.
inline std::vector<std::string> every_kind(const std::string& events) {
  return {
      "--apis",
      "hunting,defender,graph,office365",
      "--tables",
      "DeviceEvents,AlertInfo,AuditLogs,SigninLogs,ServicePrincipals,OfficeActivity,AuditGeneral",
      "--events",
      events};
}

/// Switches off what the service answers once in two seconds, and more lists of the same kinds.
inline void leave_out_the_slow(const Tenant& tenant) {
  for (const char* table :
       {"AADRiskyUsers", "AADUserRiskEvents", "AADServicePrincipalRiskEvents",
        "AADRiskyServicePrincipals", "AADNonInteractiveUserSignInLogs",
        "AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs", "AADProvisioningLogs",
        "SecureScoreControlProfiles", "SigninLogs", "MdeIndicators", "MdeInvestigations",
        "MdeMachineActions", "MdeVulnerabilities", "MdeAvHealth"})
    tenant.configure(std::string(table) + " = true", std::string(table) + " = false");
}

/// What is left then, as an option of `compare`.
inline const std::vector<std::string> kQuickTables = {
    "--tables",
    "DeviceEvents,AlertInfo,SecurityIncident,SecurityAlert,AuditLogs,ServicePrincipals,"
    "OAuth2PermissionGrants,OfficeActivity,AuditGeneral,MdeMachines,SecureScores"};

}  // namespace harrier::test
