// The way to the service fails in the middle of a run: the proxy refuses, the proxy is gone,
// somebody else answers.
#include "connectors/harness.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <fstream>

using namespace harrier;
using namespace harrier::test;

namespace {

constexpr const char* kPath = "/v1.0/auditLogs/directoryAudits";

ServerOptions identified(const TestCa& ca) {
  IdentityOptions names;
  names.names = {"service.test"};
  names.addresses = {};
  ServerOptions options;
  options.tls = true;
  options.identity = ca.issue(names);
  return options;
}

std::string record(const char* id) {
  return fmt::format(
      R"({{"id":"{}","activityDateTime":"2026-11-24T00:00:00Z","activityDisplayName":"x"}})", id);
}

// A service of two pages behind a proxy. `between` runs when the first page was asked for, once.
struct Way {
  explicit Way(std::function<void(Way&)> between_)
      : server(identified(ca)),
        proxy(std::make_unique<FakeProxy>(server.port())),
        harness({"AuditLogs"}),
        between(std::move(between_)) {
    std::ofstream(dir.path() / "ca.pem") << ca.certificate();
    server.script(std::string(kPath) + "?$filter", [this](const SeenRequest&) {
      if (const auto now = std::exchange(between, nullptr)) now(*this);
      return Reply(200, fmt::format(
                            R"({{"value":[{}],"@odata.nextLink":"https://service.test{}?page=2"}})",
                            record("a"), kPath))
          .with("Connection", "close");
    });
    server.script(
        std::string(kPath) + "?page=2",
        Reply(200, fmt::format(R"({{"value":[{}]}})", record("b"))).with("Connection", "close"));
    harness.base_url = "https://service.test";
    harness.http.ca_file = dir.path() / "ca.pem";
    use_proxy();
  }

  void use_proxy() {
    harness.http.proxy =
        net::ProxyRules::make(fmt::format("http://127.0.0.1:{}", proxy->port()), [](const char*) {
          return std::string();
        }).value();
    harness.restart();
  }

  [[nodiscard]] std::string rows() const {
    return harness.ask("AuditLogs",
                       "SELECT group_concat(Id) FROM (SELECT Id FROM AuditLogs ORDER BY Id)");
  }

  [[nodiscard]] std::string done() const {
    return harness.ask("AuditLogs", "SELECT count(*) FROM _harrier_ledger WHERE state = 'done'");
  }

  TempDir dir;
  TestCa ca;
  FakeServer server;
  std::unique_ptr<FakeProxy> proxy;
  Harness harness;
  std::function<void(Way&)> between;
};

}  // namespace

TEST_CASE("A certificate that is swapped in the middle of a run gets no token and moves no cursor",
          "[connectors][network][security]") {
  const TestCa other;
  FakeServer foreign(identified(other));
  foreign.script("/", Reply(200, R"({"value":[]})"));
  Way way([&](Way& self) { self.proxy->lead_to(foreign.port()); });

  const auto outcome = way.harness.once();

  CHECK_FALSE(outcome.caught_up);
  CHECK(way.harness.state(outcome, "AuditLogs") == "failing");
  CHECK(foreign.connections() > 0);
  CHECK(foreign.requests().empty());
  CHECK(way.done() == "0");

  way.proxy->lead_to(way.server.port());
  CHECK(way.harness.once().caught_up);
  CHECK(way.rows() == "a,b");
  CHECK(way.done() != "0");
}

TEST_CASE(
    "A proxy that refuses in the middle of a run is asked a few times, and nothing is missing",
    "[connectors][network]") {
  Way way([](Way& self) { self.proxy->refuse_with(502); });

  const auto outcome = way.harness.once();

  CHECK_FALSE(outcome.caught_up);
  CHECK(way.harness.state(outcome, "AuditLogs") == "failing");
  CHECK(way.proxy->requests().size() <= 8);
  CHECK(way.done() == "0");

  way.proxy->refuse_with(0);
  CHECK(way.harness.once().caught_up);
  CHECK(way.rows() == "a,b");
}

TEST_CASE("A proxy that dies in the middle of a run costs nothing when another is there",
          "[connectors][network]") {
  Way way([](Way& self) { self.proxy.reset(); });

  CHECK_FALSE(way.harness.once().caught_up);
  CHECK(way.done() == "0");

  way.proxy = std::make_unique<FakeProxy>(way.server.port());
  way.use_proxy();
  CHECK(way.harness.once().caught_up);
  CHECK(way.rows() == "a,b");
}

TEST_CASE("A failure that does not end is met a few times a run, with pauses between",
          "[connectors][network]") {
  for (const auto& trouble :
       {Reply(502, "<html>bad gateway</html>"), Reply().fail(Fault::reset),
        Reply(200, R"({"value":[]})").fail(Fault::torn), Reply().fail(Fault::garbage)}) {
    Harness harness({"DeviceInfo", "AuditLogs", "SecurityIncident", "MdeMachines"});
    harness.server.script("/", trouble);
    const auto outcome = harness.once();
    CAPTURE(trouble.status, trouble.body);
    CHECK_FALSE(outcome.caught_up);
    // Six attempts of each stream; a connection that was reset while idle is opened once more.
    CHECK(harness.server.requests().size() >= 4 * 6);
    CHECK(harness.server.requests().size() <= 4 * 12);
  }
}
