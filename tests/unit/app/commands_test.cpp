#include "machine.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

namespace harrier::app {

namespace {

using Catch::Contains;
using test::Machine;
using test::text_of;

constexpr const char* kStart =
    R"({"Timestamp":"2026-11-24T09:58:41.1203977Z","DeviceId":"d1","DeviceName":"pc-1.contoso.example","ActionType":"ProcessCreated","FileName":"cmd.exe"})";
constexpr const char* kLater =
    R"({"Timestamp":"2026-11-24T09:59:00Z","DeviceId":"d1","DeviceName":"pc-1.contoso.example","ActionType":"ProcessCreated","FileName":"net.exe"})";

model::PageCommit done_window() {
  model::PageCommit commit;
  commit.marks.emplace_back(
      "DeviceProcessEvents",
      model::Window{*parse_instant("2026-11-24T09:00:00Z"), *parse_instant("2026-11-24T10:00:00Z")},
      model::WindowState::done);
  return commit;
}

TEST_CASE("check says what is enabled, or every problem, with exit code 2", "[app]") {
  const Machine good;
  const Machine bad(
      "[connectors.microsoft365_defender.tables]\nDeviceProcesEvents = true\n[strange]\n");

  const auto fine = good.harrier({"check"});
  CHECK(fine.code == 0);
  CHECK_THAT(fine.out, Contains("no problems; 1 tables of 1 connectors"));

  const auto wrong = bad.harrier({"check"});
  CHECK(wrong.code == 2);
  CHECK_THAT(
      wrong.out,
      Contains("harrier.toml:10: connectors.microsoft365_defender.tables.DeviceProcesEvents") &&
          Contains("strange"));
  CHECK_THAT(wrong.err, Contains("2 problems"));

  const auto json = bad.harrier({"check", "--json"});
  CHECK(json.code == 2);
  CHECK_THAT(
      json.out,
      Contains(R"("ok":false)") &&
          Contains(
              R"("line":10,"key":"connectors.microsoft365_defender.tables.DeviceProcesEvents")") &&
          Contains(R"("status":"fail")"));
}

TEST_CASE("Wrong usage is one line and exit code 2", "[app]") {
  const Machine machine;

  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"frobnicate"},
                                             {},
                                             {"enable"},
                                             {"schema", "Nonsense"},
                                             {"tables", "--connector", "x"}}) {
    const auto ran = machine.harrier(arguments);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.err, Contains("harrier: "));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
  CHECK_THAT(
      machine.harrier({"status", "--wach"}).err,
      Contains("there is no option --wach; did you mean --watch?; see harrier status --help"));
  CHECK_THAT(machine.harrier({"quarantine", "show", "--jsom", "3"}).err,
             Contains("did you mean --json?; see harrier quarantine show --help"));
  CHECK_THAT(machine.harrier({"--jetzt"}).err, Contains("there is no option --jetzt"));
  CHECK_THAT(machine.harrier({"schema", "DeviceProcesEvents"}).err,
             Contains("did you mean DeviceProcessEvents?"));
}

TEST_CASE("--help teaches and --version tells", "[app]") {
  const Machine machine;

  CHECK(machine.harrier({"--help"}).code == 0);
  CHECK_THAT(machine.harrier({"--help"}).out, Contains("First steps") && Contains("Exit codes"));
  CHECK_THAT(machine.harrier({"backfill", "--help"}).out,
             Contains("Examples") && Contains("--from"));
  CHECK_THAT(machine.harrier({"--version"}).out, Contains("harrier 0."));
}

TEST_CASE("schema lists columns with types", "[app]") {
  const Machine machine;

  const auto text = machine.harrier({"schema", "DeviceProcessEvents"});
  CHECK(text.code == 0);
  CHECK_THAT(text.out, Contains("Timestamp") && Contains("datetime"));
  CHECK_THAT(machine.harrier({"schema", "DeviceProcessEvents", "--json"}).out,
             Contains(R"({"name":"Timestamp","type":"datetime"})"));
}

TEST_CASE("On a fresh machine everything is waiting and verify is content", "[app]") {
  const Machine machine;

  const auto status = machine.harrier({"status", "--json"});
  CHECK(status.code == 0);
  CHECK_THAT(
      status.out,
      Contains(
          R"({"table":"DeviceProcessEvents","connector":"microsoft365_defender","enabled":true,"state":"waiting","reason":"",)"
          R"("rows":0,"duplicates":0,"late":0,"quarantined":0,"last_success":null,"last_event":null,"lag_seconds":null,)"
          R"("windows":{"done":0,"pending":0,"partial":0,"lost":0},"backfill":null,"next_poll":null})"));
  CHECK_THAT(
      status.out,
      Contains(
          R"("table":"DeviceInfo","connector":"microsoft365_defender","enabled":false,"state":"disabled")"));
  CHECK(machine.harrier({"verify"}).code == 0);
  CHECK_FALSE(std::filesystem::exists(machine.directory()));
}

TEST_CASE("status shows what store and daemon recorded", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kStart, kStart}, done_window());
  model::TableStatus saved;
  saved.table = "DeviceProcessEvents";
  saved.state = "throttled";
  saved.reason = "The service asks to wait.";
  saved.last_success = parse_instant("2026-11-24T10:00:03Z");
  saved.next_poll = parse_instant("2026-11-24T10:05:00Z");
  machine.save_status(saved);

  const auto json = machine.harrier({"status", "--json"}).out;
  CHECK_THAT(
      json,
      Contains(
          R"("state":"throttled","reason":"The service asks to wait.","rows":1,"duplicates":1,"late":0,"quarantined":0,)"
          R"("last_success":"2026-11-24T10:00:03Z","last_event":"2026-11-24T09:58:41.1203977Z","lag_seconds":)"));
  CHECK_THAT(
      json,
      Contains(
          R"("windows":{"done":1,"pending":0,"partial":0,"lost":0},"backfill":null,"next_poll":"2026-11-24T10:05:00Z"})"));
  const auto text = machine.harrier({"status"}).out;
  CHECK_THAT(text, Contains("The service asks to wait.") && Contains("No daemon is running") &&
                       !Contains("\x1b["));
}

TEST_CASE("tables and connectors are listed", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kStart});

  const auto tables = machine.harrier({"tables", "--json"}).out;
  CHECK_THAT(
      tables,
      Contains(
          R"({"table":"DeviceProcessEvents","connector":"microsoft365_defender","group":"Defender for Endpoint","enabled":true,)"
          R"("state":"waiting","rows":1,"last_event":"2026-11-24T09:58:41.1203977Z","bytes":)"));
  CHECK_THAT(tables, !Contains("SigninLogs"));
  CHECK_THAT(machine.harrier({"tables", "--all", "--json"}).out,
             Contains("SigninLogs") && Contains("OfficeActivity"));
  CHECK_THAT(machine.harrier({"tables"}).out, Contains("Defender for Endpoint") && Contains("off"));
  CHECK_THAT(
      machine.harrier({"connectors", "--json"}).out,
      Contains(
          R"({"connector":"microsoft365_defender","enabled":true,"tables_enabled":1,"tables_total":)") &&
          Contains(R"("last_event":"2026-11-24T09:58:41.1203977Z"})") &&
          Contains(R"({"connector":"graph_security","enabled":false)"));
}

TEST_CASE("enable and disable edit the file", "[app]") {
  const Machine machine(
      "[connectors.microsoft365_defender]\nenabled = "
      "false\n[connectors.microsoft365_defender.tables]\nDeviceInfo = false  # x\n");

  const auto on = machine.harrier({"enable", "DeviceInfo", "DeviceEvents"});
  CHECK(on.code == 0);
  CHECK_THAT(on.out, Contains("enabled") && Contains("No daemon runs"));
  CHECK_THAT(on.err, Contains("connector microsoft365_defender is disabled"));
  CHECK_THAT(text_of(machine.config()), Contains("DeviceInfo = true  # x\nDeviceEvents = true\n"));
  CHECK(machine.harrier({"disable", "--no-apply", "DeviceInfo"}).code == 0);
  CHECK_THAT(text_of(machine.config()), Contains("DeviceInfo = false  # x\n"));
  const auto unknown = machine.harrier({"enable", "DeviceInf"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Contains("did you mean DeviceInfo?"));
  CHECK_THAT(machine.harrier({"schema", "TamperProtection"}).err,
             Contains("comes with its table; write DeviceTvmSecureConfigurationAssessment"));
}

TEST_CASE("apply needs a daemon", "[app]") {
  const Machine machine;

  const auto ran = machine.harrier({"apply"});
  CHECK(ran.code == 1);
  CHECK_THAT(ran.err, Contains("no daemon runs"));
}

TEST_CASE("verify finds lost, partial and damaged", "[app]") {
  const Machine machine;
  auto commit = done_window();
  commit.marks.emplace_back(
      "DeviceProcessEvents",
      model::Window{*parse_instant("2026-11-24T07:00:00Z"), *parse_instant("2026-11-24T08:00:00Z")},
      model::WindowState::lost, "older than 30 days");
  commit.marks.emplace_back(
      "DeviceProcessEvents",
      model::Window{*parse_instant("2026-11-24T08:00:00Z"), *parse_instant("2026-11-24T09:00:00Z")},
      model::WindowState::partial, "given up after 6 attempts");
  machine.fill("DeviceProcessEvents", {kStart}, commit);

  const auto ran = machine.harrier({"verify"});
  CHECK(ran.code == 3);
  CHECK_THAT(ran.out, Contains("older than 30 days") && Contains("given up after 6 attempts"));
  const auto json = machine.harrier({"verify", "--json"});
  CHECK(json.code == 3);
  CHECK_THAT(json.out, Contains(R"("ok":false)") && Contains(R"("kind":"lost")") &&
                           Contains(R"("from":"2026-11-24T07:00:00Z")"));
}

TEST_CASE("verify misses a store that had rows", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kStart}, done_window());
  CHECK(machine.harrier({"verify"}).code == 0);
  for (const auto& entry : std::filesystem::directory_iterator(machine.directory())) {
    if (entry.path().filename().string().starts_with("DeviceProcessEvents"))
      std::filesystem::remove(entry.path());
  }

  const auto ran = machine.harrier({"verify"});
  CHECK(ran.code == 3);
  CHECK_THAT(ran.out, Contains("the store is missing, it held 1 rows"));
}

TEST_CASE("backfill checks its span and queues it", "[app]") {
  const Machine machine;

  const auto queued =
      machine.harrier({"backfill", "DeviceProcessEvents", "--from", "2d", "--to", "1d"});
  CHECK(queued.code == 0);
  CHECK_THAT(queued.out,
             Contains("Queued as 1: DeviceProcessEvents") && Contains("No daemon runs"));
  CHECK_THAT(machine.harrier({"status", "--json"}).out, Contains(R"("backfill":{"from":)"));
  CHECK_THAT(machine.harrier({"status"}).out,
             Contains("0 % of the past read") && !Contains("eta_seconds"));
  CHECK(machine.harrier({"backfill", "DeviceProcessEvents", "--from", "1d", "--to", "2d"}).code ==
        2);
  CHECK(machine.harrier({"backfill", "DeviceProcessEvents", "--from", "31d", "--to", "2d"}).code ==
        2);
  CHECK(machine.harrier({"backfill", "DeviceProcessEvents", "--from", "yesterday", "--to", "now"})
            .code == 2);
  CHECK(machine.harrier({"backfill", "DeviceInfo", "--from", "2d", "--to", "1d"}).code == 2);
}

TEST_CASE("Flags are set, listed and taken away", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kStart, kLater});

  CHECK(machine.harrier({"flag", "DeviceProcessEvents", "2", "--note", "look"}).code == 0);
  CHECK_THAT(
      machine.harrier({"flags", "--json"}).out,
      Contains(
          R"({"flags":[{"table":"DeviceProcessEvents","id":2,"time":"2026-11-24T09:59:00.0000000Z","note":"look","since":)"));
  CHECK_THAT(machine.harrier({"flags"}).out, Contains("look"));
  CHECK(machine.harrier({"flag", "DeviceProcessEvents", "77"}).code == 1);
  CHECK(machine.harrier({"unflag", "DeviceProcessEvents", "2"}).code == 0);
  CHECK(machine.harrier({"flags", "--json"}).out == "{\"flags\":[]}\n");
}

TEST_CASE("A device's timeline goes over all tables in time order", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kLater, kStart});
  machine.fill(
      "DeviceEvents",
      {R"({"Timestamp":"2026-11-24T09:58:50Z","DeviceId":"d1","DeviceName":"pc-1.contoso.example","ActionType":"UsbDriveMounted"})",
       R"({"Timestamp":"2026-11-24T09:58:51Z","DeviceId":"d2","DeviceName":"pc-10","ActionType":"Other"})"});

  const auto text = machine.harrier({"timeline", "PC-1"}).out;
  const auto first = text.find("cmd.exe");
  const auto second = text.find("UsbDriveMounted");
  const auto third = text.find("net.exe");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
  CHECK_THAT(text, !Contains("Other"));
  CHECK_THAT(
      machine
          .harrier({"timeline", "d1", "--from", "2026-11-24T09:58:45Z", "--to",
                    "2026-11-24T09:59:00Z", "--json"})
          .out,
      Contains(R"("events":[{"time":"2026-11-24T09:58:50.0000000Z","table":"DeviceEvents")") &&
          !Contains("DeviceProcessEvents"));
  CHECK(machine.harrier({"flag", "DeviceEvents", "1"}).code == 0);
  const auto told = machine.harrier({"timeline", "d1", "--text", "NET.E"}).out;
  CHECK_THAT(told, Contains("net.exe") && !Contains("cmd.exe"));
  CHECK(machine.harrier({"timeline", "d1", "--text", "n%t"}).out.empty());
  CHECK_THAT(machine.harrier({"timeline", "d1", "--table", "DeviceProcessEvents"}).out,
             Contains("cmd.exe") && !Contains("DeviceInfo"));
  CHECK(machine.harrier({"timeline", "d1", "--table", "DeviceImageLoadEvents"}).out.empty());
  CHECK(machine.harrier({"timeline", "d1", "--table", "Nothing"}).code == 2);
  const auto flagged = machine.harrier({"timeline", "d1", "--flagged"}).out;
  CHECK_THAT(flagged, Contains("UsbDriveMounted") && !Contains("cmd.exe"));
}

TEST_CASE("Quarantined records are listed, shown and tried again", "[app]") {
  const Machine machine;
  model::QuarantinedRecord good;
  good.table = "DeviceProcessEvents";
  good.stream = "DeviceProcessEvents";
  good.reason = "an older version could not read it";
  good.record = kStart;
  machine.quarantine(good);
  model::QuarantinedRecord bad = good;
  bad.record = "[1]";
  bad.reason = "no object";
  machine.quarantine(bad);

  CHECK_THAT(machine.harrier({"quarantine", "list", "--json"}).out,
             Contains(R"("id":1,"table":"DeviceProcessEvents")") && Contains("no object"));
  CHECK(machine.harrier({"quarantine", "show", "2"}).out == "[1]\n");
  CHECK(machine.harrier({"quarantine", "show", "9"}).code == 1);
  const auto retried = machine.harrier({"quarantine", "retry"});
  CHECK(retried.code == 0);
  CHECK(retried.out == "1 stored, 1 still in quarantine\n");
  CHECK_THAT(machine.harrier({"tables", "--json"}).out, Contains(R"("rows":1)"));
  CHECK_THAT(machine.harrier({"quarantine"}).out,
             Contains("no object") && !Contains("older version"));
}

TEST_CASE("backup copies the stores under their names", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kStart});
  const auto target = machine.folder() / "copies";

  const auto ran = machine.harrier({"backup", target.string(), "--json"});
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains(R"({"name":"DeviceProcessEvents.db","bytes":)"));
  CHECK(std::filesystem::exists(target / "DeviceProcessEvents.db"));
}

TEST_CASE("query answers, and a wrong query ends with 4", "[app]") {
  const Machine machine;
  machine.fill("DeviceProcessEvents", {kStart, kLater});

  const auto counted = machine.harrier(
      {"query", "--format", "jsonl", "DeviceProcessEvents | summarize Rows = count()"});
  CHECK(counted.code == 0);
  CHECK_THAT(counted.out, Contains("{\"Rows\":2}"));
  const auto wrong = machine.harrier({"query", "DeviceProcessEvents | wher x"});
  CHECK(wrong.code == 4);
  CHECK_THAT(wrong.err, Contains("1:23") && Contains("^^^^"));
  CHECK(machine.harrier({"query", "--timespan", "soon", "DeviceInfo"}).code == 2);
  CHECK(machine.harrier({"query"}).code == 2);
  const auto misspelt = machine.harrier({"stauts"});
  CHECK(misspelt.code == 2);
  CHECK(misspelt.err == "harrier: there is no command stauts; did you mean status?\n");
}

std::string words_after(std::vector<std::string> typed) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Io io{out, err, in};
  typed.insert(typed.begin(), {"completion", "words"});
  CHECK(run_harrier(std::move(typed), io) == 0);
  return out.str();
}

TEST_CASE("Completion scripts and their words come from the program", "[app]") {
  const Machine machine;

  CHECK_THAT(machine.harrier({"completion", "bash"}).out, Contains("complete -F _harrier harrier"));
  CHECK_THAT(machine.harrier({"completion", "zsh"}).out, Contains("compdef"));
  CHECK_THAT(machine.harrier({"completion", "fish"}).out, Contains("complete -c harrier"));
  CHECK(machine.harrier({"completion", "tcsh"}).code == 2);
  CHECK_THAT(words_after({}), Contains("enable\n") && Contains("status\n"));
  CHECK_THAT(words_after({"enable"}), Contains("DeviceInfo\n") && Contains("--no-apply\n"));
  CHECK_THAT(words_after({"--config", "x.toml", "schema"}),
             Contains("DeviceInfo\n") && !Contains("enable\n"));
  CHECK(words_after({"query", "--format"}) == "table\njson\njsonl\ncsv\n");
  CHECK_THAT(words_after({"tables", "--connector"}),
             Contains("graph_security\n") && !Contains("--json"));
}

}  // namespace

}  // namespace harrier::app
