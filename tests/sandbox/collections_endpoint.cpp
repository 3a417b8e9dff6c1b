// Defender for Endpoint: machines, indicators, investigations, actions, vulnerabilities, antivirus
// health.
#include "sandbox/collection.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

/// The device with the entity's own number, for lists with one row per device.
const Device& machine(const EntityContext& e) {
  return e.world.devices()[e.index % e.world.devices().size()];
}

std::string blank_time(Instant time) {
  auto text = format_instant(time);
  text[10] = ' ';
  text.pop_back();
  return text;
}

void make_machine(const EntityContext& e, Record& r) {
  const auto& device = machine(e);
  r.text("id", device.id)
      .text("computerDnsName", device.name)
      .time("firstSeen", e.created - Ticks(90 * kTicksPerDay))
      .time("lastSeen", e.updated)
      .text("osPlatform", device.platform)
      .null("osVersion")
      .text("version", "24H2")
      .number("osBuild", 26'100)
      .text("osArchitecture", "64-bit")
      .text("lastIpAddress", device.local_ip)
      .text("lastExternalIpAddress", device.public_ip)
      .text("healthStatus", "Active")
      .text("onboardingStatus", "Onboarded")
      .number("rbacGroupId", 75)
      .text("rbacGroupName", device.group)
      .text("riskScore", e.hash(100) % 5 == 0 ? "High" : "Low")
      .text("exposureLevel", "Medium")
      .text("deviceValue", "Normal")
      .flag("isAadJoined", true)
      .text("aadDeviceId", device.aad_id)
      .json("machineTags", R"(["pilot"])")
      .flag("isExcluded", false)
      .flag("isPotentialDuplication", false)
      .null("mergedIntoMachineId")
      .null("vmMetadata")
      .json(
          "ipAddresses",
          fmt::format(
              R"([{{"ipAddress":"{}","macAddress":"{}","operationalStatus":"Up","type":"Ethernet"}}])",
              device.local_ip, device.mac));
}

void make_indicator(const EntityContext& e, Record& r) {
  r.text("id", "{}", 4000 + e.index)
      .text("indicatorValue", "host{}.unsanctioned.example", e.index)
      .text("indicatorType", "DomainName")
      .text("action", e.index % 3 == 0 ? "Warn" : "Block")
      .null("application")
      .text("source", "MicrosoftCloudAppSecurity")
      .text("sourceType", "AadApp")
      .text("createdBy", guid_text(e.hash(101)))
      .text("title", "Unsanctioned app {}", e.index)
      .text("severity", "Informational")
      .text("description", "Vom Katalog gesperrt")
      .time("creationTimeDateTimeUtc", e.created)
      .time("lastUpdateTime", e.updated)
      .null("expirationTime")
      .flag("generateAlert", true)
      .json("rbacGroupNames", "[]")
      .json("rbacGroupIds", "[]");
}

void make_investigation(const EntityContext& e, Record& r) {
  const auto& device = e.device();
  r.text("id", "{}", 90'000 + e.index).time("startTime", e.created);
  if (e.version == 0)
    r.null("endTime");
  else
    r.time("endTime", e.updated);
  r.text("state", e.version == 0 ? "PendingApproval" : "SuccessfullyRemediated")
      .null("cancelledBy")
      .null("statusDetails")
      .text("machineId", device.id)
      .text("computerDnsName", device.name)
      .text("triggeringAlertId", "da{}_1", guid_text(e.hash(102)));
}

void make_action(const EntityContext& e, Record& r) {
  const auto& device = e.device();
  r.text("id", guid_text(e.hash(103)))
      .text("type", e.hash(104) % 2 == 0 ? "Isolate" : "RunAntiVirusScan")
      .text("scope", "Selective")
      .text("requestor", e.user().upn)
      .text("requestorComment", "IR-77")
      .text("status", e.version == 0 ? "Pending" : "Succeeded")
      .text("machineId", device.id)
      .text("computerDnsName", device.name)
      .time("creationDateTimeUtc", e.created)
      .time(e.index % 2 == 0 ? "lastUpdateDateTimeUtc" : "lastUpdateTimeUtc", e.updated)
      .null("relatedFileInfo");
  r.stored("LastUpdateDateTimeUtc", format_instant(e.updated));
}

void make_vulnerability(const EntityContext& e, Record& r) {
  const auto& device = e.device();
  const auto cve = fmt::format("CVE-2026-{}", 1000 + e.index);
  r.text("id", "{}_openssl_openssl_3.0.{}.0_{}", device.id, e.index % 16, cve)
      .text("deviceId", device.id)
      .text("deviceName", device.name)
      .text("rbacGroupName", device.group)
      .text("osPlatform", device.platform)
      .text("softwareVendor", "openssl")
      .text("softwareName", "openssl")
      .text("softwareVersion", "3.0.{}.0", e.index % 16)
      .text("cveId", cve)
      .text("vulnerabilitySeverityLevel", "High")
      .real("cvssScore", 7.5)
      .text("exploitabilityLevel", "NoExploit")
      .text("firstSeenTimestamp", blank_time(e.created - Ticks(kTicksPerDay)))
      .text("lastSeenTimestamp", blank_time(e.created))
      .flag("securityUpdateAvailable", true)
      .json("diskPaths", R"(["C:\\Program Files\\openssl"])")
      .json("registryPaths", "[]");
}

void make_change(const EntityContext& e, Record& r) {
  make_vulnerability(e, r);
  r.text("status", e.version == 0 ? "New" : "Fixed").text("eventTimestamp", blank_time(e.updated));
}

void make_health(const EntityContext& e, Record& r) {
  const auto& device = machine(e);
  r.text("id", device.id)
      .text("machineId", device.id)
      .text("computerDnsName", device.name)
      .text("osKind", device.os == Os::windows ? "windows"
                      : device.os == Os::mac   ? "mac"
                                               : "linux")
      .text("osPlatform", device.platform)
      .text("osVersion", device.os_version)
      .text("avMode", "0")
      .text("avSignatureVersion", "1.431.{}.0", e.hash(105) % 40)
      .text("avIsSignatureUpToDate", "True")
      .text("quickScanResult", "Completed")
      .text("quickScanError", "")
      .null("fullScanTime")
      .time("lastSeenTime", e.updated)
      .time("dataRefreshTimestamp", e.updated)
      .text("rbacGroupName", device.group)
      .number("rbacGroupId", 75);
}

CollectionSpec list(std::string_view table, std::string_view path, unsigned versions,
                    void (*make)(const EntityContext&, Record&)) {
  CollectionSpec spec;
  spec.table = table;
  spec.path = path;
  spec.paging = CollectionSpec::Paging::skip;
  spec.page = 10'000;
  spec.max_top = 10'000;
  spec.versions = versions;
  spec.make = make;
  return spec;
}

}  // namespace

std::vector<CollectionSpec> endpoint_collections() {
  auto machines = list("MdeMachines", "/api/machines", 1, make_machine);
  machines.time_property = "lastSeen";
  machines.page = 25;
  auto indicators = list("MdeIndicators", "/api/indicators", 1, make_indicator);
  indicators.fixed_count = 120;
  auto investigations = list("MdeInvestigations", "/api/investigations", 2, make_investigation);
  auto actions = list("MdeMachineActions", "/api/machineactions", 2, make_action);
  actions.columns = {{"Id", "id"},
                     {"Type", "type"},
                     {"Status", "status"},
                     {"LastUpdateDateTimeUtc", ""},
                     {"Requestor", "requestor"},
                     {"MachineId", "machineId"}};
  auto vulnerabilities =
      list("MdeVulnerabilities", "/api/machines/SoftwareVulnerabilitiesByMachine", 2,
           make_vulnerability);
  vulnerabilities.fixed_count = 400;
  vulnerabilities.page = 150;
  vulnerabilities.max_top = 200'000;
  auto changes = vulnerabilities;
  vulnerabilities.hides_last = true;  // what was fixed
  changes.path = "/api/machines/SoftwareVulnerabilityChangesByMachine";
  changes.make = make_change;
  changes.is_optional = true;
  auto health = list("MdeAvHealth", "/api/deviceavinfo", 1, make_health);
  health.page = 20;
  return {machines, indicators, investigations, actions, vulnerabilities, changes, health};
}

}  // namespace harrier::sandbox
