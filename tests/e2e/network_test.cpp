// Faults of the network, each alone and mixed: complete stores, bounded memory, no hot loop.
#include "e2e/expect.hpp"
#include "e2e/streams.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <random>
#include <signal.h>
#include <thread>

using namespace harrier::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsMeasured = false;  // sanitizers keep freed memory on purpose
#else
constexpr bool kMemoryIsMeasured = true;
#endif
constexpr long kMostGrowth = 16L << 10;  // KiB

// A repeated request may have to begin its list anew.
constexpr std::size_t kRequestsPerFault = 4;

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all = {
      R"("kind":"reset_before_head")",
      R"("kind":"reset_in_head")",
      R"("kind":"reset_in_body")",
      R"("kind":"torn_gzip")",
      R"("kind":"wrong_crc")",
      R"("kind":"wrong_length")",
      R"("kind":"truncated_json")",
      R"("kind":"slow","seconds":0.5)",
      R"("kind":"hang","seconds":0.5)",
      R"("kind":"close_idle")",
      R"("kind":"bad_gateway")",
      R"("kind":"gateway_timeout")",
      R"("kind":"status","status":500,"html":true)",
      R"("kind":"unavailable","seconds":1)",
      R"("kind":"throttle","form":"integer","seconds":1)",
      R"("kind":"throttle","form":"fraction","seconds":0.3)",
      R"("kind":"throttle","form":"date","seconds":1)",
      R"("kind":"throttle","form":"body","seconds":1)",
      R"("kind":"unauthorized")",
      R"("kind":"expire_tokens")",
      R"("kind":"date_skew","seconds":3600)",
      R"("kind":"date_skew","seconds":-3600)",
  };
  return all;
}

struct Run {
  int code = -1;
  long peak = 0;  // KiB
  std::size_t requests = 0;
  std::size_t hits = 0;
};

long peak_of(const Process& process) {
  const std::string status = read_file("/proc/" + std::to_string(process.id()) + "/status");
  const auto at = status.find("VmHWM:");
  return at == std::string::npos ? 0 : std::stol(status.substr(at + 6));
}

// `harrierd --once`, watched; its log is `daemon.log`.
Run watched_once(const Tenant& tenant) {
  Run run;
  const auto before = tenant.requests();
  const auto daemon = tenant.daemon({"--once"});
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  while (run.code < 0 && std::chrono::steady_clock::now() < end) {
    run.peak = std::max(run.peak, peak_of(*daemon));
    run.code = daemon->wait(std::chrono::milliseconds(20));
  }
  run.requests = tenant.requests() - before;
  run.hits = tenant.fault_hits();
  return run;
}

void check_bounded(const Run& run, const Run& plan) {
  INFO(run.requests << " requests where " << plan.requests << " are needed and " << run.hits
                    << " faults struck; " << run.peak << " KiB against " << plan.peak);
  CHECK(run.requests <= plan.requests + kRequestsPerFault * run.hits);
  if (kMemoryIsMeasured) CHECK(run.peak <= plan.peak + kMostGrowth);
}

// One of the kind on each API. A subscription's start is spared: the API's rules forbid to repeat
// it soon. All tokens expire at once, and who is refused twice waits for minutes: that comes alone.
std::string on_every_api(const std::string& kind) {
  std::string faults;
  for (const char* where : {R"("graph","skip":1)", R"("defender","skip":1)",
                            R"("office365","path":"/subscriptions/content")",
                            R"("office365","path":"/audit/","skip":1)"}) {
    faults += (faults.empty() ? "[{" : ",{") + kind + R"(,"next":1,"api":)" + where + "}";
    if (kind.find("expire_tokens") != std::string::npos) break;
  }
  return faults + "]";
}

// Every kind, with a little of chance each.
std::string mixed(double probability) {
  std::string faults;
  for (const auto& kind : kinds()) {
    // Who is refused twice in a row waits for minutes.
    const bool parks = kind.find("unauthorized") != std::string::npos ||
                       kind.find("expire_tokens") != std::string::npos;
    faults += (faults.empty() ? "[{" : ",{") + kind + R"(,"probability":)" +
              std::to_string(parks ? 0 : probability) + "}";
  }
  return faults + "]";
}

struct Finding {
  Run run;
  Outcome compared;
  std::string log;
};

// A tenant of its own for each kind, so that several can wait at once. No assertions: those belong
// to the main thread.
Finding collected_under(const std::string& faults) {
  Finding finding;
  const Tenant tenant({"--apis", "hunting,defender,graph,office365", "--tables",
                       "DeviceEvents,AlertInfo,OfficeActivity", "--events", "60"});
  leave_out_the_slow(tenant);
  tenant.set_faults(faults);
  finding.run = watched_once(tenant);
  // To a clock that was said to be an hour behind, the newest hour had not come: the next run has
  // it.
  if (faults.find("-3600") != std::string::npos) {
    tenant.clear_faults();
    (void)tenant.once();
  }
  finding.compared = tenant.compare(kQuickTables);
  finding.log = tenant.daemon_log();
  return finding;
}

}  // namespace

TEST_CASE("Each fault of the network alone ends in complete stores", "[e2e][network]") {
  constexpr std::size_t kAtOnce = 6;
  const Finding plan = collected_under("[]");
  REQUIRE(plan.run.code == 0);
  REQUIRE(plan.compared.code == 0);
  std::vector<Finding> findings(kinds().size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<void>> workers;
  for (std::size_t i = 0; i < kAtOnce; ++i)
    workers.push_back(std::async(std::launch::async, [&] {
      for (std::size_t kind = next++; kind < findings.size(); kind = next++)
        findings[kind] = collected_under(on_every_api(kinds()[kind]));
    }));
  for (auto& worker : workers) worker.get();

  Run all;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto& finding = findings[i];
    INFO(kinds()[i] << '\n' << finding.log << finding.compared.output);
    CHECK(finding.run.code == 0);
    CHECK(finding.run.hits > 0);
    CHECK(finding.compared.code == 0);
    check_bounded(finding.run, plan.run);
    all.hits += finding.run.hits;
    all.requests += finding.run.requests;
    all.peak = std::max(all.peak, finding.run.peak);
  }
  std::cout << findings.size() << " kinds of faults, each alone: " << all.hits << " in "
            << all.requests << " requests, at most " << all.peak / 1024 << " MB, stores complete\n";
}

TEST_CASE("Random mixes of faults end in complete stores", "[e2e][network]") {
  const Tenant tenant({"--tables", "DeviceEvents,DeviceInfo,DeviceLogonEvents", "--events", "3000",
                       "--max-rows", "300", "--seed", "20261124"});
  tenant.configure("poll_interval = \"5m\"", "poll_interval = \"5m\"\ncalls_per_minute = 100000");
  const Run plan = watched_once(tenant);
  REQUIRE(plan.code == 0);
  std::filesystem::remove_all(tenant.stores());
  tenant.set_faults(mixed(0.02));
  const Run run = watched_once(tenant);
  tenant.clear_faults();
  INFO(tenant.daemon_log().substr(0, 8000));
  CHECK(run.hits > 0);
  check_bounded(run, plan);
  collect_and_compare(tenant);
  std::cout << "a mix of " << kinds().size() << " kinds: " << run.hits << " faults in "
            << run.requests << " requests (" << plan.requests << " without), " << run.peak / 1024
            << " MB, stores complete\n";
}

TEST_CASE("A name that does not resolve is tried again until it does", "[e2e][network]") {
  std::string ignored;
  if (run({"unshare", "-m", "true"}, ignored) != 0) {
    WARN("skipped: a hosts file of one's own needs root");
    return;
  }
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "50"});
  const auto hosts = tenant.file("hosts");
  std::ofstream(hosts) << "# nobody\n";
  std::ofstream(tenant.file("resolv.conf")) << "nameserver 127.0.0.1\noptions attempts:1\n";
  std::ofstream(tenant.file("nsswitch.conf")) << "hosts: files\n";
  Process daemon({"unshare", "-m", "bash", "-c",
                  "for name in hosts resolv.conf nsswitch.conf; do "
                  "mount --bind \"$2/$name\" \"/etc/$name\" || exit 90; done; "
                  "exec \"$0\" --config \"$1\"",
                  HARRIER_DAEMON, tenant.config().string(), hosts.parent_path().string()},
                 tenant.file("daemon.log"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (tenant.daemon_log().find("A poll failed") == std::string::npos &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  INFO(tenant.daemon_log());
  REQUIRE(tenant.daemon_log().find("resolve") != std::string::npos);
  CHECK(tenant.requests() == 0);

  std::ofstream(hosts) << "127.0.0.1 localhost\n";
  CHECK(becomes_complete(tenant));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait(std::chrono::seconds(20)) == 0);
}

// While it runs: every table is asked four times a minute, and what a fault costs is counted.
TEST_CASE("A daemon under random mixes for minutes stays within its plan",
          "[.][e2e][network][long]") {
  constexpr int kMinutes = 8;
  constexpr std::size_t kStreams = 8;
  const Tenant tenant({"--tables",
                       "DeviceEvents,DeviceInfo,DeviceLogonEvents,DeviceProcessEvents,"
                       "DeviceFileEvents,DeviceImageLoadEvents,AlertInfo,EmailEvents",
                       "--events", "300", "--rate", "1", "--seed", "20261124"});
  tenant.configure("poll_interval = \"5m\"", "poll_interval = \"15s\"\ncalls_per_minute = 100000");
  const Run plan = watched_once(tenant);
  REQUIRE(plan.code == 0);
  std::mt19937 random(20261124);
  Run all;
  const auto daemon = tenant.daemon();
  for (int minute = 0; minute < kMinutes; ++minute) {
    const auto before = tenant.requests();
    tenant.set_faults(mixed(0.002 * static_cast<double>(1 + random() % 20)));
    std::this_thread::sleep_for(std::chrono::minutes(1));
    const auto requests = tenant.requests() - before;
    const auto hits = tenant.fault_hits();
    tenant.clear_faults();
    CAPTURE(minute, requests, hits);
    REQUIRE(daemon->running());
    // Five polls of a table may fall into one minute; a re-read of late rows is one more.
    CHECK(requests <= 6 * kStreams + kRequestsPerFault * hits);
    all.requests += requests;
    all.hits += hits;
  }
  // No fault silences a table for long.
  CHECK(all.requests >= kMinutes * kStreams);
  all.peak = peak_of(*daemon);
  daemon->signal(SIGTERM);
  CHECK(daemon->wait(std::chrono::seconds(30)) == 0);
  if (kMemoryIsMeasured) CHECK(all.peak <= plan.peak + kMostGrowth);
  collect_and_compare(tenant);
  std::cout << kMinutes << " minutes of mixes: " << all.hits << " faults, "
            << all.requests / kMinutes << " requests a minute, " << all.peak / 1024 << " MB ("
            << plan.peak / 1024 << " without), stores complete\n";
}
