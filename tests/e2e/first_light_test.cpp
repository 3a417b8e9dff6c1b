#include "e2e/expect.hpp"

#include <ctime>
#include <random>
#include <signal.h>
#include <thread>

using namespace harrier::test;

namespace {

constexpr const char* kFiveTables =
    "DeviceInfo,DeviceProcessEvents,DeviceNetworkEvents,DeviceRegistryEvents,AlertInfo";

}  // namespace

TEST_CASE("Tables fill to the last event, and plain SQL finds what was planted", "[e2e]") {
  const Tenant tenant({"--tables", kFiveTables, "--events", "3000"});

  collect_and_compare(tenant);
  const auto verified = tenant.harrier({"verify"});
  INFO(verified.output);
  CHECK(verified.code == 0);
  CHECK(tenant.ask("DeviceRegistryEvents",
                   "SELECT count(*) > 0 FROM DeviceRegistryEvents WHERE ActionType = "
                   "'RegistryValueSet' AND RegistryValueName = "
                   "'DefaultPassword' AND RegistryKey LIKE '%SOFTWARE\\Microsoft\\Windows "
                   "NT\\CurrentVersion\\Winlogon%'") == "1");
  CHECK(tenant.ask("DeviceProcessEvents",
                   "SELECT count(*) > 0 FROM DeviceProcessEvents WHERE FileName LIKE 'powershell%' "
                   "AND ProcessCommandLine LIKE '%DownloadString%'") == "1");
}

TEST_CASE("A second run stores nothing twice", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo,DeviceEvents", "--events", "2000"});
  REQUIRE(tenant.once().code == 0);
  const auto before = tenant.ask("DeviceEvents", "SELECT count(*) FROM DeviceEvents");
  REQUIRE(tenant.once().code == 0);
  CHECK(tenant.ask("DeviceEvents", "SELECT count(*) FROM DeviceEvents") == before);
  expect_equal(tenant);
}

TEST_CASE("Twenty kills lose nothing and double nothing", "[e2e][slow]") {
  const Tenant tenant({"--tables", kFiveTables, "--events", "40000", "--late", "5%:6h",
                       "--max-rows", "500", "--max-bytes", "1MiB"});
  tenant.append_config("");
  tenant.configure("poll_interval = \"5m\"", "poll_interval = \"5m\"\ncalls_per_minute = 100000");
  std::mt19937 random(20261124);
  for (int kill = 0; kill < 20; ++kill) {
    const auto daemon = tenant.daemon();
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + random() % 1200));
    daemon->signal(SIGKILL);
    REQUIRE(daemon->wait(std::chrono::seconds(10)) >= 0);
  }

  const auto once = tenant.once();

  INFO(once.output.substr(0, 4000));
  INFO(tenant.daemon_log().substr(0, 4000));
  REQUIRE(once.code == 0);
  expect_equal(tenant);
  CHECK(tenant.harrier({"verify"}).code == 0);
}

TEST_CASE("130,000 rows of one ingestion time arrive whole", "[e2e][slow]") {
  const Tenant tenant({"--tables", "DeviceFileCertificateInfo", "--events", "100", "--burst",
                       "DeviceFileCertificateInfo:130000"});
  tenant.configure("DeviceFileCertificateInfo = true",
                   "DeviceFileCertificateInfo = { columnstore = [\"Signer\", \"IsTrusted\"] }");
  const std::string count =
      "DeviceFileCertificateInfo | summarize n = count(), dcount(Signer) by IsTrusted "
      "| sort by n asc";
  const std::string copies = "SELECT count(*) FROM _harrier_columnstore";
  collect_and_compare(tenant);
  CHECK(tenant.ask("DeviceFileCertificateInfo", copies) == "12");
  const auto from_copies = tenant.harrier({"query", "--format", "csv", count});
  CHECK(from_copies.code == 0);
  CHECK(tenant.harrier({"verify"}).code == 0);

  tenant.configure("{ columnstore = [\"Signer\", \"IsTrusted\"] }", "true");
  CHECK(tenant.once().code == 0);
  CHECK(tenant.ask("DeviceFileCertificateInfo", copies) == "0");
  CHECK(tenant.harrier({"query", "--format", "csv", count}).output == from_copies.output);
}

TEST_CASE("A service clock that is off loses nothing", "[e2e]") {
  for (const auto& [skew, seconds] :
       {std::pair("2m", 120), {"-2m", -120}, {"1h", 3600}, {"-1h", -3600}}) {
    CAPTURE(skew);
    const Tenant tenant({"--tables", "DeviceInfo,DeviceEvents", "--events", "600", "--rate", "2",
                         "--clock-skew", skew});
    collect_and_compare(tenant);
    // What the service has not seen yet is not called done.
    const std::string now = std::to_string(std::time(nullptr) + seconds);
    CHECK(
        tenant.ask("DeviceEvents", "SELECT max(CAST(strftime('%s', \"to\") AS INTEGER)) <= " + now +
                                       " FROM _harrier_ledger WHERE state = 'done'") == "1");
    collect_and_compare(tenant);
  }
}

TEST_CASE("A record that does not parse costs itself only", "[e2e]") {
  const Tenant tenant(
      {"--tables", "DeviceEvents", "--events", "1500", "--malformed", "DeviceEvents:1"});
  collect_and_compare(tenant);
  const auto listed = tenant.harrier({"quarantine", "list", "--json"});
  INFO(listed.output);
  CHECK(listed.output.find("DeviceEvents") != std::string::npos);
}

TEST_CASE("Faults of every kind end in complete stores", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo,DeviceEvents,DeviceLogonEvents", "--events", "3000",
                       "--max-rows", "400"});
  tenant.configure("poll_interval = \"5m\"", "poll_interval = \"5m\"\ncalls_per_minute = 100000");
  tenant.set_faults(R"([
    {"kind":"throttle","api":"graph","form":"fraction","seconds":0.3,"probability":0.05,"next":6},
    {"kind":"throttle","api":"graph","form":"date","seconds":1,"next":1,"skip":10},
    {"kind":"status","api":"graph","status":500,"probability":0.05,"next":4},
    {"kind":"bad_gateway","api":"graph","next":1,"skip":7},
    {"kind":"gateway_timeout","api":"graph","next":1,"skip":15},
    {"kind":"reset_in_body","api":"graph","probability":0.05,"next":4},
    {"kind":"reset_before_head","api":"graph","probability":0.05,"next":4},
    {"kind":"torn_gzip","api":"graph","probability":0.05,"next":4},
    {"kind":"wrong_crc","api":"graph","probability":0.05,"next":2},
    {"kind":"truncated_json","api":"graph","probability":0.05,"next":2},
    {"kind":"unauthorized","api":"graph","next":1,"skip":5}])");
  collect_and_compare(tenant);
  CHECK(tenant.harrier({"verify"}).code == 0);
}

TEST_CASE("An unlicensed and a denied table do not stop the others", "[e2e]") {
  const Tenant tenant(
      {"--tables", "DeviceInfo,DeviceEvents", "--events", "1000", "--unlicensed", "EmailEvents"});
  tenant.set_faults(R"([{"kind":"forbidden","api":"graph","table":"DeviceEvents"}])");
  const auto once = tenant.once();
  INFO(once.output);
  CHECK(once.code == 1);
  const auto status = tenant.harrier({"status", "--json"});
  INFO(status.output);
  CHECK(status.output.find("\"denied\"") != std::string::npos);
  CHECK(status.output.find("\"unlicensed\"") != std::string::npos);
  CHECK(status.output.find("ThreatHunting.Read.All") != std::string::npos);
  expect_equal(tenant, {"--tables", "DeviceInfo"});
}
