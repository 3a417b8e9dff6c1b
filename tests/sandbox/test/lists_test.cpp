#include "sandbox/odata.hpp"
#include "sandbox/tenant.hpp"
#include "support/catch.hpp"

#include <set>

using namespace harrier;
using namespace harrier::sandbox;

namespace {

Options busy_tenant() {
  Options options;
  options.start = *parse_instant("2026-11-24T12:00:00Z");
  options.events = 300;
  options.apis = {"hunting", "defender", "graph", "office365"};
  return options;
}

HttpRequest get(std::string path, std::string query) {
  HttpRequest request;
  request.method = "GET";
  request.target = path + (query.empty() ? "" : "?" + query);
  request.path = std::move(path);
  request.query = parse_form(query);
  return request;
}

std::string member(const std::string& body, const std::string& name) {
  const auto at = body.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return body.substr(begin, body.find('"', begin) - begin);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

constexpr const char* kAuditMark = "\"correlationId\":";

/// Follows next links to the end and counts `mark`, which every entity has once.
std::size_t count_all(const Tenant& tenant, HttpRequest request, Instant now,
                      const std::string& mark = "{\"id\":") {
  std::size_t rows = 0;
  for (;;) {
    const auto response = tenant.find(request)->answer(request, now, "https://localhost");
    REQUIRE(response.status == 200);
    rows += count_of(response.body, mark);
    const auto next = member(response.body, "@odata.nextLink");
    if (next.empty()) return rows;
    const auto path = next.substr(17);
    const auto question = path.find('?');
    request = get(path.substr(0, question), path.substr(question + 1));
  }
}

}  // namespace

TEST_CASE("Every judged column exists in its table") {
  const auto tenant = *Tenant::create(busy_tenant());
  const auto catalog = *model::Catalog::load_embedded();

  for (const auto& api : {"defender", "graph", "office365"}) {
    for (const auto& table : tenant->tables_of(api)) {
      const auto now = *parse_instant("2026-11-24T12:00:00Z");
      for (const auto& column : tenant->truth(table, now, now).names) {
        INFO(table << "." << column);
        CHECK(catalog.find(table)->find(column) != nullptr);
      }
    }
  }
}

TEST_CASE("Lists hand out every entity once over their pages") {
  const auto tenant = *Tenant::create(busy_tenant());
  const auto now = *parse_instant("2026-11-24T12:00:00Z");

  CHECK(count_all(*tenant, get("/v1.0/security/incidents", "$top=50"), now) == 300);
  CHECK(count_all(*tenant, get("/v1.0/auditLogs/directoryAudits", ""), now, kAuditMark) == 300);
  CHECK(count_all(*tenant, get("/v1.0/identityProtection/riskDetections", "$top=500"), now) == 300);
  CHECK(count_all(*tenant, get("/api/machines", ""), now) == 40);
}

TEST_CASE("A list is bounded by its time") {
  const auto tenant = *Tenant::create(busy_tenant());
  const auto now = *parse_instant("2026-11-24T12:00:00Z");
  const std::string field = "$filter=activityDateTime ge ";

  const auto early =
      count_all(*tenant,
                get("/v1.0/auditLogs/directoryAudits",
                    field + "2026-11-01T00:00:00Z and activityDateTime lt 2026-11-24T00:00:00Z"),
                now, kAuditMark);
  const auto late =
      count_all(*tenant,
                get("/v1.0/auditLogs/directoryAudits",
                    field + "2026-11-24T00:00:00Z and activityDateTime le 2026-11-24T12:00:00Z"),
                now, kAuditMark);

  CHECK(early > 0);
  CHECK(late > 0);
  CHECK(early + late == 300);
}

TEST_CASE("Limits are refused as the services refuse them") {
  const auto tenant = *Tenant::create(busy_tenant());
  const auto now = *parse_instant("2026-11-24T12:00:00Z");
  const auto status = [&](const HttpRequest& request) {
    return tenant->find(request)->answer(request, now, "https://localhost").status;
  };

  CHECK(status(get("/v1.0/security/incidents", "$top=51")) == 400);
  CHECK(status(get("/v1.0/identityProtection/riskyUsers", "$top=501")) == 400);
  CHECK(status(get("/v1.0/auditLogs/directoryAudits", "$filter=riskLevel eq 'high'")) == 400);
  CHECK(status(get("/v1.0/servicePrincipals/delta", "$deltatoken=sb1x0")) == 410);
}

TEST_CASE("A delta link brings what changed since") {
  auto options = busy_tenant();
  const auto tenant = *Tenant::create(options);
  const auto request = get("/v1.0/oauth2PermissionGrants/delta", "");
  const auto early = options.start - Ticks(3 * 3600 * kTicksPerSecond);
  auto first = tenant->find(request)->answer(request, early, "https://localhost");
  while (member(first.body, "@odata.deltaLink").empty()) {
    const auto next = member(first.body, "@odata.nextLink").substr(17);
    const auto page = get(next.substr(0, next.find('?')), next.substr(next.find('?') + 1));
    first = tenant->find(page)->answer(page, early, "https://localhost");
  }
  const auto link = member(first.body, "@odata.deltaLink");
  const auto delta = get("/v1.0/oauth2PermissionGrants/delta", link.substr(link.find('?') + 1));

  const auto changes = tenant->find(delta)->answer(delta, options.start, "https://localhost");

  CHECK(changes.status == 200);
  CHECK(count_of(changes.body, "{\"id\":") > 0);
  CHECK(count_of(changes.body, "{\"id\":") < 300);
}

TEST_CASE("Content is listed by when it became available, and pages lead to every record") {
  auto options = busy_tenant();
  options.events = 2000;
  const auto tenant = *Tenant::create(options);
  auto& management = tenant->management();
  const std::string base = "/api/v1.0/" + options.tenant + "/activity/feed/";
  auto start = get(base + "subscriptions/start", "contentType=Audit.Exchange");
  start.method = "POST";

  CHECK(management
            .answer(get(base + "subscriptions/content", "contentType=Audit.Exchange"),
                    options.start, "https://x")
            .body.find("AF20022") != std::string::npos);
  CHECK(management.answer(start, options.start, "https://x").status == 200);
  CHECK(management.answer(start, options.start, "https://x").body.find("AF20024") !=
        std::string::npos);

  auto request =
      get(base + "subscriptions/content",
          "contentType=Audit.Exchange&startTime=2026-11-23T12:00:00&endTime=2026-11-24T12:00:00");
  std::set<std::string> ids;
  for (;;) {
    const auto response = management.answer(request, options.start, "https://x");
    REQUIRE(response.status == 200);
    for (auto at = response.body.find("\"contentId\":\""); at != std::string::npos;
         at = response.body.find("\"contentId\":\"", at + 1)) {
      const auto id = response.body.substr(at + 13, response.body.find('"', at + 13) - at - 13);
      const auto blob =
          management.answer(get(base + "audit/" + id, ""), options.start, "https://x");
      REQUIRE(blob.status == 200);
      for (auto r = blob.body.find("\"Id\":\""); r != std::string::npos;
           r = blob.body.find("\"Id\":\"", r + 1)) {
        ids.insert(blob.body.substr(r + 6, 36));
      }
    }
    if (response.headers.empty()) break;
    const auto uri = response.headers.front().second;
    const auto path = uri.substr(uri.find("/api/"));
    request = get(path.substr(0, path.find('?')), path.substr(path.find('?') + 1));
  }
  CHECK(ids.size() == 2000);
}

TEST_CASE("Ranges that the Management API refuses") {
  const auto tenant = *Tenant::create(busy_tenant());
  auto& management = tenant->management();
  const auto now = *parse_instant("2026-11-24T12:00:00Z");
  const std::string base = "/api/v1.0/" + tenant->options().tenant + "/activity/feed/";
  auto start = get(base + "subscriptions/start", "contentType=DLP.All");
  start.method = "POST";
  REQUIRE(management.answer(start, now, "https://x").status == 200);
  const auto code = [&](const std::string& range) {
    return member(management
                      .answer(get(base + "subscriptions/content", "contentType=DLP.All" + range),
                              now, "https://x")
                      .body,
                  "code");
  };

  CHECK(code("&startTime=2026-11-20T00:00:00&endTime=2026-11-22T00:00:00") == "AF20055");
  CHECK(code("&startTime=2026-11-10T00:00:00&endTime=2026-11-10T12:00:00") == "AF20055");
  CHECK(code("&startTime=2026-11-24T00:00:00") == "AF20030");
  CHECK(code("&startTime=2026-11-24T00:00:00&endTime=2026-11-24T06:00:00").empty());
}
