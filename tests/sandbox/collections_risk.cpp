// Identity protection, and applications with what they were granted.
#include "sandbox/collection.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

void make_detection(const EntityContext& e, Record& r) {
  const bool is_app = e.table == "AADServicePrincipalRiskEvents";
  r.text("id", hex_text(e.hash(80), 64))
      .text("requestId", guid_text(e.hash(81)))
      .text("correlationId", guid_text(e.hash(82)))
      .text("riskEventType", is_app ? "leakedCredentials" : "anonymizedIPAddress")
      .text("riskState", e.version == 0 ? "atRisk" : "remediated")
      .text("riskLevel", "medium")
      .text("riskDetail", "none")
      .text("source", "IdentityProtection")
      .text("detectionTimingType", "realtime")
      .text("activity", is_app ? "servicePrincipal" : "signin")
      .text("tokenIssuerType", "AzureAD")
      .text("ipAddress", "203.0.113.{}", 1 + e.hash(83) % 250)
      .time("activityDateTime", e.created)
      .time("detectedDateTime", e.created)
      .time("lastUpdatedDateTime", e.updated)
      .text("additionalInfo", R"([{"Key":"userAgent","Value":"curl/8"}])");
  if (is_app) {
    r.text("servicePrincipalId", guid_text(e.hash(84) % 20))
        .text("servicePrincipalDisplayName", "job");
  } else {
    r.text("userId", e.user().object_id)
        .text("userPrincipalName", e.user().upn)
        .text("userDisplayName", e.user().display);
  }
  r.json("location", R"({"city":null,"state":null,"countryOrRegion":"NL","geoCoordinates":null})");
}

void make_risky(const EntityContext& e, Record& r) {
  r.text("id", guid_text(e.hash(90)))
      .flag("isDeleted", false)
      .flag("isProcessing", false)
      .text("riskDetail", "none")
      .text("riskLevel", e.version == 0 ? "high" : "none")
      .text("riskState", e.version == 0 ? "atRisk" : "dismissed")
      .time("riskLastUpdatedDateTime", e.updated);
  if (e.table == "AADRiskyUsers") {
    r.text("userDisplayName", e.user().display).text("userPrincipalName", e.user().upn);
  } else {
    r.text("appId", guid_text(e.hash(91)))
        .text("displayName", "job {}", e.index)
        .flag("isEnabled", true);
  }
}

void make_service_principal(const EntityContext& e, Record& r) {
  r.text("id", guid_text(e.hash(92)))
      .text("appId", guid_text(e.hash(93)))
      .text("displayName", "Mail Sync {}{}", e.index, e.version == 0 ? "" : " (renamed)")
      .text("appOwnerOrganizationId", guid_text(e.hash(94) % 5))
      .flag("accountEnabled", e.version == 0)
      .text("servicePrincipalType", "Application")
      .text("signInAudience", "AzureADMultipleOrgs")
      .json("tags", R"(["WindowsAzureActiveDirectoryIntegratedApp"])")
      .json("replyUrls", R"(["https://sync.example/cb"])")
      .json("verifiedPublisher",
            R"({"displayName":null,"verifiedPublisherId":null,"addedDateTime":null})")
      .json("keyCredentials", "[]");
}

void make_grant(const EntityContext& e, Record& r) {
  const bool for_all = e.hash(95) % 3 == 0;
  r.text("id", hex_text(e.hash(96), 43))
      .text("clientId", guid_text(e.hash(97)))
      .text("consentType", for_all ? "AllPrincipals" : "Principal");
  if (for_all)
    r.null("principalId");
  else
    r.text("principalId", e.user().object_id);
  r.text("resourceId", guid_text(98))
      .text("scope", e.version == 0 ? " User.Read" : " User.Read Mail.Read offline_access");
}

CollectionSpec risk(std::string_view table, std::string_view path, bool is_detection) {
  CollectionSpec spec;
  spec.table = table;
  spec.path = path;
  spec.time_property = is_detection ? "lastUpdatedDateTime" : "riskLastUpdatedDateTime";
  spec.versions = 2;
  spec.page = 20;
  spec.max_top = 500;
  spec.excess = CollectionSpec::Excess::refuse;
  spec.make = is_detection ? make_detection : make_risky;
  if (!is_detection) spec.fixed_count = 60;
  spec.columns =
      is_detection
          ? std::vector<std::pair<std::string_view, std::string_view>>{{"Id", "id"},
                                                                       {"TimeGenerated",
                                                                        "lastUpdatedDateTime"},
                                                                       {"LastUpdatedDateTime",
                                                                        "lastUpdatedDateTime"},
                                                                       {"RiskState", "riskState"},
                                                                       {"RiskEventType",
                                                                        "riskEventType"},
                                                                       {"CorrelationId",
                                                                        "correlationId"}}
          : std::vector<std::pair<std::string_view, std::string_view>>{
                {"Id", "id"},
                {"RiskLastUpdatedDateTime", "riskLastUpdatedDateTime"},
                {"RiskState", "riskState"},
                {"RiskLevel", "riskLevel"}};
  return spec;
}

}  // namespace

std::vector<CollectionSpec> risk_collections() {
  return {
      risk("AADUserRiskEvents", "/v1.0/identityProtection/riskDetections", true),
      risk("AADRiskyUsers", "/v1.0/identityProtection/riskyUsers", false),
      risk("AADServicePrincipalRiskEvents",
           "/v1.0/identityProtection/servicePrincipalRiskDetections", true),
      risk("AADRiskyServicePrincipals", "/v1.0/identityProtection/riskyServicePrincipals", false)};
}

std::vector<CollectionSpec> directory_collections() {
  CollectionSpec principals;
  principals.table = "ServicePrincipals";
  principals.path = "/v1.0/servicePrincipals/delta";
  principals.paging = CollectionSpec::Paging::delta;
  principals.versions = 3;
  principals.page = 100;
  principals.make = make_service_principal;
  CollectionSpec grants = principals;
  grants.table = "OAuth2PermissionGrants";
  grants.path = "/v1.0/oauth2PermissionGrants/delta";
  grants.make = make_grant;
  return {principals, grants};
}

}  // namespace harrier::sandbox
