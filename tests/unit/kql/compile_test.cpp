#include "kql/compile.hpp"

#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::kql;

namespace {

model::Catalog catalog() {
  using enum model::ScalarType;
  model::TableSchema events;
  events.name = "DeviceEvents";
  events.time_column = "Timestamp";
  events.columns = {
      {"Timestamp", datetime}, {"DeviceName", string}, {"Count", int_}, {"Detail", dynamic}};
  model::TableSchema state;
  state.name = "Settings";
  state.kind = model::TableKind::snapshot;
  state.has_latest = true;
  state.columns = {{"Name", string}};
  return model::Catalog::of({events, state});
}

CompileOptions options() {
  CompileOptions made;
  made.now = *parse_instant("2026-11-24T12:00:00Z");
  return made;
}

Result<BoundQuery> run(std::string_view text) {
  return compile(text, catalog(), options());
}

std::string plan_of(std::string_view text) {
  const auto result = run(text);
  return result ? dump(*result) : result.error().message;
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("An error names line and column, shows the line and points at the place", "[kql]") {
  const auto result = run("DeviceEvents\n| wher DeviceName == 'a'");

  REQUIRE(result.has_error());
  CHECK(result.error().code == Errc::query);
  CHECK(result.error().message ==
        "2:3: unknown operator `wher`; did you mean `where`?\n| wher DeviceName == 'a'\n  ^^^^");
}

TEST_CASE("Wrong names get the nearest right one", "[kql]") {
  CHECK_THAT(plan_of("DeviceEvent | count"), Catch::Contains("did you mean `DeviceEvents`?"));
  CHECK_THAT(plan_of("DeviceEvents | where DeviceNam == ''"),
             Catch::Contains("did you mean `DeviceName`?"));
  CHECK_THAT(plan_of("DeviceEvents | extend x = tostrin(Count)"),
             Catch::Contains("did you mean `tostring`?"));
}

TEST_CASE("Depth is bounded, and a long chain is no depth", "[kql]") {
  const auto deep = run("print " + repeat("(", 5000) + "1" + repeat(")", 5000));
  const auto minus = run("print " + repeat("-", 5000) + "1");
  const auto calls = run("print " + repeat("not(", 5000) + "true" + repeat(")", 5000));
  const auto list = run("print dynamic(" + repeat("[", 5000) + repeat("]", 5000) + ")");
  const auto chain = run("DeviceEvents | where Count == 1" + repeat(" or Count == 2", 5000));

  CHECK(deep.error().code == Errc::limit);
  CHECK(minus.error().code == Errc::limit);
  CHECK(calls.error().code == Errc::limit);
  CHECK(list.error().code == Errc::limit);
  CHECK(chain.has_value());
}

TEST_CASE("Names that stand for ever larger parts are bounded", "[kql]") {
  std::string doubling = "let t0 = DeviceEvents;\n";
  std::string scalars = "let s0 = strcat('a', 'b');\n";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = std::to_string(i - 1);
    const std::string now = std::to_string(i);
    doubling += "let t" + now + " = union t" + before + ", t" + before + ";\n";
    scalars += "let s" + now + " = strcat(s" + before + ", s" + before + ");\n";
  }
  std::string long_chain = "let s0 = 1.5;\n";
  for (int i = 1; i <= 5000; ++i) {
    long_chain += "let s" + std::to_string(i) + " = s" + std::to_string(i - 1) + " + rand();\n";
  }

  CHECK(run(doubling + "t40").error().code == Errc::limit);
  CHECK(run(scalars + "print s40").error().code == Errc::limit);
  CHECK(run(long_chain + "print s5000").error().code == Errc::limit);
  CHECK(run("let f = (x:long) { f(x) }; print f(1)").error().code == Errc::limit);
  CHECK(run(std::string(kMaxQueryBytes + 1, ' ')).error().code == Errc::limit);
}

TEST_CASE("Time, equality and lists go into the scan; the rest stays above it", "[kql]") {
  CHECK(plan_of("DeviceEvents | where Timestamp > ago(1h) and DeviceName in ('a', 'b') "
                "| where DeviceName has 'x' | project DeviceName") ==
        "project DeviceName\n"
        "  filter (DeviceName has \"x\")\n"
        "    scan DeviceEvents [DeviceName] where Timestamp > "
        "datetime(2026-11-24T11:00:00.0000000Z) and DeviceName in (\"a\", \"b\")\n");
}

TEST_CASE("An empty text is not a store's business: null counts as empty", "[kql]") {
  CHECK_THAT(plan_of("DeviceEvents | where DeviceName == ''"), Catch::Contains("filter"));
  CHECK_THAT(plan_of("DeviceEvents | where DeviceName != 'a'"),
             Catch::Contains("where DeviceName != \"a\""));
}

TEST_CASE("The asked time span limits every scan", "[kql]") {
  CompileOptions limited = options();
  limited.timespan = Ticks(kTicksPerDay);

  const auto result = compile("union DeviceEvents, Settings", catalog(), limited);

  REQUIRE(result.has_value());
  const std::string plan = dump(*result);
  CHECK_THAT(plan, Catch::Contains("Timestamp >= datetime(2026-11-23T12:00:00.0000000Z)"));
  CHECK_THAT(plan, Catch::Contains("scan Settings_latest"));
}

TEST_CASE("Hidden columns are reachable by name and never in the result", "[kql]") {
  const auto all = run("DeviceEvents | where TimeGenerated > ago(1d) and _Id > 5");
  const auto named = run("DeviceEvents | project _Id, TimeGenerated, ingestion_time()");

  REQUIRE(all.has_value());
  CHECK(all->root->schema.size() == 4);
  REQUIRE(named.has_value());
  CHECK(named->root->schema[0].name == "_Id");
  CHECK(named->root->schema[2].name == "$IngestionTime");
}

TEST_CASE("Columns that depend on data are asked for once, and typed from there on", "[kql]") {
  class Late : public LateSchemas {
   public:
    Result<Schema> columns_of(const PlanPtr& plan) override {
      ++asked;
      Schema schema = plan->schema;
      schema.emplace_back("Key", ScalarType::long_);
      return schema;
    }

    int asked = 0;
  };

  Late late;
  CompileOptions with = options();
  with.late = &late;

  const auto result =
      compile("DeviceEvents | evaluate bag_unpack(Detail) | where Key > 1 | summarize sum(Key)",
              catalog(), with);

  REQUIRE(result.has_value());
  CHECK(late.asked == 1);
  CHECK(result->root->schema.front().name == "sum_Key");
}

TEST_CASE("materialize keeps one part for both of its uses", "[kql]") {
  const auto result = run("let m = materialize(DeviceEvents | where Count > 1); union m, m");

  REQUIRE(result.has_value());
  const auto below_projects = [](const PlanPtr& plan) {
    const PlanPtr* at = &plan;
    while (const auto* project = std::get_if<Project>(&(*at)->node)) at = &project->input;
    return *at;
  };
  const PlanPtr all = below_projects(result->root);
  const auto& legs = std::get<Union>(all->node).inputs;
  REQUIRE(legs.size() == 2);
  CHECK(below_projects(legs[0]) == below_projects(legs[1]));
}
