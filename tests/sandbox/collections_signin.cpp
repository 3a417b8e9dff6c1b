// Entra logs: directory audits, sign-ins of every kind, provisioning.
#include "sandbox/collection.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kActivities[] = {
    "Add member to role.", "Update application – Certificates and secrets management ",
    "Update user", "Add app role assignment to service principal"};

/// Every twentieth record, the first of them early, is somebody's consent to an application.
bool is_consent(const EntityContext& e) {
  return e.index % 20 == 2;
}

void make_audit(const EntityContext& e, Record& r) {
  const auto& user = e.user();
  const auto activity =
      is_consent(e) ? std::string_view("Consent to application") : pick(kActivities, e.hash(40));
  r.text("id", "Directory_{}_QX{}_{}", guid_text(e.hash(41)), e.hash(42) % 90, e.index)
      .text("category", is_consent(e) ? "ApplicationManagement" : "RoleManagement")
      .text("correlationId", guid_text(e.hash(41)))
      .text("result", e.hash(43) % 9 == 0 ? "failure" : "success")
      .text("resultReason", "")
      .text("activityDisplayName", activity)
      .time("activityDateTime", e.updated)
      .text("loggedByService", "Core Directory")
      .text("operationType", "Assign")
      .json(
          "initiatedBy",
          fmt::format(
              R"({{"app":null,"user":{{"id":"{}","displayName":null,"userPrincipalName":"{}","ipAddress":"198.51.100.4"}}}})",
              user.object_id, user.upn))
      .json(
          "targetResources",
          fmt::format(
              R"([{{"id":"{}","displayName":"Mail Sync {}","type":"ServicePrincipal","userPrincipalName":null,"groupType":null,"modifiedProperties":[{{"displayName":"ConsentContext.IsAdminConsent","oldValue":null,"newValue":"\"True\""}},{{"displayName":"ConsentAction.Permissions","oldValue":null,"newValue":"[] => [[Scope: Mail.Read offline_access]]"}}]}}])",
              guid_text(e.hash(44)), e.hash(45) % 40))
      .json("additionalDetails", R"([{"key":"User-Agent","value":"EvoSTS"}])");
}

void make_sign_in(const EntityContext& e, Record& r) {
  const auto& user = e.user();
  const bool failed = e.hash(50) % 7 == 0;
  r.text("id", guid_text(e.hash(51)))
      .time("createdDateTime", e.updated)
      .text("userId", user.object_id)
      .text("userPrincipalName", user.upn)
      .text("userDisplayName", user.display)
      .text("appId", guid_text(e.hash(52) % 9))
      .text("appDisplayName", "Portal")
      .text("ipAddress", "198.51.100.{}", 1 + e.hash(53) % 250)
      .text("clientAppUsed", "Browser")
      .text("correlationId", guid_text(e.hash(54)))
      .flag("isInteractive", true)
      .text("conditionalAccessStatus", failed ? "failure" : "success")
      .text("riskLevelAggregated", "hidden")
      .text("riskState", "none")
      .json("riskEventTypes_v2", "[]")
      .text("resourceDisplayName", "Microsoft Graph")
      .text("resourceId", guid_text(77))
      .json(
          "status",
          failed
              ? R"({"errorCode":50126,"failureReason":"Error validating credentials.","additionalDetails":null})"
              : R"({"errorCode":0,"failureReason":"Other.","additionalDetails":null})")
      .json(
          "deviceDetail",
          R"({"deviceId":"","displayName":"","operatingSystem":"Linux","browser":"Firefox 140","isCompliant":false,"isManaged":false,"trustType":""})")
      .json(
          "location",
          fmt::format(
              R"({{"city":"{}","state":"","countryOrRegion":"{}","geoCoordinates":{{"latitude":52.0,"longitude":4.36}}}})",
              user.city, user.country))
      .json("appliedConditionalAccessPolicies", "[]");
  r.stored("ResultType", failed ? "50126" : "0").stored("Location", user.country);
}

void make_beta_sign_in(const EntityContext& e, Record& r) {
  const bool is_app = e.table != "AADNonInteractiveUserSignInLogs";
  const auto kind = e.table == "AADNonInteractiveUserSignInLogs" ? "nonInteractiveUser"
                    : e.table == "AADServicePrincipalSignInLogs" ? "servicePrincipal"
                                                                 : "managedIdentity";
  if (is_app) {
    r.text("id", guid_text(e.hash(61)))
        .time("createdDateTime", e.updated)
        .text("servicePrincipalId", guid_text(e.hash(62) % 20))
        .text("servicePrincipalName", "job {}", e.hash(62) % 20)
        .text("appId", guid_text(e.hash(63) % 20))
        .text("ipAddress", "203.0.113.{}", 1 + e.hash(64) % 250)
        .text("correlationId", guid_text(e.hash(65)))
        .text("resourceDisplayName", "Microsoft Graph")
        .json("status", R"({"errorCode":0,"failureReason":"Other.","additionalDetails":null})")
        .json("location", R"({"city":"","state":"","countryOrRegion":"NL","geoCoordinates":{}})");
    r.stored("ResultType", "0");
  } else {
    make_sign_in(e, r);
  }
  r.text("uniqueTokenIdentifier", hex_text(e.hash(66), 22))
      .json("signInEventTypes", fmt::format(R"(["{}"])", kind));
}

void make_provisioning(const EntityContext& e, Record& r) {
  r.text("id", guid_text(e.hash(70)))
      .time("activityDateTime", e.updated)
      .text("tenantId", e.world.options().tenant)
      .text("jobId", "BoxIn.{}", e.hash(71) % 9)
      .text("cycleId", guid_text(e.hash(72)))
      .text("changeId", guid_text(e.hash(73)))
      .text("provisioningAction", "create")
      .number("durationInMilliseconds", static_cast<std::int64_t>(e.hash(74) % 9000))
      .json("provisioningStatusInfo", R"({"status":"success","errorInformation":null})")
      .json("sourceIdentity",
            fmt::format(R"({{"id":"{}","displayName":"{}","identityType":"User"}})",
                        e.user().object_id, e.user().display));
  r.stored("ResultType", "success");
}

CollectionSpec sign_ins(std::string_view table, std::string_view kind) {
  CollectionSpec spec;
  spec.table = table;
  spec.path = kind.empty() ? "/v1.0/auditLogs/signIns" : "/beta/auditLogs/signIns";
  spec.kind = kind;
  spec.time_property = "createdDateTime";
  spec.make = kind.empty() ? make_sign_in : make_beta_sign_in;
  spec.columns = {{"Id", "id"},
                  {"TimeGenerated", "createdDateTime"},
                  {"IPAddress", "ipAddress"},
                  {"CorrelationId", "correlationId"},
                  {"ResultType", ""}};
  return spec;
}

}  // namespace

std::vector<CollectionSpec> sign_in_collections() {
  CollectionSpec audits;
  audits.table = "AuditLogs";
  audits.path = "/v1.0/auditLogs/directoryAudits";
  audits.time_property = "activityDateTime";
  audits.page = 100;
  audits.make = make_audit;
  audits.columns = {{"Id", "id"},
                    {"TimeGenerated", "activityDateTime"},
                    {"ActivityDateTime", "activityDateTime"},
                    {"OperationName", "activityDisplayName"},
                    {"ActivityDisplayName", "activityDisplayName"},
                    {"Category", "category"},
                    {"CorrelationId", "correlationId"},
                    {"Result", "result"},
                    {"LoggedByService", "loggedByService"},
                    {"InitiatedBy", "initiatedBy"},
                    {"TargetResources", "targetResources"},
                    {"AdditionalDetails", "additionalDetails"}};
  CollectionSpec provisioning;
  provisioning.table = "AADProvisioningLogs";
  provisioning.path = "/v1.0/auditLogs/provisioning";
  provisioning.time_property = "activityDateTime";
  provisioning.make = make_provisioning;
  provisioning.columns = {
      {"Id", "id"}, {"TimeGenerated", "activityDateTime"}, {"CycleId", "cycleId"}};
  return {audits,
          provisioning,
          sign_ins("SigninLogs", ""),
          sign_ins("AADNonInteractiveUserSignInLogs", "nonInteractiveUser"),
          sign_ins("AADServicePrincipalSignInLogs", "servicePrincipal"),
          sign_ins("AADManagedIdentitySignInLogs", "managedIdentity")};
}

}  // namespace harrier::sandbox
