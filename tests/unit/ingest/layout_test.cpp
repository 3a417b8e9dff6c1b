#include "ingest/layout.hpp"

#include "support/catch.hpp"

using namespace harrier;
using model::Column;
using model::ScalarType;

namespace {

model::TablePtr table() {
  auto table = std::make_shared<model::TableSchema>();
  table->name = "T";
  table->time_column = "Timestamp";
  table->columns = {{"Timestamp", ScalarType::datetime},
                    {"Isp", ScalarType::string},
                    {"LogonId", ScalarType::long_}};
  return table;
}

std::vector<std::string> names(const model::LayoutPtr& layout) {
  std::vector<std::string> names;
  for (const auto& column : layout->columns) names.push_back(column.name);
  return names;
}

}  // namespace

TEST_CASE("A reply's columns keep their order; unknown ones are additions", "[ingest][layout]") {
  const auto plan = ingest::layout_of_reply(table(), table()->columns,
                                            {{"New", ScalarType::real},
                                             {"_Ingested", ScalarType::datetime},
                                             {"Timestamp", ScalarType::datetime}});
  CHECK(names(plan.layout) == std::vector<std::string>{"New", "_Ingested", "Timestamp", "_Other"});
  REQUIRE(plan.additions.size() == 1);
  CHECK(plan.additions[0].name == "New");
  CHECK(plan.layout->time_index == 2);
}

TEST_CASE("Another case is the same column unless both are sent", "[ingest][layout]") {
  const auto same =
      ingest::layout_of_reply(table(), table()->columns, {{"ISP", ScalarType::string}});
  CHECK(same.additions.empty());
  CHECK(same.layout->columns[0].name == "Isp");
  CHECK(same.layout->columns[0].source_name == "ISP");

  const auto both = ingest::layout_of_reply(
      table(), table()->columns, {{"LogonID", ScalarType::long_}, {"LogonId", ScalarType::long_}});
  REQUIRE(both.additions.size() == 1);
  CHECK(both.additions[0].name == "LogonID_1");
}

TEST_CASE("Names that belong to Harrier are left to _Other", "[ingest][layout]") {
  const auto plan = ingest::layout_of_reply(table(), table()->columns,
                                            {{"_Id", ScalarType::long_},
                                             {"_harrier_key", ScalarType::string},
                                             {"TimeGenerated", ScalarType::datetime}});
  CHECK(plan.additions.empty());
  CHECK(names(plan.layout) == std::vector<std::string>{"_Ingested", "_Other"});
}
