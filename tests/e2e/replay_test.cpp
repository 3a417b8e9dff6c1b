// Answers that others recorded (HARRIER_SAMPLES), collected by the daemon over TLS.
#include "e2e/replay.hpp"

#include "support/ask_store.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

using Catch::Contains;
using namespace harrier::test;

namespace {

namespace dom = simdjson::dom;

// The tenant of one of the recorded tokens.
constexpr const char* kTenant = "a76fc728-0cba-45f0-a9eb-d45207e14513";
constexpr const char* kExchanges = "JupiterOne_graph-microsoft-365/http_exchanges/exchanges.jsonl";

// A list that recordings have, where it goes, and the column of the element's id.
struct List {
  const char* path;
  const char* table;
  const char* id;
};

constexpr List kLists[] = {
    {"/v1.0/security/incidents", "SecurityIncident", "ProviderIncidentId"},
    {"/v1.0/security/alerts_v2", "SecurityAlert", "SystemAlertId"},
    {"/v1.0/auditLogs/directoryAudits", "AuditLogs", "Id"},
    {"/v1.0/identityProtection/riskDetections", "AADUserRiskEvents", "Id"},
    {"/v1.0/identityProtection/riskyUsers", "AADRiskyUsers", "Id"},
    {"/v1.0/identityProtection/servicePrincipalRiskDetections", "AADServicePrincipalRiskEvents",
     "Id"},
    {"/v1.0/identityProtection/riskyServicePrincipals", "AADRiskyServicePrincipals", "Id"},
    {"/v1.0/security/secureScores", "SecureScores", "id"},
};

// A daemon's folder: configuration, secret, stores.
class Collector {
 public:
  Collector(const FakeServer& server, const std::string& connector,
            const std::vector<std::string>& tables) {
    std::filesystem::permissions(dir_.write("secret", "any"), std::filesystem::perms::owner_read);
    dir_.write("ca.pem", server.ca());
    std::string text = fmt::format(
        "[tenant]\nid = \"{}\"\nclient_id = \"66666666-7777-8888-9999-000000000000\"\n", kTenant);
    text += "[tenant.credential]\ntype = \"client_secret\"\nsecret_file = \"secret\"\n";
    text += "[tenant.endpoints]\n";
    for (const char* api : {"login", "graph", "defender", "office365"})
      text += fmt::format("{} = \"{}\"\n", api, server.url());
    text += "[network]\nca_file = \"ca.pem\"\n";
    text += fmt::format("[storage]\ndirectory = \"{}\"\nretention = \"0\"\n", stores().string());
    text += fmt::format(
        "[connectors.{0}]\nenabled = true\nbackfill = \"1h\"\n[connectors.{0}.tables]\n",
        connector);
    for (const auto& table : tables) text += table + " = true\n";
    config_ = dir_.write("harrier.toml", text);
  }

  int once() { return run({HARRIER_DAEMON, "--config", config_.string(), "--once"}, output); }

  int harrier(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), HARRIER_COMMAND);
    arguments.insert(arguments.end(), {"--config", config_.string()});
    return run(arguments, output);
  }

  [[nodiscard]] std::string ask(const std::string& table, const std::string& sql) const {
    return ask_store(stores() / (table + ".db"), sql);
  }

  std::string output;  ///< of the last command

 private:
  [[nodiscard]] std::filesystem::path stores() const { return dir_.path() / "stores"; }

  TempDir dir_;
  std::filesystem::path config_;
};

template <class... Lists>
std::vector<RecordedAnswer> joined(std::vector<RecordedAnswer> first, Lists... more) {
  (first.insert(first.end(), more.begin(), more.end()), ...);
  return first;
}

// What `status --json` says about one table.
std::string entry_of(const std::string& json, const std::string& table) {
  const auto begin = json.find("{\"table\":\"" + table + "\"");
  if (begin == std::string::npos) return {};
  return json.substr(begin, json.find("\"windows\":", begin) - begin);
}

// What stands between the first `begin` and the `end` behind it.
std::string word_after(const std::string& text, const std::string& begin, const std::string& end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return {};
  const auto word = at + begin.size();
  return text.substr(word, text.find(end, word) - word);
}

std::string id_of(const std::string& element) {
  dom::parser parser;
  dom::element found;
  std::string_view id;
  if (parser.parse(simdjson::padded_string(element))["id"].get(found) || found.get(id)) return {};
  return std::string(id);
}

}  // namespace

TEST_CASE("Recorded lists of Graph are collected whole", "[e2e][replay]") {
  const auto root = samples_dir();
  if (root.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  const std::string docs = "microsoft_graph_docs_examples/dev_proxy_mocks/";
  const Replay replay(joined(
      read_exchanges(root, kExchanges), read_dev_proxy(root, docs + "auditLogs.jsonl"),
      read_dev_proxy(root, docs + "identityProtection.jsonl"),
      read_dev_proxy(root, docs + "security_alerts.jsonl"),
      read_dev_proxy(root, docs + "security_incidents.jsonl"),
      read_dev_proxy(root, docs + "security_secureScores.jsonl"),
      read_pages(root, "elastic_integrations/graph_alerts_v2_pages/alert-http-mock-config.jsonl",
                 "/v1.0/security/alerts_v2"),
      read_pages(root, "elastic_integrations/graph_incidents_pages/incident-http-mock-config.jsonl",
                 "/v1.0/security/incidents"),
      read_pages(root, "wazuh_wazuh/graph_directory_audits/page_graph_events.jsonl",
                 "/v1.0/auditLogs/directoryAudits")));
  // One record of the documentation is no JSON.
  std::vector<std::string> tables = {"AADProvisioningLogs"};
  for (const auto& list : kLists) tables.emplace_back(list.table);
  Collector collector(replay.server(), "graph_security", tables);

  const int code = collector.once();

  INFO(collector.output);
  CHECK(code == 0);
  for (const auto& list : kLists) {
    const auto elements = replay.elements(list.path);
    CAPTURE(list.path, elements.size());
    CHECK_FALSE(elements.empty());
    for (const auto& element : elements) {
      CAPTURE(element);
      CHECK(collector.ask(list.table, fmt::format("SELECT count(*) > 0 FROM {} WHERE {} = '{}'",
                                                  list.table, list.id, id_of(element))) == "1");
    }
    CHECK(collector.ask(list.table, fmt::format("SELECT count(*) FROM {}", list.table)) ==
          std::to_string(std::set<std::string>(elements.begin(), elements.end()).size()));
  }
  CHECK(collector.harrier({"status", "--json"}) == 0);
  CHECK_THAT(entry_of(collector.output, "AADProvisioningLogs"),
             Contains("\"waiting\"") && Contains("\"rows\":0,") && Contains("\"quarantined\":1,"));
  CHECK(collector.harrier({"quarantine", "list", "--json"}) == 0);
  CHECK_THAT(collector.output, Contains("AADProvisioningLogs") && !Contains("AuditLogs"));
}

TEST_CASE("A recorded hunting reply is stored, however often it comes", "[e2e][replay]") {
  const auto root = samples_dir();
  if (root.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  const auto replies = read_dev_proxy(
      root, "microsoft_graph_docs_examples/dev_proxy_mocks/security_runHuntingQuery.jsonl");
  REQUIRE(replies.size() == 1);
  Replay replay(read_exchanges(root, kExchanges));
  replay.always("POST " + replies[0].path, replies[0]);
  Collector collector(replay.server(), "microsoft365_defender", {"DeviceProcessEvents"});

  const int code = collector.once();

  INFO(collector.output);
  CHECK(code == 0);
  CHECK(collector.ask("DeviceProcessEvents",
                      "SELECT group_concat(Timestamp || FileName || InitiatingProcessFileName) "
                      "FROM (SELECT * FROM DeviceProcessEvents ORDER BY Timestamp)") ==
        "2024-03-26T09:39:49.4353788Zcmd.exepowershell.exe,"
        "2024-03-26T09:39:50.7688641Zcmd.exepowershell.exe");
}

TEST_CASE("A recorded content feed is collected, and what had expired is lost", "[e2e][replay]") {
  const auto root = samples_dir();
  if (root.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  const auto feed = read_feed(root, "elastic_integrations/o365_content_pages/config.jsonl");
  REQUIRE(feed.blobs.size() == 5);
  Replay replay(read_exchanges(root, kExchanges));
  replay.add_feed(feed, kTenant);
  Collector collector(replay.server(), "office365_management", {"OfficeActivity", "AuditGeneral"});

  const int code = collector.once();

  INFO(collector.output);
  CHECK(code == 0);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < feed.blobs.size(); ++i) {
    dom::parser parser;
    for (const auto record : dom::array(parser.parse(simdjson::padded_string(feed.blobs[i])))) {
      const std::string_view id_text = record["Id"];
      const std::string id(id_text);
      CAPTURE(i, id);
      const auto found =
          std::stoi(
              collector.ask("OfficeActivity",
                            "SELECT count(*) FROM OfficeActivity WHERE OfficeId = '" + id + "'")) +
          std::stoi(collector.ask("AuditGeneral",
                                  "SELECT count(*) FROM AuditGeneral WHERE Id = '" + id + "'"));
      // The third blob had expired in 2023.
      CHECK(found == (i == 2 && !ids.contains(id) ? 0 : 1));
      if (i != 2) ids.insert(id);
    }
  }
  CHECK(std::stoul(collector.ask("OfficeActivity", "SELECT count(*) FROM OfficeActivity")) +
            std::stoul(collector.ask("AuditGeneral", "SELECT count(*) FROM AuditGeneral")) ==
        ids.size());
  CHECK(collector.harrier({"verify"}) == 3);
  CHECK_THAT(collector.output, Contains("is lost: the blob expired before it could be fetched"));
}

TEST_CASE("Recorded refusals end in a state and the service's own words", "[e2e][replay]") {
  const auto root = samples_dir();
  if (root.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  std::set<std::string> seen;
  for (const auto& answer : read_exchanges(root, kExchanges)) {
    const bool is_login = answer.method == "POST";
    const auto code = is_login ? word_after(answer.body, "AADSTS", ":")
                               : word_after(answer.body, "\"message\": \"", ".\"");
    if (answer.status < 400 || !seen.insert(code).second) continue;
    const std::string path = is_login ? fmt::format("POST /{}/oauth2/v2.0/token", kTenant)
                                      : "GET /v1.0/security/secureScores";
    Replay replay(read_exchanges(root, kExchanges));
    replay.always(path, answer);
    Collector collector(replay.server(), "graph_security", {"SecureScores"});
    CAPTURE(answer.status, code);
    CHECK(collector.once() == 1);
    CHECK(collector.harrier({"status", "--json"}) == 0);
    INFO(collector.output);
    CHECK_THAT(collector.output, Contains("\"failing\"") && Contains(code));
  }
  CHECK(seen.size() == 4);
}
