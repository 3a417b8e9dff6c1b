#include "ingest/normalizer.hpp"

#include "support/catch.hpp"

#include "record_support.hpp"

#include <fmt/format.h>

using namespace harrier;
using namespace harrier::ingest;
using model::ScalarType;
using test::layout_of;
using test::Row;

TEST_CASE("Properties find their column in any order, and again in the next record",
          "[ingest][normalizer]") {
  const auto layout =
      layout_of({{"A", ScalarType::long_}, {"B", ScalarType::string}, {"C", ScalarType::boolean}});
  Normalizer normalizer(layout);
  model::Batch batch(layout);

  for (const char* record : {R"({"A":1,"B":"x","C":true})", R"({"C":false,"A":2})", R"({"B":"y"})",
                             R"({})", R"( { "B" : "z" , "A" : 3 } )"})
    REQUIRE(normalizer.add_copy(record, batch).has_value());

  REQUIRE(batch.size() == 5);
  const auto shown = [&](std::size_t row) {
    const auto cells = batch.row(row);
    return test::show(cells[0]) + " " + test::show(cells[1]) + " " + test::show(cells[2]);
  };
  CHECK(shown(0) == "i:1 t:x i:1");
  CHECK(shown(1) == "i:2 null i:0");
  CHECK(shown(2) == "null t:y null");
  CHECK(shown(3) == "null null null");
  CHECK(shown(4) == "i:3 t:z null");
}

TEST_CASE("Names match exactly first, then in another case unless that is ambiguous",
          "[ingest][normalizer]") {
  std::vector<model::Column> columns = {{"LogonId", ScalarType::long_},
                                        {"LogonID_1", ScalarType::long_, "LogonID"},
                                        {"DeviceName", ScalarType::string}};
  const auto layout = layout_of(columns);

  CHECK(Row(layout, R"({"LogonID":2,"LogonId":1})")["LogonId"] == "i:1");
  CHECK(Row(layout, R"({"LogonID":2,"LogonId":1})")["LogonID_1"] == "i:2");
  CHECK(Row(layout, R"({"logonId":1})")["LogonId"] == "i:1");
  CHECK(Row(layout, R"({"logonid":1})")["_Other"] == R"(t:{"logonid":1})");
  CHECK(Row(layout, R"({"devicename":"d"})")["DeviceName"] == "t:d");
  CHECK(Row(layout, R"({"Device\u004eame":"d"})")["DeviceName"] == "t:d");
}

TEST_CASE("What has no column goes to _Other", "[ingest][normalizer]") {
  const auto layout = layout_of({{"A", ScalarType::long_}});
  const Row row(
      layout,
      R"({"New":"x","A":1,"N\u00e9":{ "b" : [1] },"Nothing":null,"Empty":"","_Other":5,"No":false})");
  CHECK(row["A"] == "i:1");
  CHECK(row["_Other"] == R"(t:{"New":"x","N\u00e9":{"b":[1]},"_Other":5,"No":false})");
}

TEST_CASE("A property that is null or empty does not make another row", "[ingest][normalizer]") {
  const auto layout = layout_of({{"A", ScalarType::long_}, {"B", ScalarType::string}});
  const Row row(layout, R"({"A":1})");
  CHECK(row.key() == Row(layout, R"({"B":"","A":1,"New":null})").key());
  CHECK(row.key() == Row(layout, R"({"A":1,"_Ingested":"2026-01-01T00:00:00Z"})").key());
  CHECK_FALSE(row.key() == Row(layout, R"({"A":1,"New":5})").key());
}

TEST_CASE("Annotations of OData are dropped and hide nothing", "[ingest][normalizer]") {
  const auto layout = layout_of({{"IsCompliant", ScalarType::boolean}});
  const Row row(
      layout,
      R"({"@odata.type":"#x","IsCompliant@odata.type":"#SByte","IsCompliant":1,"y":{"@odata.id":1,"z":2}})");
  CHECK(row["IsCompliant"] == "i:1");
  CHECK(row["_Other"] == R"(t:{"y":{"z":2}})");
}

TEST_CASE("A property that is sent twice keeps its last value and loses none",
          "[ingest][normalizer]") {
  const auto layout = layout_of({{"A", ScalarType::long_}});
  CHECK(Row(layout, R"({"A":1,"A":2})")["A"] == "i:2");
  CHECK(Row(layout, R"({"A":1,"A":2})")["_Other"] == R"(t:{"A":1})");
  CHECK(Row(layout, R"({"A":1,"A":1})")["_Other"] == "null");
  CHECK(Row(layout, R"({"A":1,"a":2})")["A"] == "i:1");
  CHECK(Row(layout, R"({"A":1,"a":2})")["_Other"] == R"(t:{"a":2})");
  CHECK(Row(layout, R"({"a":2,"A":1})")["A"] == "i:1");
  CHECK(Row(layout, R"({"a":2,"A":1})")["_Other"] == R"(t:{"a":2})");
}

TEST_CASE("A record that is no JSON leaves the batch as it was", "[ingest][normalizer]") {
  const auto layout = layout_of({{"A", ScalarType::string}, {"D", ScalarType::dynamic}});
  Normalizer normalizer(layout);
  model::Batch batch(layout);
  REQUIRE(normalizer.add_copy(R"({"A":"kept"})", batch).has_value());

  for (const char* record : {"",
                             " ",
                             "5",
                             "\"x\"",
                             "[]",
                             "{",
                             R"({"A")",
                             R"({"A":})",
                             R"({"A":"x)",
                             R"({"A":"x"y","D":1})",
                             R"({"A":"x",})",
                             R"({"A":"x" "D":1})",
                             R"({"A":nul})",
                             R"({"A":01})",
                             R"({"A":+1})",
                             R"({"A":"\q"})",
                             R"({"A":"\u12G4"})",
                             R"({"D":{"x" 1}})",
                             R"({"D":[1,]})",
                             R"({"D":{"x":1]})",
                             "{\"A\":\"a\nb\"}",
                             R"({"A":1}{)",
                             R"({"A":1}})",
                             R"({A:1})",
                             R"({"unknown":{"x":tru}})",
                             R"({"@odata.x":{"x":tru}})",
                             R"({"\q":1})"}) {
    CAPTURE(record);
    const auto added = normalizer.add_copy(record, batch);
    REQUIRE(added.has_error());
    CHECK(added.error().code == Errc::parse);
    CHECK(batch.size() == 1);
  }
  CHECK(test::show(batch.row(0)[0]) == "t:kept");
}

TEST_CASE("Text in an unknown property may be any valid escape, deep nesting is refused",
          "[ingest][normalizer]") {
  const auto layout = layout_of({{"A", ScalarType::string}});
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  CHECK_FALSE(Row(layout, "{\"A\":" + deep + "}").stored());
  const std::string shallow = std::string(200, '[') + std::string(200, ']');
  CHECK(Row(layout, "{\"A\":" + shallow + "}")["A"] == "t:" + shallow);
}

TEST_CASE("Large records and records with invalid UTF-8 read like small ones",
          "[ingest][normalizer]") {
  const auto layout =
      layout_of({{"A", ScalarType::string}, {"B", ScalarType::long_}, {"C", ScalarType::string}});
  const std::string large(2'000'000, 'x');

  const Row row(layout, fmt::format(R"({{"B":7,"A":"{}","C":"tail","N":1}})", large));
  CHECK(row["A"] == "t:" + large);
  CHECK(row["B"] == "i:7");
  CHECK(row["C"] == "t:tail");
  CHECK(row["_Other"] == R"(t:{"N":1})");

  const Row torn(layout, fmt::format("{{\"B\":7,\"A\":\"{}\xff\",\"C\":\"tail\"}}", large));
  CHECK(torn["A"] == "t:" + large + "\uFFFD");
  CHECK(torn["C"] == "t:tail");
  CHECK(Row(layout, "{\"C\":\"\xff\",\"N\":\"\xfe\"}")["_Other"] == "t:{\"N\":\"\uFFFD\"}");
}

TEST_CASE("The time of ingestion is the record's, else the one that was set",
          "[ingest][normalizer]") {
  const auto layout = layout_of({{"A", ScalarType::long_}});
  Normalizer normalizer(layout);
  normalizer.set_ingested(parse_instant("2026-11-24T10:00:00Z"));
  model::Batch batch(layout);
  REQUIRE(normalizer.add_copy(R"({"A":1})", batch).has_value());
  REQUIRE(normalizer.add_copy(R"({"A":1,"_Ingested":"2026-11-24T09:00:00Z"})", batch).has_value());
  CHECK(test::show(batch.row(0)[1]) == "t:2026-11-24T10:00:00.0000000Z");
  CHECK(test::show(batch.row(1)[1]) == "t:2026-11-24T09:00:00.0000000Z");
}

TEST_CASE("A layout without _Other refuses what it cannot keep", "[ingest][normalizer]") {
  auto layout = std::make_shared<model::RowLayout>(*layout_of({{"A", ScalarType::long_}}));
  layout->columns.pop_back();
  const Row row(layout, R"({"A":1,"New":2})");
  CHECK_FALSE(row.stored());
  CHECK(row.error().code == Errc::limit);
}

TEST_CASE("A hunting reply's schema gives names and types", "[ingest][normalizer]") {
  const auto columns =
      reply_schema(R"([{"name":"Timestamp","type":"DateTime"},{"Name":"IsX","Type":"SByte"},
      {"name":"N","type":"System.Int64"},{"name":"F","type":"Double"},{"name":"O","type":"Object"},
      {"name":"S","type":"String","extra":{}},{"name":"T","type":"TimeSpan"},{"name":"G","type":"Guid"},
      {"name":"D","type":"System.Data.SqlTypes.SqlDecimal"},{"name":"I","type":"Int32"},{"name":"Q","type":"Unheard"}])");

  REQUIRE(columns.has_value());
  const std::vector<model::Column> expected = {{"Timestamp", ScalarType::datetime},
                                               {"IsX", ScalarType::boolean},
                                               {"N", ScalarType::long_},
                                               {"F", ScalarType::real},
                                               {"O", ScalarType::dynamic},
                                               {"S", ScalarType::string},
                                               {"T", ScalarType::timespan},
                                               {"G", ScalarType::guid},
                                               {"D", ScalarType::decimal},
                                               {"I", ScalarType::int_},
                                               {"Q", ScalarType::dynamic}};
  CHECK(*columns == expected);
  for (const char* wrong : {"", "{}", "[1]", R"([{"type":"String"}])", R"([{"name":"A"})"})
    CHECK(reply_schema(wrong).has_error());
}
