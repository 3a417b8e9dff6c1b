// What an admin sees when something is wrong: the sentence and the exit code.
#include "support/catch.hpp"

#include "e2e/tenant.hpp"

#include <fstream>

using namespace harrier::test;

namespace {

bool says(const Outcome& outcome, const char* text) {
  return outcome.output.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("A broken configuration is named with file, line and key", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "10"});
  tenant.configure("DeviceInfo = true", "DeviceInf = true");

  const auto checked = tenant.harrier({"check"});
  const auto daemon = tenant.once();

  INFO(checked.output << daemon.output);
  CHECK(checked.code == 2);
  CHECK(says(checked, "harrier.toml:"));
  CHECK(says(checked, "DeviceInfo"));
  CHECK(daemon.code == 2);
}

TEST_CASE("An unknown table is refused with the nearest name", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "10"});
  const auto outcome = tenant.harrier({"enable", "DeviceInfoo", "--no-apply"});
  INFO(outcome.output);
  CHECK(outcome.code == 2);
  CHECK(says(outcome, "DeviceInfo"));
}

TEST_CASE("A wrong secret fails every table with a sentence", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "10"});
  std::ofstream(tenant.file("other-secret")) << "wrong";
  tenant.configure("/secret\"", "/other-secret\"");
  const auto once = tenant.once();
  INFO(once.output);
  CHECK(once.code == 1);
  CHECK(says(once, "secret"));
  const auto status = tenant.harrier({"status", "--json"});
  INFO(status.output);
  CHECK(says(status, "\"failing\""));
}

TEST_CASE("An unreachable host is a failure that says so", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "10"});
  const std::string config = read_file(tenant.config());
  const auto begin = config.find("graph = \"");
  tenant.configure(config.substr(begin, config.find('\n', begin) - begin),
                   "graph = \"https://localhost:9\"");
  const auto once = tenant.once();
  INFO(once.output);
  CHECK(once.code == 1);
}

TEST_CASE("A folder that cannot be written is said at once", "[e2e]") {
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "10"});
  tenant.configure("directory = \"", "directory = \"/proc/harrier");
  const auto once = tenant.once();
  INFO(once.output);
  CHECK(once.code == 1);
  CHECK(says(once, "/proc/harrier"));
}
