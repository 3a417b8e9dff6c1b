#include "support.hpp"

#include <cstdlib>
#include <unistd.h>

namespace harrier::settings {

namespace {

using Catch::Contains;
using harrier::test::TempDir;
using std::chrono::hours;
using std::chrono::minutes;
using test::catalog;
using test::kTenant;
using test::load_text;
using test::problems_of;

TEST_CASE("A small configuration loads with the documented defaults", "[settings]") {
  const auto result =
      load_text(kTenant + "[connectors.microsoft365_defender.tables]\nDeviceInfo = true\n");

  REQUIRE(result.problems.empty());
  const Settings& settings = result.settings.value();
  CHECK(settings.tenant.id == "11111111-2222-3333-4444-555555555555");
  CHECK(settings.tenant.credential.secret_file.filename() == "secret");
  CHECK(settings.tenant.credential.secret_file.is_absolute());
  CHECK(settings.tenant.endpoints.graph == "https://graph.microsoft.com");
  CHECK(settings.storage.directory == "/var/lib/harrier");
  CHECK(settings.storage.retention == hours(24 * 90));
  CHECK(settings.network.request_timeout == minutes(3));
  CHECK(settings.log_level == LogLevel::info);
  const Connector& connector = settings.connectors.at("microsoft365_defender");
  CHECK(connector.enabled);
  CHECK(connector.poll_interval == minutes(5));
  CHECK(connector.backfill == hours(24));
  CHECK(settings.enabled_tables(catalog()).size() == 1);
  CHECK(settings.connectors.size() == 1);
}

TEST_CASE("Every address and scope can be replaced in every cloud", "[settings]") {
  for (const std::string cloud : {"public", "gcc", "gcc_high", "dod", "china"}) {
    CAPTURE(cloud);
    const std::string tenant =
        "[tenant]\nid = \"11111111-2222-3333-4444-555555555555\"\nclient_id = "
        "\"66666666-7777-8888-9999-000000000000\"\ncloud = \"" +
        cloud +
        "\"\ncredential = { type = \"client_secret\", secret_env = \"SECRET\" }\n"
        "[tenant.endpoints]\nlogin = \"https://l.example\"\ngraph = \"https://g.example\"\n"
        "defender = \"https://d.example\"\noffice365 = \"https://o.example\"\n";
    const auto addresses = load_text(tenant);
    REQUIRE(addresses.settings);
    CHECK(addresses.settings->tenant.endpoints ==
          Endpoints{"https://l.example", "https://g.example", "https://d.example",
                    "https://o.example"});
    CHECK(addresses.settings->tenant.scopes.graph.find("g.example") == std::string::npos);
    CHECK_FALSE(addresses.settings->tenant.scopes.defender.empty());

    const auto scopes = load_text(tenant +
                                  "[tenant.scopes]\ngraph = \"g/.default\"\ndefender = "
                                  "\"d/.default\"\noffice365 = \"o/.default\"\n");
    REQUIRE(scopes.settings);
    CHECK(scopes.settings->tenant.scopes == Scopes{"g/.default", "d/.default", "o/.default"});
  }
}

TEST_CASE("Everything the documentation shows is read", "[settings]") {
  const auto result = load_text(R"(
[tenant]
id = "AAAAAAAA-2222-3333-4444-555555555555"
client_id = "66666666-7777-8888-9999-000000000000"
cloud = "gcc_high"
credential = { type = "client_secret", secret_env = "SECRET" }
[tenant.endpoints]
graph = "http://127.0.0.1:8080/"
[tenant.scopes]
graph = "api://test/.default"
[network]
proxy = "http://user:password@proxy.example:3128"
connect_timeout = "10s"
request_timeout = "1m30s"
[storage]
directory = "stores"
retention = 0
min_free = "2GiB"
[log]
level = "debug"
format = "json"
[metrics]
listen = "127.0.0.1:9464"
[console]
listen = "[::1]:8686"
[connectors.microsoft365_defender]
poll_interval = "1m"
backfill = "30d"
settle = "0s"
max_rows = 1000
max_bytes = "5MiB"
calls_per_minute = 10
concurrency = 1
[connectors.microsoft365_defender.tables]
DeviceInfo = false
DeviceNetworkEvents = { enabled = true, retention = "30d", poll_interval = "1m", filter = " RemoteIPType == 'Public' " }
DeviceEvents = { retention = "1d" }
[connectors.office365_management]
enabled = false
publisher_id = "66666666-7777-8888-9999-000000000001"
[connectors.office365_management.tables]
OfficeActivity = { enabled = true, workloads = ["exchange", "Teams"] }
)");

  REQUIRE(result.problems.empty());
  const Settings& settings = result.settings.value();
  CHECK(settings.tenant.id == "aaaaaaaa-2222-3333-4444-555555555555");
  CHECK(settings.tenant.endpoints.login == "https://login.microsoftonline.us");
  CHECK(settings.tenant.endpoints.graph == "http://127.0.0.1:8080");
  CHECK(settings.tenant.scopes.graph == "api://test/.default");
  CHECK(settings.tenant.scopes.office365 == "https://manage.office365.us/.default");
  CHECK(settings.storage.directory == settings.file.parent_path() / "stores");
  CHECK(settings.storage.retention == Milliseconds(0));
  CHECK(settings.storage.min_free_bytes == 2ULL << 30);
  CHECK(settings.console_listen == "[::1]:8686");
  const Connector& hunting = settings.connectors.at("microsoft365_defender");
  CHECK(hunting.max_rows == 1'000);
  CHECK(hunting.max_bytes == 5ULL << 20);
  CHECK(hunting.calls_per_minute == 10);
  CHECK_FALSE(hunting.tables.at("DeviceInfo").enabled);
  CHECK(hunting.tables.at("DeviceNetworkEvents").filter == "RemoteIPType == 'Public'");
  CHECK(hunting.tables.at("DeviceNetworkEvents").retention == hours(24 * 30));
  CHECK(hunting.tables.at("DeviceEvents").enabled);
  const Connector& office = settings.connectors.at("office365_management");
  CHECK(office.tables.at("OfficeActivity").workloads ==
        std::vector<std::string>{"Exchange", "Teams"});
  CHECK(settings.enabled_table(*catalog().find("OfficeActivity")) == nullptr);
}

TEST_CASE("Every problem is found at once, in the order of lines", "[settings]") {
  const auto found = problems_of(R"([tenant]
id = "contoso.example"
[tenant.credential]
type = "secret"
[storage]
retention = "ninety days"
[log]
level = "loud"
)");

  CHECK(found ==
        "1: tenant.client_id: is missing: the application's id, from its overview page in Entra\n"
        "2: tenant.id: is \"contoso.example\"; write the tenant's GUID, not its domain name\n"
        "4: tenant.credential.type: is \"secret\"; write \"client_secret\", \"certificate\", "
        "\"managed_identity\" or "
        "\"federated_token\"\n"
        "6: storage.retention: is \"ninety days\", which is no duration; write \"90d\", \"1h30m\", "
        "\"10s\" or \"500ms\"\n"
        "8: log.level: is \"loud\"; write trace, debug, info, warn or error\n");
}

TEST_CASE("An empty file says what is missing", "[settings]") {
  const auto found = problems_of("");

  CHECK_THAT(found, Contains("tenant.id: is missing"));
  CHECK_THAT(found, Contains("tenant.client_id: is missing"));
  CHECK_THAT(found, Contains("tenant.credential.type: is missing"));
}

TEST_CASE("Unknown names are errors with the nearest known one", "[settings]") {
  CHECK_THAT(problems_of(kTenant + "[storage]\nretenton = \"1d\"\n"),
             Contains("8: storage.retenton: is no known key; did you mean retention?"));
  CHECK_THAT(problems_of(kTenant + "[storag]\n"),
             Contains("7: storag: is no known section; did you mean storage?"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_securty]\n"),
             Contains("did you mean graph_security?"));
  CHECK_THAT(problems_of(kTenant + "[connectors.office365]\n"),
             Contains("known here: microsoft365_defender, graph_security, office365_management"));
  CHECK_THAT(problems_of(kTenant +
                         "[connectors.microsoft365_defender.tables]\nDeviceProcesEvents = true\n"),
             Contains("8: connectors.microsoft365_defender.tables.DeviceProcesEvents: is no known "
                      "table; did you mean DeviceProcessEvents?"));
  CHECK_THAT(
      problems_of(kTenant +
                  "[connectors.microsoft365_defender.tables]\nDeviceInfo = { enable = true }\n"),
      Contains("tables.DeviceInfo.enable: is no known key; did you mean enabled?"));
  CHECK_THAT(problems_of("\"strange key\" = 1\n" + kTenant),
             Contains("1: \"strange key\": is no known key"));
}

TEST_CASE("A table in the wrong place is sent to the right one", "[settings]") {
  const std::string section = kTenant + "[connectors.microsoft365_defender.tables]\n";

  CHECK_THAT(problems_of(section + "SigninLogs = true\n"),
             Contains("write it in [connectors.graph_security.tables]"));
  CHECK_THAT(problems_of(section + "ProcessCreationEvents = true\n"),
             Contains("is an older name; write DeviceProcessEvents"));
  CHECK_THAT(problems_of(section + "TamperProtection = true\n"),
             Contains("comes with its table; write DeviceTvmSecureConfigurationAssessment"));
  CHECK_THAT(problems_of(section + "GraphSecurityAlert = true\n"), Contains("cannot be selected"));
}

TEST_CASE("Wrong types are named", "[settings]") {
  CHECK_THAT(problems_of("tenant = 1\n"),
             Contains("1: tenant: is a number; write a section [tenant]"));
  CHECK_THAT(problems_of(kTenant + "[storage]\ndirectory = true\n"),
             Contains("is true or false; write text in quotes"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\nenabled = \"yes\"\n"),
             Contains("is text; write true or false"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\nconcurrency = 0\n"),
             Contains("is 0; write a number from 1"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\nmax_rows = 1.5\n"),
             Contains("write a whole number"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\npoll_interval = 5\n"),
             Contains("is a number, which is no duration"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security.tables]\nSigninLogs = \"true\"\n"),
             Contains("write true, false or an inline table"));
  CHECK_THAT(problems_of(kTenant + "[storage]\nmin_free = \"1GB\"\n"), Contains("is no size"));
}

TEST_CASE("Broken TOML is told with its line", "[settings]") {
  const auto result = load_text("[tenant]\nid = \n");

  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].line == 2);
  CHECK_THAT(result.problems[0].text(), Contains("harrier.toml:2: "));
}

TEST_CASE("A file that is not there is one problem", "[settings]") {
  const auto result = load("/nonexistent/harrier.toml", catalog());

  REQUIRE(result.problems.size() == 1);
  CHECK_THAT(result.problems[0].text(),
             Contains("/nonexistent/harrier.toml: cannot be read") && Contains("--config"));
}

TEST_CASE("Each kind of credential has keys of its own", "[settings]") {
  const auto of = [](const std::string& lines) {
    return problems_of(
        "[tenant]\nid = \"11111111-2222-3333-4444-555555555555\"\nclient_id = "
        "\"66666666-7777-8888-9999-000000000000\"\n[tenant.credential]\n" +
        lines);
  };

  CHECK_THAT(
      of("type = \"client_secret\"\nsecret_file = \"secret\"\nsecret_env = \"S\"\n"),
      Contains("7: tenant.credential.secret_env: stands beside secret_file; keep one of the two"));
  CHECK_THAT(of("type = \"client_secret\"\n"),
             Contains("tenant.credential.secret_file: is missing"));
  CHECK_THAT(of("type = \"certificate\"\n"), Contains("certificate_file: is missing"));
  CHECK_THAT(of("type = \"certificate\"\ncertificate_file = \"secret\"\nprivate_key_file = "
                "\"secret\"\npassword_file = \"secret\"\n"),
             Contains("password_file: is for a PKCS#12 file"));
  CHECK_THAT(of("type = \"federated_token\"\n"), Contains("token_file: is missing"));
  CHECK_THAT(
      of("type = \"managed_identity\"\nsecret_env = \"S\"\n"),
      Contains("belongs to type \"client_secret\"; this credential is \"managed_identity\""));
  CHECK_THAT(of("type = \"managed_identity\"\nimds_endpoint = \"http://169.254.1.1\"\n"),
             Contains("only addresses of this machine"));
  CHECK(of("type = \"managed_identity\"\nimds_endpoint = \"http://127.0.0.1:81\"\n").empty());
  CHECK(of("type = \"certificate\"\ncertificate_file = \"secret\"\npassword_file = \"secret\"\n")
            .empty());
  CHECK(of("type = \"federated_token\"\ntoken_file = \"secret\"\n").empty());
}

TEST_CASE("A secret in the file is refused and not repeated", "[settings]") {
  const auto found = problems_of(kTenant + "client_secret = \"hunter2\"\n");

  CHECK_THAT(found, Contains("a secret never stands in this file") && !Contains("hunter2"));
}

TEST_CASE("A system-assigned managed identity needs no client_id", "[settings]") {
  const auto result = load_text(
      "[tenant]\nid = \"11111111-2222-3333-4444-555555555555\"\n[tenant.credential]\ntype = "
      "\"managed_identity\"\n");

  REQUIRE(result.settings.has_value());
  CHECK(result.settings->tenant.client_id.empty());
}

TEST_CASE("Files that are named must be there and readable", "[settings]") {
  const auto with = [](const std::string& key) {
    return problems_of(kTenant + "[network]\nca_file = \"" + key + "\"\n");
  };

  CHECK_THAT(with("nowhere.pem"), Contains("8: network.ca_file: names ") &&
                                      Contains("nowhere.pem, which does not exist"));
  CHECK_THAT(with("/"), Contains("which is a folder"));
  CHECK_THAT(with("/dev/null"), !Contains("empty"));
  CHECK(with("secret").empty());
}

TEST_CASE("Files are not looked at by programs that never open them", "[settings]") {
  const TempDir folder;
  const auto result = load(folder.write("harrier.toml", kTenant), catalog(), FileChecks::off);

  CHECK(result.settings.has_value());
}

TEST_CASE("A relative file is looked up in the credentials directory first", "[settings]") {
  const TempDir credentials;
  credentials.write("secret", "from systemd");
  setenv("CREDENTIALS_DIRECTORY", credentials.path().c_str(), 1);
  const auto result = load_text(kTenant);
  unsetenv("CREDENTIALS_DIRECTORY");

  REQUIRE(result.settings.has_value());
  CHECK(result.settings->tenant.credential.secret_file == credentials.path() / "secret");
}

TEST_CASE("Limits of the APIs hold", "[settings]") {
  CHECK_THAT(problems_of(kTenant + "[connectors.microsoft365_defender]\nbackfill = \"31d\"\n"),
             Contains("write at most \"30d\""));
  CHECK_THAT(problems_of(kTenant + "[connectors.office365_management]\nbackfill = \"7d1s\"\n"),
             Contains("write at most \"7d\""));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\nbackfill = \"60d\"\n"),
             Contains("write at most \"30d\""));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\npoll_interval = \"999ms\"\n"),
             Contains("is shorter than 1s"));
}

TEST_CASE("Keys of one table belong to that table", "[settings]") {
  CHECK_THAT(problems_of(kTenant +
                         "[connectors.graph_security.tables]\nSigninLogs = { filter = \"x\" }\n"),
             Contains("is for hunting tables only"));
  CHECK_THAT(
      problems_of(kTenant +
                  "[connectors.microsoft365_defender.tables]\nMdeMachines = { filter = \"x\" }\n"),
      Contains("is for hunting tables only"));
  CHECK_THAT(
      problems_of(
          kTenant +
          "[connectors.microsoft365_defender.tables]\nDeviceInfo = { filter = \"x | take 1\" }\n"),
      Contains("holds a | outside a string"));
  CHECK_THAT(
      problems_of(kTenant +
                  "[connectors.graph_security.tables]\nSigninLogs = { workloads = [\"Teams\"] }\n"),
      Contains("is for OfficeActivity only"));
  CHECK_THAT(problems_of(kTenant + "[connectors.office365_management.tables]\nOfficeActivity = { "
                                   "workloads = [\"Yammer\"] }\n"),
             Contains("names \"Yammer\""));
  CHECK_THAT(problems_of(kTenant + "[connectors.microsoft365_defender.tables]\nDeviceEvents = { "
                                   "columnstore = [\"FileNam\"] }\n"),
             Contains("names \"FileNam\", which is no column of DeviceEvents; did you mean "
                      "\"FileName\"?"));
  CHECK_THAT(
      problems_of(kTenant + "[connectors.microsoft365_defender.tables]\nDeviceTvmSoftwareInventory"
                            " = { columnstore = [\"DeviceName\"] }\n"),
      Contains("is for tables of events only"));
  CHECK_THAT(problems_of(kTenant + "[connectors.graph_security]\npublisher_id = \"x\"\n"),
             Contains("publisher_id: is no known key"));
}

TEST_CASE("Addresses are checked", "[settings]") {
  CHECK_THAT(problems_of(kTenant + "[console]\nlisten = \"0.0.0.0:8686\"\n"),
             Contains("console.listen") && Contains("this machine only"));
  CHECK_THAT(problems_of(kTenant + "[metrics]\nlisten = \"9464\"\n"), Contains("write HOST:PORT"));
  CHECK_THAT(problems_of(kTenant + "[tenant.endpoints]\ngraph = \"http://graph.example\"\n"),
             Contains("only https is allowed"));
  CHECK_THAT(problems_of(kTenant + "[tenant.scopes]\ngraph = \"https://graph.example\"\n"),
             Contains("ending in /.default"));
  CHECK_THAT(problems_of(kTenant + "[network]\nproxy = \"http://u:hunter2@p\"\n"),
             Contains("is no proxy address") && !Contains("hunter2"));
}

TEST_CASE("load_or_error tells the first problem and how many there are", "[settings]") {
  const TempDir folder;
  const auto result = load_or_error(folder.write("harrier.toml", ""), catalog());

  REQUIRE(result.has_error());
  CHECK(result.error().code == Errc::config);
  CHECK_THAT(result.error().message, Contains("is missing") && Contains("and 2 more"));
}

}  // namespace

}  // namespace harrier::settings
