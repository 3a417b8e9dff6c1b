// Every connector behaves under failure without a test of its own: one table of each connector and
// kind of stream.
#include "connectors/harness.hpp"
#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::test;

namespace {

struct Subject {
  const char* table;
  const char* path;   // prefix of its data requests
  const char* empty;  // an answer without records
  bool post;
};

constexpr const char* kGraphEmpty = R"({"value":[]})";

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = {
      {"DeviceInfo", "/v1.0/security/runHuntingQuery",
       R"({"schema":[{"name":"count_","type":"Int64"}],"results":[]})", true},
      {"AuditLogs", "/v1.0/auditLogs/directoryAudits", kGraphEmpty, false},
      {"SecurityIncident", "/v1.0/security/incidents", kGraphEmpty, false},
      {"AADRiskyUsers", "/v1.0/identityProtection/riskyUsers", kGraphEmpty, false},
      {"ServicePrincipals", "/v1.0/servicePrincipals/delta",
       R"({"value":[],"@odata.deltaLink":"/v1.0/servicePrincipals/delta?t=1"})", false},
      {"MdeMachines", "/api/machines", kGraphEmpty, false},
      {"AuditGeneral", "/api/v1.0/", R"([])", false},
  };
  return all;
}

// What the audit feed asks before any content.
void subscribe(FakeServer& server, const std::string& tenant) {
  server.script(
      "/api/v1.0/" + tenant + "/activity/feed/subscriptions/list",
      Reply(
          200,
          R"([{"contentType":"Audit.Exchange","status":"enabled"},{"contentType":"Audit.SharePoint","status":"enabled"},
{"contentType":"Audit.General","status":"enabled"},{"contentType":"Audit.AzureActiveDirectory","status":"enabled"},
{"contentType":"DLP.All","status":"enabled"}])"));
}

std::string done_until(const Harness& harness, const std::string& table) {
  return harness.ask(table, "SELECT max(\"to\") FROM _harrier_ledger WHERE state = 'done'");
}

std::string after(const Subject& subject, std::vector<Reply> replies) {
  Harness harness({subject.table});
  subscribe(harness.server, harness.settings.tenant.id);
  harness.server.script(subject.path, std::move(replies));
  const auto outcome = harness.once();
  return harness.state(outcome, subject.table) + (outcome.caught_up ? " caught up" : " behind");
}

}  // namespace

TEST_CASE("An empty service is caught up", "[connectors][conformance]") {
  for (const auto& subject : subjects()) {
    CAPTURE(subject.table);
    CHECK(after(subject, {Reply(200, subject.empty)}) == "ok caught up");
  }
}

TEST_CASE("Throttling, server errors, resets and torn bodies pass", "[connectors][conformance]") {
  const std::vector<Reply> troubles = {
      Reply(429, R"({"error":{"code":"TooManyRequests","message":"x"}})")
          .with("Retry-After", "0.2"),
      Reply(500, "<html>"), Reply().fail(Fault::reset), Reply(502, "bad gateway")};
  for (const auto& subject : subjects()) {
    for (const auto& trouble : troubles) {
      CAPTURE(subject.table, trouble.status);
      CHECK(after(subject, {trouble, Reply(200, subject.empty)}) == "ok caught up");
    }
    CAPTURE(subject.table);
    CHECK(after(subject,
                {Reply(200, std::string(subject.empty) + std::string(200, ' ')).fail(Fault::torn),
                 Reply(200, subject.empty)}) == "ok caught up");
  }
}

TEST_CASE("A peer that hangs is given up at the deadline and asked again",
          "[connectors][conformance]") {
  for (const auto& subject : subjects()) {
    CAPTURE(subject.table);
    CHECK(after(subject, {Reply().fail(Fault::hang), Reply(200, subject.empty)}) == "ok caught up");
  }
}

TEST_CASE("A refused token is renewed once, a missing permission is said",
          "[connectors][conformance]") {
  for (const auto& subject : subjects()) {
    CAPTURE(subject.table);
    CHECK(after(subject,
                {Reply(401, R"({"error":{"code":"InvalidAuthenticationToken","message":"x"}})"),
                 Reply(200, subject.empty)}) == "ok caught up");
    CHECK(after(subject, {Reply(403, R"({"error":{"code":"Forbidden","message":"x"}})")}) ==
          "denied behind");
  }
}

TEST_CASE("A link to another host is never followed", "[connectors][conformance]") {
  Harness harness({"AuditLogs"});
  FakeServer foreign;
  foreign.script("/", Reply(200, kGraphEmpty));
  harness.server.script(
      "/v1.0/auditLogs/directoryAudits",
      Reply(200, R"({"value":[],"@odata.nextLink":")" + foreign.url("/x") + "\"}"));

  const auto outcome = harness.once();

  CHECK_FALSE(outcome.caught_up);
  CHECK(foreign.requests().empty());
}

TEST_CASE("A page that fails behind others leaves no gap and no duplicate",
          "[connectors][conformance]") {
  Harness harness({"AuditLogs"});
  const std::string first =
      R"({"value":[{"id":"a","activityDateTime":"2026-11-24T00:00:00Z","activityDisplayName":"x","category":"c"}],"@odata.nextLink":")" +
      harness.server.url("/v1.0/auditLogs/directoryAudits?page=2") + "\"}";
  const std::string second =
      R"({"value":[{"id":"b","activityDateTime":"2026-11-24T00:00:01Z","activityDisplayName":"y","category":"c"}]})";
  harness.server.script("/v1.0/auditLogs/directoryAudits?$filter", Reply(200, first));
  harness.server.script("/v1.0/auditLogs/directoryAudits?page=2",
                        {Reply(500, "x"), Reply(200, second)});

  const auto outcome = harness.once();

  CHECK(outcome.caught_up);
  CHECK(harness.ask("AuditLogs",
                    "SELECT group_concat(Id) FROM (SELECT Id FROM AuditLogs ORDER BY Id)") ==
        "a,b");
  CHECK(harness.ask("AuditLogs",
                    "SELECT ActivityDisplayName || OperationName FROM AuditLogs WHERE Id = 'a'") ==
        "xx");
}

TEST_CASE("A table the tenant does not have is unlicensed and no failure",
          "[connectors][conformance]") {
  Harness harness({"DeviceInfo"});
  harness.server.script(
      "/v1.0/security/runHuntingQuery",
      Reply(
          400,
          R"({"error":{"code":"BadRequest","message":"'where' operator: Failed to resolve table or column expression named 'DeviceInfo'"}})"));
  const auto outcome = harness.once();
  CHECK(outcome.caught_up);
  CHECK(harness.state(outcome, "DeviceInfo") == "unlicensed");
}

TEST_CASE("A delta token that is gone starts over without doubling rows",
          "[connectors][conformance]") {
  Harness harness({"OAuth2PermissionGrants"});
  const std::string row =
      R"({"value":[{"id":"g1","clientId":"c","consentType":"AllPrincipals","resourceId":"r","scope":" User.Read"}],"@odata.deltaLink":")";
  harness.server.script("/v1.0/oauth2PermissionGrants/delta",
                        Reply(200, row + harness.server.url("/v1.0/token-1") + "\"}"));
  harness.server.script("/v1.0/token-1",
                        Reply(410, R"({"error":{"code":"resyncRequired","message":"x"}})"));
  REQUIRE(harness.once().caught_up);
  harness.restart();
  REQUIRE(harness.once().caught_up);

  CHECK(harness.ask("OAuth2PermissionGrants", "SELECT count(*) FROM OAuth2PermissionGrants") ==
        "1");
  CHECK(harness.ask("OAuth2PermissionGrants", "SELECT Scope FROM OAuth2PermissionGrants_latest") ==
        " User.Read");
}

TEST_CASE("A grant that is removed is absent from the newest state", "[connectors][conformance]") {
  Harness harness({"OAuth2PermissionGrants"});
  harness.server.script(
      "/v1.0/oauth2PermissionGrants/delta",
      Reply(200,
            R"({"value":[{"id":"g1","scope":"a"},{"id":"g2","scope":"b"}],"@odata.deltaLink":")" +
                harness.server.url("/v1.0/token-1") + "\"}"));
  harness.server.script(
      "/v1.0/token-1",
      Reply(200, R"({"value":[{"id":"g1","@removed":{"reason":"deleted"}}],"@odata.deltaLink":")" +
                     harness.server.url("/v1.0/token-2") + "\"}"));
  harness.server.script("/v1.0/token-2",
                        Reply(200, R"({"value":[],"@odata.deltaLink":")" +
                                       harness.server.url("/v1.0/token-2") + "\"}"));
  REQUIRE(harness.once().caught_up);
  harness.restart();
  REQUIRE(harness.once().caught_up);

  CHECK(harness.ask("OAuth2PermissionGrants",
                    "SELECT group_concat(Id) FROM OAuth2PermissionGrants_latest") == "g2");
}

namespace {

// A feed without a subscription and without content, whose starts are answered in this order. The
// path of the starts.
std::string script_starts(Harness& harness, std::vector<Reply> answers) {
  const std::string feed = "/api/v1.0/" + harness.settings.tenant.id + "/activity/feed";
  harness.server.script(feed + "/subscriptions/list", Reply(200, "[]"));
  harness.server.script(feed + "/subscriptions/start", std::move(answers));
  harness.server.script(feed + "/subscriptions/content", Reply(200, "[]"));
  return feed + "/subscriptions/start";
}

}  // namespace

TEST_CASE("A subscription that cannot be started is a failure, not an empty feed",
          "[connectors][conformance][office365]") {
  Harness harness({"AuditGeneral"});
  const std::string start = script_starts(harness, {Reply(500, "{}")});

  const auto outcome = harness.once();

  CHECK_FALSE(outcome.caught_up);
  CHECK(harness.state(outcome, "AuditGeneral") == "failing");
  // Each of the five feeds was started once; a start is not repeated within 15 minutes.
  CHECK(harness.server.requests(start).size() == 5);
}

TEST_CASE("A subscription whose start was throttled is started when the service says",
          "[connectors][conformance][office365]") {
  Harness harness({"AuditGeneral"});
  const std::string start = script_starts(harness, {Reply(429, "{}").with("Retry-After", "0.1"),
                                                    Reply(200, R"({"status":"enabled"})")});

  CHECK(harness.once().caught_up);
  CHECK(harness.server.requests(start).size() == 6);
}

TEST_CASE("A throttled start without a time is left alone for a quarter of an hour",
          "[connectors][conformance][office365]") {
  Harness harness({"AuditGeneral"});
  const std::string start = script_starts(harness, {Reply(429, "{}")});

  const auto outcome = harness.once();

  CHECK(harness.state(outcome, "AuditGeneral") == "throttled");
  CHECK(harness.server.requests(start).size() == 5);
}

TEST_CASE("Blobs that come twice and expired ones", "[connectors][conformance][office365]") {
  Harness harness({"OfficeActivity", "AuditGeneral"});
  const std::string tenant = harness.settings.tenant.id;
  subscribe(harness.server, tenant);
  const std::string feed = "/api/v1.0/" + tenant + "/activity/feed";
  const auto blob = [&](const char* id, const char* expires) {
    return R"({"contentUri":")" + harness.server.url(feed + "/audit/" + id) + R"(","contentId":")" +
           id +
           R"(","contentType":"Audit.Exchange","contentCreated":"2026-11-24T00:00:00.000Z","contentExpiration":")" +
           expires + "\"}";
  };
  harness.server.script(feed + "/subscriptions/content", Reply(200, "[]"));
  harness.server.script(feed + "/subscriptions/content?contentType=Audit.Exchange",
                        Reply(200, "[" + blob("one", "2099-01-01T00:00:00Z") + "," +
                                       blob("two", "2099-01-01T00:00:00Z") + "," +
                                       blob("old", "2020-01-01T00:00:00Z") + "]"));
  const std::string records =
      R"([{"Id":"r1","RecordType":1,"Workload":"Exchange","Operation":"New-InboxRule","CreationTime":"2026-11-24T00:00:00","UserType":2,"Parameters":[{"Name":"Identity","Value":"x"}],"ExternalAccess":false},
{"Id":"r2","RecordType":15,"Workload":"AzureActiveDirectory","Operation":"UserLoggedIn","CreationTime":"2026-11-24T00:00:01","UserType":0}])";
  harness.server.script(feed + "/audit/one", Reply(200, records));
  harness.server.script(feed + "/audit/two", Reply(200, records));

  const auto outcome = harness.once();

  CHECK(outcome.caught_up);
  CHECK(harness.ask("OfficeActivity",
                    "SELECT count(*) || RecordType || UserType || OfficeId || Parameters || "
                    "ExternalAccess FROM OfficeActivity") ==
        R"(1ExchangeAdminAdminr1[{"Name":"Identity","Value":"x"}]False)");
  CHECK(harness.ask(
            "AuditGeneral",
            "SELECT count(*) || RecordTypeName || (Record ->> '$.Operation') FROM AuditGeneral") ==
        "1AzureActiveDirectoryStsLogonUserLoggedIn");
  CHECK(harness.server.requests(feed + "/audit/old").empty());
}

TEST_CASE("A vulnerability that a whole reading no longer lists is absent from the newest state",
          "[connectors][conformance]") {
  Harness harness({"MdeVulnerabilities"});
  const std::string full = "/api/machines/SoftwareVulnerabilitiesByMachine";
  const auto listed = [](const char* id) {
    return std::string(R"({"id":")") + id +
           R"(","deviceId":"d","cveId":"c","lastSeenTimestamp":"2026-11-24 00:00:00.0000000"})";
  };
  const auto list = [](const std::string& rows) {
    return Reply(200, R"({"value":[)" + rows + "]}");
  };
  harness.server.script(full, {list(listed("a") + "," + listed("b")), list(listed("b"))});
  REQUIRE(harness.once().caught_up);
  const std::string newest = "SELECT group_concat(Id) FROM MdeVulnerabilities_latest";
  CHECK(harness.ask("MdeVulnerabilities", newest) == "a,b");

  // Everything is read again once a week.
  harness.restart();
  harness.clock.ahead = std::chrono::hours(24 * 8);
  REQUIRE(harness.once().caught_up);

  CHECK(harness.ask("MdeVulnerabilities", newest) == "b");
  CHECK(harness.ask("MdeVulnerabilities", "SELECT Id FROM MdeVulnerabilities WHERE _Removed = 1") ==
        "a");
}

TEST_CASE("A device that left is absent from the newest state of a table that is read whole",
          "[connectors][conformance]") {
  Harness harness({"DeviceTvmSecureConfigurationAssessment"});
  const auto counted = [](int rows) {
    return Reply(200, R"({"schema":[{"name":"count_","type":"Int64"}],"results":[{"count_":)" +
                          std::to_string(rows) + "}]}");
  };
  const auto row = [](const char* device, const char* setting) {
    return std::string(R"({"DeviceId":")") + device + R"(","ConfigurationId":")" + setting +
           R"(","Timestamp":"2026-11-24T00:00:00Z","IsCompliant":true,"_Ingested":null})";
  };
  const auto rows = [](const std::string& results) {
    return Reply(200,
                 R"({"schema":[{"name":"DeviceId","type":"String"},{"name":"ConfigurationId",)"
                 R"("type":"String"},{"name":"Timestamp","type":"DateTime"},{"name":"IsCompliant",)"
                 R"("type":"SByte"},{"name":"_Ingested","type":"DateTime"}],"results":[)" +
                     results + "]}");
  };
  harness.server.script(
      "/v1.0/security/runHuntingQuery",
      {counted(3),
       rows(row("d1", "scid-2003") + "," + row("d2", "scid-2003") + "," + row("d2", "scid-2010")),
       counted(1), rows(row("d2", "scid-2003"))});
  const std::string table = "DeviceTvmSecureConfigurationAssessment";
  const auto newest = [&](const std::string& name) {
    return harness.ask(
        table, "SELECT group_concat(DeviceId || ConfigurationId) FROM (SELECT * FROM " + name +
                   " ORDER BY DeviceId, ConfigurationId)");
  };
  REQUIRE(harness.once().caught_up);
  CHECK(newest(table + "_latest") == "d1scid-2003,d2scid-2003,d2scid-2010");
  CHECK(newest("TamperProtection") == "d1scid-2003,d2scid-2003");

  harness.restart();
  harness.clock.ahead = std::chrono::hours(7);
  REQUIRE(harness.once().caught_up);

  CHECK(newest(table + "_latest") == "d2scid-2003");
  CHECK(newest("TamperProtection") == "d2scid-2003");
  CHECK(harness.ask(table, "SELECT count(*) FROM " + table + " WHERE _Removed = 1") == "2");
}

TEST_CASE("A window that the service's clock has not reached is not done",
          "[connectors][conformance]") {
  Harness harness({"AuditLogs"});
  const Instant service = *parse_instant("2026-11-24T12:00:00Z");
  harness.clock.ahead = service + Ticks(std::chrono::hours(5)) - SystemClock().now();
  harness.server.script("/v1.0/auditLogs/directoryAudits",
                        Reply(200, kGraphEmpty).with("Date", "Tue, 24 Nov 2026 12:00:00 GMT"));

  const auto outcome = harness.once();

  CHECK(outcome.caught_up);
  const auto done = done_until(harness, "AuditLogs");
  CHECK(done < format_instant(service));
  CHECK(done > format_instant(service - Ticks(std::chrono::hours(1))));
}

TEST_CASE("A fill reaches the service's now where its clock is ahead",
          "[connectors][conformance]") {
  Harness harness({"DeviceInfo"});
  const Instant service = *parse_instant("2026-11-24T12:00:00Z");
  harness.clock.ahead = service - Ticks(std::chrono::hours(1)) - SystemClock().now();
  harness.server.script(
      "/v1.0/security/runHuntingQuery",
      Reply(200, R"({"schema":[],"results":[]})").with("Date", "Tue, 24 Nov 2026 12:00:00 GMT"));

  const auto outcome = harness.once();

  CHECK(outcome.caught_up);
  const auto done = done_until(harness, "DeviceInfo");
  CHECK(done < format_instant(service));
  CHECK(done > format_instant(service - Ticks(std::chrono::minutes(10))));
}
