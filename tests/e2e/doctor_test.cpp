// `harrier doctor` against the sandbox: a line for everything, and the remedy.
#include "support/catch.hpp"

#include "e2e/tenant.hpp"

using Catch::Contains;
using namespace harrier::test;

namespace {

// The check of a name in `doctor --json`.
std::string check_of(const std::string& json, const std::string& name) {
  const auto begin = json.find("{\"name\":\"" + name + "\"");
  return begin == std::string::npos ? std::string()
                                    : json.substr(begin, json.find('}', begin) - begin);
}

}  // namespace

TEST_CASE("Doctor tries everything, and tells what to do where something is wrong", "[e2e]") {
  const Tenant tenant({"--apis", "hunting,defender", "--tables", "DeviceInfo,EmailEvents",
                       "--unlicensed", "EmailEvents", "--events", "5"});
  tenant.set_faults(R"([{"kind":"forbidden","api":"defender","path":"/api/indicators"}])");

  const auto told = tenant.harrier({"doctor", "--json"});

  INFO(told.output);
  CHECK(told.code == 1);
  const auto is = [&](const char* name, const char* status) {
    CHECK_THAT(check_of(told.output, name), Contains(std::string("\"status\":\"") + status + '"'));
  };
  for (const char* name :
       {"configuration", "name resolution", "proxy", "connection", "clock", "token graph",
        "token defender", "table DeviceInfo", "table MdeMachines"})
    is(name, "ok");
  is("table EmailEvents", "warn");
  CHECK_THAT(check_of(told.output, "table EmailEvents"), Contains("harrier disable EmailEvents"));
  is("table MdeIndicators", "fail");
  CHECK_THAT(check_of(told.output, "table MdeIndicators"),
             Contains("grant the application permission Ti.ReadWrite.All"));

  // The stores' folder is there once the daemon ran; then nothing is wrong.
  tenant.clear_faults();
  REQUIRE(tenant.once().code == 0);
  const auto well = tenant.harrier({"doctor"});
  INFO(well.output);
  CHECK(well.code == 0);
  CHECK_THAT(well.output, Contains("ok   store folder") && Contains("ok   free disk"));
}
