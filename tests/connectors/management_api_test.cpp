#include "connectors/office365_management/management_api.hpp"

#include "connectors/office365_management/record_router.hpp"
#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::connectors::office365_management;

namespace {

Feed feed() {
  Feed feed;
  feed.tenant = "11111111-2222-3333-4444-555555555555";
  feed.publisher = "99999999-2222-3333-4444-555555555555";
  feed.content_type = "Audit.Exchange";
  return feed;
}

TableRule rule(const char* name, std::set<std::string, std::less<>> workloads,
               std::set<std::string, std::less<>> types, bool enabled = true) {
  auto table = std::make_shared<model::TableSchema>();
  table->name = name;
  TableRule made;
  made.table = table;
  made.workloads = std::move(workloads);
  made.record_types = std::move(types);
  made.enabled = enabled;
  return made;
}

}  // namespace

TEST_CASE("Listings name the window without zone and always the publisher",
          "[connectors][office365]") {
  const model::Window window{*parse_instant("2026-08-20T10:00:00Z"),
                             *parse_instant("2026-08-21T10:00:00Z")};
  const auto path = list_content_path(feed(), window);
  CHECK(path.find("startTime=2026-08-20T10:00:00&endTime=2026-08-21T10:00:00") !=
        std::string::npos);
  CHECK(path.find("PublisherIdentifier=99999999-") != std::string::npos);
  CHECK(with_publisher("https://h/x?nextpage=1", feed()) ==
        "https://h/x?nextpage=1&PublisherIdentifier=" + feed().publisher);
  CHECK(with_publisher("https://h/x?publisherIdentifier=1", feed()) ==
        "https://h/x?publisherIdentifier=1");
}

TEST_CASE("Subscriptions are found in any case, also where the reply has no status",
          "[connectors][office365]") {
  CHECK(is_subscribed(R"([{"contentType":"audit.exchange","status":"enabled","webhook":null}])",
                      "Audit.Exchange")
            .value());
  CHECK(is_subscribed(R"([{"contentType":"Audit.Exchange"}])", "Audit.Exchange").value());
  CHECK_FALSE(
      is_subscribed(R"([{"contentType":"Audit.Exchange","status":"disabled"}])", "Audit.Exchange")
          .value());
  CHECK_FALSE(is_subscribed("[]", "Audit.Exchange").value());
  CHECK(is_subscribed("<html>", "Audit.Exchange").has_error());
}

TEST_CASE("A listing becomes work items that know their expiry", "[connectors][office365]") {
  const auto items =
      parse_listing(
          R"([{"contentUri":"https://h/audit/1","contentId":"1","contentType":"Audit.Exchange",
    "contentCreated":"2026-08-20T10:00:00.000Z","contentExpiration":"2026-09-09T10:00:00.000Z"}])",
          "s")
          .value();
  REQUIRE(items.size() == 1);
  CHECK(items[0].id == "1");
  CHECK(items[0].detail == "https://h/audit/1");
  CHECK(format_seconds(items[0].expires) == "2026-09-09T10:00:00Z");
}

TEST_CASE("Records go to the first table that takes them; the rest to the last",
          "[connectors][office365]") {
  const RecordRouter router(
      {rule("AuditGeneral", {}, {"13"}), rule("PowerBIActivity", {"powerbi"}, {"20"}, false),
       rule("OfficeActivity", {"exchange"}, {}), rule("AuditGeneral", {}, {})});
  CHECK(router.route(R"({"Workload":"Exchange","RecordType":13})") == 0);
  CHECK(router.route(R"({"RecordType":"20","Workload":"PowerBI"})") == -1);
  CHECK(router.route(R"({"RecordType":1,"workload":"EXCHANGE"})") == 2);
  CHECK(router.route(R"({"RecordType":99999})") == 3);
}
