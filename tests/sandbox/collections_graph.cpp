// Graph security: incidents, alerts, secure scores.
#include "sandbox/collection.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kTitles[] = {"Credential access on one endpoint",
                                        "Suspicious PowerShell download", "Phishing mail delivered",
                                        "Impossible travel"};
constexpr std::string_view kSeverities[] = {"low", "medium", "high", "informational"};
constexpr std::string_view kStoredSeverities[] = {"Low", "Medium", "High", "Informational"};
constexpr std::string_view kIncidentStates[] = {"active", "inProgress", "resolved"};
constexpr std::string_view kStoredIncidentStates[] = {"New", "Active", "Closed"};
constexpr std::string_view kAlertStates[] = {"new", "inProgress", "resolved"};
constexpr std::string_view kStoredAlertStates[] = {"New", "InProgress", "Resolved"};

unsigned state(const EntityContext& e) {
  return e.version < 2 ? e.version : 2;
}

void make_incident(const EntityContext& e, Record& r) {
  const auto id = fmt::format("{}", 51'000 + e.index);
  r.text("id", id)
      .text("displayName", pick(kTitles, e.hash(10)))
      .text("status", kIncidentStates[state(e)])
      .text("severity", pick(kSeverities, e.hash(11)))
      .text("classification", e.version == 2 ? "truePositive" : "unknown")
      .text("determination", e.version == 2 ? "malware" : "unknown")
      .time("createdDateTime", e.created)
      .time("lastUpdateDateTime", e.updated)
      .null("redirectIncidentId");
  if (e.version == 0)
    r.null("assignedTo");
  else
    r.text("assignedTo", e.user().upn);
  r.json("customTags", e.hash(12) % 3 == 0 ? R"(["vip","Größe"])" : "[]")
      .json("systemTags", "[]")
      .json(
          "comments",
          e.version == 0
              ? "[]"
              : R"([{"@odata.type":"#microsoft.graph.security.alertComment","comment":"angesehen","createdByDisplayName":"SOC","createdDateTime":"2026-11-01T10:00:00Z"}])")
      .number("priorityScore", static_cast<std::int64_t>(e.hash(13) % 100))
      .text("tenantId", e.world.options().tenant)
      .text("incidentWebUrl", "https://security.microsoft.com/incident2/{}/overview", id);
  r.stored("Severity", pick(kStoredSeverities, e.hash(11)))
      .stored("Status", kStoredIncidentStates[state(e)]);
}

void make_alert(const EntityContext& e, Record& r) {
  const auto id = fmt::format("da{}_1", guid_text(e.hash(20)));
  const auto& device = e.device();
  r.text("id", id)
      .text("providerAlertId", id.substr(2))
      .text("incidentId", "{}", 51'000 + e.index)
      .text("status", kAlertStates[state(e)])
      .text("severity", pick(kSeverities, e.hash(21)))
      .null("classification")
      .null("determination")
      .text("serviceSource", "microsoftDefenderForEndpoint")
      .text("detectionSource", "antivirus")
      .text("detectorId", guid_text(e.hash(22)))
      .text("tenantId", e.world.options().tenant)
      .text("title", pick(kTitles, e.hash(23)))
      .text("description", "Ein Prozess tat „Ungewöhnliches“.\r\nZweite Zeile.")
      .text("category", "CredentialAccess")
      .json("categories", R"(["CredentialAccess"])")
      .time("createdDateTime", e.created)
      .time("lastUpdateDateTime", e.updated)
      .null("resolvedDateTime")
      .time("firstActivityDateTime", e.created - Ticks(600 * kTicksPerSecond))
      .time("lastActivityDateTime", e.created)
      .json("mitreTechniques", R"(["T1003.001"])")
      .json("comments", "[]")
      .null("additionalData")
      .json(
          "evidence",
          fmt::format(
              R"([{{"@odata.type":"#microsoft.graph.security.deviceEvidence","verdict":"suspicious","mdeDeviceId":"{}","deviceDnsName":"{}","osBuild":26100}},)"
              R"({{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{{"accountName":"{}","userPrincipalName":"{}"}}}}])",
              device.id, device.name, e.user().name, e.user().upn));
  r.stored("AlertSeverity", pick(kStoredSeverities, e.hash(21)))
      .stored("Status", kStoredAlertStates[state(e)])
      .stored("CompromisedEntity", device.name)
      .stored(
          "Entities",
          fmt::format(
              R"([{{"verdict":"suspicious","mdeDeviceId":"{}","deviceDnsName":"{}","osBuild":26100}},)"
              R"({{"userAccount":{{"accountName":"{}","userPrincipalName":"{}"}}}}])",
              device.id, device.name, e.user().name, e.user().upn));
}

void make_score(const EntityContext& e, Record& r) {
  const auto day = round_down(e.world.options().start, 0);
  const Instant midnight{day.ticks - day.ticks % kTicksPerDay -
                         static_cast<std::int64_t>(e.index) * kTicksPerDay};
  r.text("id", "{}_{}", e.world.options().tenant, format_seconds(midnight).substr(0, 10))
      .text("azureTenantId", e.world.options().tenant)
      .time("createdDateTime", midnight)
      .real("currentScore", 400.5 + static_cast<double>(e.hash(30) % 100))
      .real("maxScore", 890.25)
      .number("activeUserCount", 210)
      .number("licensedUserCount", 250)
      .json("enabledServices", R"(["HasExchange"])")
      .json("averageComparativeScores", R"([{"basis":"AllTenants","averageScore":377.10}])")
      .json(
          "controlScores",
          R"([{"controlCategory":"Identity","controlName":"AdminMFAV2","score":10.0,"scoreInPercentage":100.00}])")
      .json(
          "vendorInformation",
          R"({"vendor":"Microsoft","provider":"SecureScore","subProvider":null,"providerVersion":null})");
}

void make_profile(const EntityContext& e, Record& r) {
  r.text("id", "Control{}", e.index)
      .text("azureTenantId", e.world.options().tenant)
      .text("title", "Control number {}", e.index)
      .text("actionType", "Config")
      .text("controlCategory", e.index % 2 == 0 ? "Identity" : "Device")
      .flag("deprecated", e.index % 17 == 0)
      .real("maxScore", static_cast<double>(e.hash(31) % 40) / 4)
      .number("rank", static_cast<std::int64_t>(e.index))
      .json("threats", R"(["Account breach"])")
      .time("lastModifiedDateTime", e.created)
      .json("vendorInformation", R"({"vendor":"Microsoft","provider":"SecureScore"})");
}

}  // namespace

std::vector<CollectionSpec> graph_collections() {
  CollectionSpec incidents;
  incidents.table = "SecurityIncident";
  incidents.path = "/v1.0/security/incidents";
  incidents.time_property = "lastUpdateDateTime";
  incidents.versions = 3;
  incidents.page = 50;
  incidents.max_top = 50;
  incidents.excess = CollectionSpec::Excess::refuse;
  incidents.make = make_incident;
  incidents.columns = {{"ProviderIncidentId", "id"},
                       {"TimeGenerated", "lastUpdateDateTime"},
                       {"LastModifiedTime", "lastUpdateDateTime"},
                       {"CreatedTime", "createdDateTime"},
                       {"Title", "displayName"},
                       {"Severity", ""},
                       {"Status", ""},
                       {"IncidentUrl", "incidentWebUrl"}};
  CollectionSpec alerts;
  alerts.table = "SecurityAlert";
  alerts.path = "/v1.0/security/alerts_v2";
  alerts.time_property = "lastUpdateDateTime";
  alerts.versions = 3;
  alerts.page = 100;
  alerts.make = make_alert;
  alerts.columns = {{"SystemAlertId", "id"},
                    {"TimeGenerated", "lastUpdateDateTime"},
                    {"AlertName", "title"},
                    {"DisplayName", "title"},
                    {"Description", "description"},
                    {"AlertSeverity", ""},
                    {"Status", ""},
                    {"StartTime", "firstActivityDateTime"},
                    {"EndTime", "lastActivityDateTime"}};
  CollectionSpec scores;
  scores.table = "SecureScores";
  scores.path = "/v1.0/security/secureScores";
  scores.fixed_count = 90;
  scores.page = 40;
  scores.make = make_score;
  scores.columns = {
      {"id", "id"}, {"currentScore", "currentScore"}, {"createdDateTime", "createdDateTime"}};
  CollectionSpec profiles;
  profiles.table = "SecureScoreControlProfiles";
  profiles.path = "/v1.0/security/secureScoreControlProfiles";
  profiles.fixed_count = 60;
  profiles.page = 25;
  profiles.make = make_profile;
  profiles.columns = {{"id", "id"}, {"title", "title"}, {"maxScore", "maxScore"}};
  return {incidents, alerts, scores, profiles};
}

}  // namespace harrier::sandbox
