// A daemon that was off for days: oldest first, the newest not starved, within the budgets.
#include "base/time.hpp"

#include "e2e/expect.hpp"

#include <algorithm>
#include <signal.h>
#include <sstream>
#include <thread>

using namespace harrier;
using namespace harrier::test;

namespace {

constexpr auto kDay = std::chrono::hours(24);

// A request for AuditLogs: when it came, and the span it asked for.
struct Listing {
  Instant came;
  Instant from;
  Instant to;
  bool is_page = false;  // a later page of the same list

  [[nodiscard]] bool is_backlog() const { return to - from > Ticks(std::chrono::hours(2)); }
};

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return {};
  const auto from = at + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

Instant decoded_time(std::string text) {
  for (auto at = text.find("%3A"); at != std::string::npos; at = text.find("%3A"))
    text.replace(at, 3, ":");
  return parse_instant(text).value_or(Instant());
}

std::vector<Listing> listings(const Tenant& tenant) {
  std::vector<Listing> all;
  std::istringstream lines(read_file(tenant.file("requests.jsonl")));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("/auditLogs/directoryAudits") == std::string::npos) continue;
    Listing listing;
    listing.came = parse_instant(between(line, "{\"time\":\"", "\"")).value_or(Instant());
    listing.from = decoded_time(between(line, "%20ge%20", "%20"));
    const auto to = between(line, "%20le%20", "\"");
    listing.to = decoded_time(to.substr(0, to.find('&')));
    listing.is_page = line.find("skiptoken") != std::string::npos;
    all.push_back(listing);
  }
  return all;
}

// Tables other than the two of this scenario are off.
void keep_two_tables(const Tenant& tenant) {
  std::vector<std::string> others = {"disable", "--no-apply"};
  std::istringstream lines(read_file(tenant.config()));
  for (std::string line; std::getline(lines, line);) {
    const auto name = line.substr(0, line.find(" = true"));
    if (line.ends_with(" = true") && name != "enabled" && name != "AuditLogs" &&
        name != "DeviceEvents")
      others.push_back(name);
  }
  REQUIRE(tenant.harrier(others).code == 0);
}

// What `status --json` says about a table.
std::string entry_of(const std::string& json, const std::string& table) {
  return between(json, "{\"table\":\"" + table + "\"", "\"next_poll\"");
}

bool is_caught_up(const std::string& entry, Instant until) {
  const auto event = parse_instant(between(entry, "\"last_event\":\"", "\""));
  return entry.find("\"state\":\"ok\"") != std::string::npos && event && *event >= until;
}

bool tells_progress(const std::string& entry) {
  const auto done = between(entry, "\"done\":0.", ",");
  const auto eta = between(entry, "\"eta_seconds\":", "}");
  return entry.find("\"state\":\"catching_up\"") != std::string::npos &&
         done.find_first_of("123456789") != std::string::npos && !eta.empty() && eta != "null";
}

}  // namespace

TEST_CASE("After six days off the oldest comes first, the newest is not starved, budgets hold",
          "[e2e]") {
  const Instant start = SystemClock().now();
  const Tenant tenant({"--apis", "hunting,graph", "--tables", "DeviceEvents", "--events", "50",
                       "--rate", "0.001", "--start", format_instant(start)});
  keep_two_tables(tenant);
  // Shorter than the ten seconds of the budget, so that the newest is due before each five calls.
  tenant.configure("poll_interval = \"5m\"", "poll_interval = \"5s\"");
  const auto before = tenant.once();
  INFO(before.output);
  REQUIRE(before.code == 0);
  const auto known = listings(tenant).size();

  tenant.move_clock("6d");
  const auto daemon = tenant.daemon();
  std::string status;
  bool has_told_progress = false;
  const Instant recent = start + Ticks(6 * kDay - std::chrono::hours(3));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    status = tenant.harrier({"status", "--json"}).output;
    has_told_progress = has_told_progress || tells_progress(entry_of(status, "AuditLogs"));
  } while ((!is_caught_up(entry_of(status, "AuditLogs"), recent) ||
            !is_caught_up(entry_of(status, "DeviceEvents"), recent)) &&
           std::chrono::steady_clock::now() < deadline);
  daemon->signal(SIGTERM);
  INFO(status << tenant.daemon_log());
  REQUIRE(daemon->wait(std::chrono::seconds(60)) == 0);
  CHECK(has_told_progress);

  auto asked = listings(tenant);
  asked.erase(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(known));
  const auto calls = asked.size();
  REQUIRE(calls > 5);
  // The service allows five in ten seconds; five of them are free after a pause.
  CHECK((asked.back().came - asked.front().came) * 2 >
        Ticks(std::chrono::seconds(2)) * static_cast<std::int64_t>(calls - 5));

  std::erase_if(asked, [](const Listing& listing) { return listing.is_page; });
  const auto is_backlog = [](const Listing& listing) { return listing.is_backlog(); };
  const auto first = std::ranges::find_if(asked, is_backlog);
  const auto last = std::find_if(asked.rbegin(), asked.rend(), is_backlog).base() - 1;
  REQUIRE(first < last);
  Instant oldest;
  Instant newest;
  int newer = 0;  // times that the newest was read again while the backlog waited
  for (auto at = asked.begin(); at <= last; ++at) {
    if (at->is_backlog()) {
      CHECK(at->from >= oldest);
      oldest = at->from;
    } else if (at->to > newest) {
      newest = at->to;
      newer += at > first ? 1 : 0;
    }
  }
  CHECK(std::any_of(asked.begin(), first,
                    [&](const Listing& listing) { return listing.to > recent; }));
  CHECK(newer > 0);

  expect_equal(tenant, {"--tables", "AuditLogs,DeviceEvents"});
  const auto verified = tenant.harrier({"verify"});
  INFO(verified.output);
  CHECK(verified.code == 0);
}
