#include "ingest/record_map.hpp"

#include "support/catch.hpp"

#include "record_support.hpp"

using namespace harrier;
using namespace harrier::ingest;
using model::ScalarType;
using test::layout_of;
using test::Row;

namespace {

std::shared_ptr<const RecordMap> map_of(std::vector<MapRule> rules) {
  auto map = RecordMap::make(std::move(rules));
  REQUIRE(map.has_value());
  return *map;
}

}  // namespace

TEST_CASE("Rules take values by path; the rest goes by name or to _Other", "[ingest][record_map]") {
  const auto layout = layout_of({{"ResultType", ScalarType::string},
                                 {"InitiatedBy", ScalarType::dynamic},
                                 {"City", ScalarType::string},
                                 {"CreatedDateTime", ScalarType::datetime},
                                 {"Id", ScalarType::string}});
  const auto map = map_of({{"ResultType", {"status.errorCode"}},
                           {"InitiatedBy", {"initiatedBy.user"}},
                           {"City", {"location.geo.city"}}});

  const Row row(layout, R"({"id":"7","createdDateTime":"2026-01-01T00:00:00Z","@odata.type":"#x",
      "status":{"errorCode":50126,"reason":"no","@odata.type":"#y"},
      "initiatedBy":{"user":{"id":1,"x@odata.type":"z"},"app":null},
      "location":{"geo":{"city":"Oslo"}},"extra":[1]})",
                map);

  CHECK(row["ResultType"] == "t:50126");
  CHECK(row["InitiatedBy"] == R"(t:{"id":1})");
  CHECK(row["City"] == "t:Oslo");
  CHECK(row["CreatedDateTime"] == "t:2026-01-01T00:00:00.0000000Z");
  CHECK(row["Id"] == "t:7");
  CHECK(row["_Other"] == R"(t:{"status":{"reason":"no"},"extra":[1]})");
}

TEST_CASE("The order of an object's members makes no other row", "[ingest][record_map]") {
  const auto layout = layout_of({{"Id", ScalarType::string}, {"Target", ScalarType::dynamic}});
  const auto map = map_of({{"Target", {"target"}}});
  const auto key = [&](const char* record) { return Row(layout, record, map).key(); };
  const auto first =
      key(R"({"id":"7","target":[{"a":1,"b":{"c":"x","d":[]}}],"more":1,"other":{}})");

  CHECK(key(R"({"other":{},"more":1,"target":[{"b":{"d":[],"c":"x"},"a":1}],"id":"7"})") == first);
  CHECK_FALSE(key(R"({"id":"7","target":[{"a":1,"b":{"c":"y","d":[]}}],"more":1,"other":{}})") ==
              first);
  CHECK_FALSE(key(R"({"id":"7","target":[{"a":1},{"b":{"c":"x","d":[]}}],"more":1,"other":{}})") ==
              first);
  CHECK(Row(layout, R"({"target":{"b":1,"a":2}})", map)["Target"] == R"(t:{"b":1,"a":2})");
  CHECK_FALSE(key(R"({"target":[1,2]})") == key(R"({"target":[2,1]})"));
}

TEST_CASE("The first alternative with a value wins, the others are kept", "[ingest][record_map]") {
  const auto layout = layout_of({{"Updated", ScalarType::string}});
  const auto map =
      map_of({parse_map_rule("Updated", "lastUpdateDateTimeUtc | lastUpdateTimeUtc|=never")});

  CHECK(Row(layout, R"({"lastUpdateTimeUtc":"b"})", map)["Updated"] == "t:b");
  CHECK(Row(layout, R"({"lastUpdateTimeUtc":"b","lastUpdateDateTimeUtc":null})", map)["Updated"] ==
        "t:b");
  CHECK(Row(layout, R"({"lastUpdateTimeUtc":"b","lastUpdateDateTimeUtc":""})", map)["Updated"] ==
        "t:b");
  CHECK(Row(layout, R"({})", map)["Updated"] == "t:never");
  CHECK(Row(layout, R"({"lastUpdateTimeUtc":null})", map)["Updated"] == "t:never");
  const Row both(layout, R"({"lastUpdateTimeUtc":"b","lastUpdateDateTimeUtc":"a"})", map);
  CHECK(both["Updated"] == "t:a");
  CHECK(both["_Other"] == R"(t:{"lastUpdateTimeUtc":"b"})");
}

TEST_CASE("Constants, several columns from one property, and columns that only a rule may fill",
          "[ingest][record_map]") {
  const auto layout = layout_of({{"OfficeId", ScalarType::string},
                                 {"SourceRecordId", ScalarType::string},
                                 {"Type", ScalarType::string},
                                 {"Count", ScalarType::long_}});
  const auto map = map_of({{"OfficeId", {"Id"}},
                           {"SourceRecordId", {"Id"}},
                           parse_map_rule("Type", "=Office"),
                           parse_map_rule("Count", "numbers[1]")});

  const Row row(layout, R"({"Id":"x","Type":"sent","numbers":[4,5]})", map);

  CHECK(row["OfficeId"] == "t:x");
  CHECK(row["SourceRecordId"] == "t:x");
  CHECK(row["Type"] == "t:Office");
  CHECK(row["Count"] == "i:5");
  CHECK(row["_Other"] == R"(t:{"Type":"sent","numbers":[4,5]})");
}

TEST_CASE("Elements of name/value arrays are looked up by name", "[ingest][record_map]") {
  const auto layout = layout_of({{"ForwardTo", ScalarType::string},
                                 {"Enabled", ScalarType::boolean},
                                 {"Old", ScalarType::string},
                                 {"Parameters", ScalarType::string}});
  const auto map = map_of({{"ForwardTo", {"Parameters[Name=ForwardTo]"}},
                           {"Enabled", {"Parameters[name=Enabled]"}},
                           {"Old", {"ModifiedProperties[Name=a.b].OldValue"}},
                           {"Parameters", {"Parameters"}}});

  const Row row(
      layout,
      R"({"Parameters":[{"Name":"Enabled","Value":"True"},{"Name":"RuleName"},{"Name":"ForwardTo","Value":"a@b"}],
                            "ModifiedProperties":[{"Name":"a.b","NewValue":"n","OldValue":"o"},"bare"]})",
      map);

  CHECK(row["ForwardTo"] == "t:a@b");
  CHECK(row["Enabled"] == "i:1");
  CHECK(row["Old"] == "t:o");
  CHECK(
      row["Parameters"] ==
      R"(t:[{"Name":"Enabled","Value":"True"},{"Name":"RuleName"},{"Name":"ForwardTo","Value":"a@b"}])");
  CHECK(row["_Other"] ==
        R"(t:{"ModifiedProperties":[{"Name":"a.b","NewValue":"n","OldValue":"o"},"bare"]})");
  CHECK(Row(layout, R"({"Parameters":"-Name foo"})", map)["Parameters"] == "t:-Name foo");
  CHECK(Row(layout, R"({"Parameters":"-Name foo"})", map)["ForwardTo"] == "null");
}

TEST_CASE("Codes get their names, unknown codes stay", "[ingest][record_map]") {
  const auto layout = layout_of({{"LogonType", ScalarType::string}});
  MapRule rule("LogonType", {"LogonType"});
  rule.names = {{"0", "Owner"}, {"2", "Delegated"}, {"10", "Ten"}};
  const auto map = map_of({rule});

  CHECK(Row(layout, R"({"LogonType":0})", map)["LogonType"] == "t:Owner");
  CHECK(Row(layout, R"({"LogonType":"2"})", map)["LogonType"] == "t:Delegated");
  CHECK(Row(layout, R"({"LogonType":99})", map)["LogonType"] == "t:99");
}

TEST_CASE("A column can hold the whole record", "[ingest][record_map]") {
  const auto layout = layout_of({{"Id", ScalarType::string}, {"Record", ScalarType::dynamic}});
  const auto map = map_of({{"Record", {"$"}}});
  const Row row(layout, R"({ "Id" : "x", "a" : { "b" : 1, "c@odata.type" : 2 } })", map);
  CHECK(row["Id"] == "t:x");
  CHECK(row["Record"] == R"(t:{"Id":"x","a":{"b":1}})");
  CHECK(row["_Other"] == "null");
}

TEST_CASE("Mapped records that do not parse are refused", "[ingest][record_map]") {
  const auto layout = layout_of({{"A", ScalarType::string}});
  const auto map = map_of({{"A", {"x.y"}}});
  for (const char* record :
       {"", "[]", "{", R"({"x":{"y":}})", R"({"x":{"y":1})", R"({"x":1}})", R"({"z":"a"b"})"})
    CHECK_FALSE(Row(layout, record, map).stored());
  CHECK(Row(layout, "{\"x\":{\"y\":\"\xff\"}}", map)["A"] == "t:\uFFFD");
}

TEST_CASE("A mapped property that is sent twice loses no value", "[ingest][record_map]") {
  const auto layout = layout_of({{"A", ScalarType::long_}, {"B", ScalarType::long_}});
  const auto map = map_of({{"A", {"x"}}});
  const Row row(layout, R"({"x":1,"x":2,"b":3,"b":4})", map);
  CHECK(row["A"] == "i:2");
  CHECK(row["B"] == "i:4");
  CHECK(row["_Other"] == R"(t:{"x":1,"b":3})");
}

TEST_CASE("Paths that are none are refused with the column's name", "[ingest][record_map]") {
  for (const char* path : {"", ".a", "a.", "a..b", "a[", "a[]", "a[=x]", "a[x]", "a[0]b"}) {
    const auto map = RecordMap::make({MapRule("Col", {path})});
    CAPTURE(path);
    REQUIRE(map.has_error());
    CHECK(map.error().code == Errc::config);
    CHECK(map.error().message.find("Col") != std::string::npos);
  }
  CHECK(RecordMap::make({MapRule("Col", {"a"}), MapRule("Col", {"b"})}).has_error());
}
