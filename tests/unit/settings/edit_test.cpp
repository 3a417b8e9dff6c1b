#include "support.hpp"

#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace harrier::settings {

namespace {

using Catch::Contains;
using harrier::test::TempDir;
using test::catalog;

std::string edited(const std::string& text, const std::string& table, bool enabled) {
  return set_table_enabled(text, *catalog().find(table), enabled).value();
}

TEST_CASE("A switch is flipped and nothing else", "[settings][edit]") {
  const std::string text =
      "# é "
      "comment\n[connectors.microsoft365_defender]\n\n[connectors.microsoft365_defender.tables] # "
      "x\n"
      "  DeviceInfo   =  true   # machines = true\nDeviceEvents=false\n\n# end\n";

  CHECK(edited(text, "DeviceInfo", false) ==
        "# é "
        "comment\n[connectors.microsoft365_defender]\n\n[connectors.microsoft365_defender.tables] "
        "# x\n"
        "  DeviceInfo   =  false   # machines = true\nDeviceEvents=false\n\n# end\n");
  CHECK(edited(text, "DeviceInfo", true) == text);
}

TEST_CASE("The switch inside an inline table is flipped", "[settings][edit]") {
  const std::string head = "[connectors.microsoft365_defender.tables]\n";

  CHECK(edited(head + "DeviceInfo = { filter = \"a == 'enabled = true'\", enabled = true } # é\n",
               "DeviceInfo", false) ==
        head + "DeviceInfo = { filter = \"a == 'enabled = true'\", enabled = false } # é\n");
  CHECK(edited(head + "DeviceInfo = { retention = \"1d\" }\n", "DeviceInfo", false) ==
        head + "DeviceInfo = { enabled = false, retention = \"1d\" }\n");
  CHECK(edited(head + "DeviceInfo = {}\n", "DeviceInfo", false) ==
        head + "DeviceInfo = { enabled = false}\n");
  CHECK(edited(head + "DeviceInfo = { filter = \"é\", \"enabled\" = false }\n", "DeviceInfo",
               true) == head + "DeviceInfo = { filter = \"é\", \"enabled\" = true }\n");
}

TEST_CASE("A table with a section of its own is switched there", "[settings][edit]") {
  CHECK(edited("[connectors.microsoft365_defender.tables.DeviceInfo]\nenabled = true\nretention = "
               "\"1d\"\n",
               "DeviceInfo", false) ==
        "[connectors.microsoft365_defender.tables.DeviceInfo]\nenabled = false\nretention = "
        "\"1d\"\n");
  CHECK(edited("[connectors.microsoft365_defender.tables.DeviceInfo]\nretention = \"1d\"\n[log]\n",
               "DeviceInfo", false) ==
        "[connectors.microsoft365_defender.tables.DeviceInfo]\nretention = \"1d\"\nenabled = "
        "false\n[log]\n");
}

TEST_CASE("Quoted and dotted keys are found", "[settings][edit]") {
  CHECK(edited("[connectors.\"microsoft365_defender\"]\ntables.'DeviceInfo' = true\n", "DeviceInfo",
               false) == "[connectors.\"microsoft365_defender\"]\ntables.'DeviceInfo' = false\n");
  CHECK(edited("connectors.microsoft365_defender.tables.DeviceInfo.enabled = true\n", "DeviceInfo",
               false) == "connectors.microsoft365_defender.tables.DeviceInfo.enabled = false\n");
}

TEST_CASE("A missing line is added after the last one of its section", "[settings][edit]") {
  CHECK(edited("[connectors.microsoft365_defender.tables]\n  DeviceInfo = true # x\n# DeviceEvents "
               "= true\n\n[log]\n",
               "DeviceEvents", true) ==
        "[connectors.microsoft365_defender.tables]\n  DeviceInfo = true # x\n  DeviceEvents = "
        "true\n# DeviceEvents = true\n\n[log]\n");
  CHECK(edited("[connectors.microsoft365_defender.tables]", "DeviceEvents", true) ==
        "[connectors.microsoft365_defender.tables]\nDeviceEvents = true\n");
  CHECK(edited("[connectors.microsoft365_defender.tables]\nDeviceInfo = true", "DeviceEvents",
               false) ==
        "[connectors.microsoft365_defender.tables]\nDeviceInfo = true\nDeviceEvents = false\n");
  CHECK(edited("[connectors.microsoft365_defender]\ntables.DeviceInfo = true\nsettle = \"1m\"\n",
               "DeviceEvents", true) ==
        "[connectors.microsoft365_defender]\ntables.DeviceInfo = true\ntables.DeviceEvents = "
        "true\nsettle = \"1m\"\n");
  CHECK(
      edited("[connectors.microsoft365_defender]\ntables = { DeviceInfo = true }\n", "DeviceEvents",
             true) ==
      "[connectors.microsoft365_defender]\ntables = { DeviceEvents = true, DeviceInfo = true }\n");
  CHECK(edited("[connectors.microsoft365_defender.tables.DeviceInfo]\nenabled = true\n",
               "DeviceEvents", true) ==
        "[connectors.microsoft365_defender.tables.DeviceInfo]\nenabled = "
        "true\n\n[connectors.microsoft365_defender.tables]\nDeviceEvents = true\n");
}

TEST_CASE("A missing section is added where it belongs", "[settings][edit]") {
  CHECK(edited("[connectors.graph_security]\nenabled = true\n# backfill = \"1d\"\n\n# About "
               "logs\n[log]\n",
               "SigninLogs", true) ==
        "[connectors.graph_security]\nenabled = true\n# backfill = "
        "\"1d\"\n\n[connectors.graph_security.tables]\nSigninLogs = true\n"
        "\n# About logs\n[log]\n");
  CHECK(edited("[log]\nlevel = \"info\"\n", "SigninLogs", true) ==
        "[log]\nlevel = \"info\"\n\n[connectors.graph_security]\nenabled = "
        "true\n\n[connectors.graph_security.tables]\nSigninLogs = true\n");
  CHECK(edited("[log]\n", "SigninLogs", false) == "[log]\n");
  CHECK(edited("[connectors]\ngraph_security = { enabled = true }\n", "SigninLogs", true) ==
        "[connectors]\ngraph_security = { tables = { SigninLogs = true }, enabled = true }\n");
}

TEST_CASE("A disabled connector stays disabled", "[settings][edit]") {
  const auto text = edited("[connectors.graph_security]\nenabled = false\n", "SigninLogs", true);

  CHECK(text ==
        "[connectors.graph_security]\nenabled = "
        "false\n\n[connectors.graph_security.tables]\nSigninLogs = true\n");
}

TEST_CASE("Line ends stay what they are", "[settings][edit]") {
  CHECK(edited("\xEF\xBB\xBF[connectors.graph_security.tables]\r\nSigninLogs = true # x\r\n",
               "SigninLogs", false) ==
        "\xEF\xBB\xBF[connectors.graph_security.tables]\r\nSigninLogs = false # x\r\n");
  CHECK(edited("[connectors.graph_security.tables]\r\nSigninLogs = true\r\n", "AuditLogs", true) ==
        "[connectors.graph_security.tables]\r\nSigninLogs = true\r\nAuditLogs = true\r\n");
}

TEST_CASE("Text that looks like a switch is left alone", "[settings][edit]") {
  const std::string text =
      "x = \"\"\"\n[connectors.graph_security.tables]\nSigninLogs = "
      "true\n\"\"\"\n[connectors.graph_security.tables]\n"
      "# SigninLogs = true\nSigninLogs = true\n";

  CHECK(edited(text, "SigninLogs", false) ==
        "x = \"\"\"\n[connectors.graph_security.tables]\nSigninLogs = "
        "true\n\"\"\"\n[connectors.graph_security.tables]\n"
        "# SigninLogs = true\nSigninLogs = false\n");
}

TEST_CASE("What is no switch is not edited", "[settings][edit]") {
  const auto table = catalog().find("SigninLogs");

  const auto text =
      set_table_enabled("[connectors.graph_security.tables]\nSigninLogs = \"yes\"\n", *table, true);
  REQUIRE(text.has_error());
  CHECK_THAT(text.error().message,
             Contains("write SigninLogs = true into [connectors.graph_security.tables]"));
  const auto broken = set_table_enabled("[connectors\n", *table, true);
  REQUIRE(broken.has_error());
  CHECK_THAT(broken.error().message, Contains("line 1"));
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("The file is replaced in one step, with its mode, through a link", "[settings][edit]") {
  const TempDir folder;
  const auto file =
      folder.write("real.toml", "[connectors.graph_security.tables]\nSigninLogs = true\n");
  chmod(file.c_str(), 0640);
  std::filesystem::create_symlink("real.toml", folder.path() / "link.toml");

  const auto changed =
      switch_tables(folder.path() / "link.toml",
                    {catalog().find("SigninLogs"), catalog().find("AuditLogs")}, false);

  REQUIRE(changed.has_value());
  CHECK(*changed);
  CHECK(contents(file) ==
        "[connectors.graph_security.tables]\nSigninLogs = false\nAuditLogs = false\n");
  struct stat info = {};
  stat(file.c_str(), &info);
  CHECK((info.st_mode & 07777) == 0640);
  CHECK(std::filesystem::is_symlink(folder.path() / "link.toml"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 2);
  CHECK_FALSE(switch_tables(file, {catalog().find("SigninLogs")}, false).value());
}

TEST_CASE("Nothing is written when one of the switches cannot be set", "[settings][edit]") {
  const TempDir folder;
  const std::string text = "[connectors.graph_security.tables]\nAuditLogs = true\nSigninLogs = 1\n";
  const auto file = folder.write("harrier.toml", text);

  CHECK(switch_tables(file, {catalog().find("AuditLogs"), catalog().find("SigninLogs")}, false)
            .has_error());

  CHECK(contents(file) == text);
}

}  // namespace

}  // namespace harrier::settings
