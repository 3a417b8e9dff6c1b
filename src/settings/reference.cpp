#include "settings/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace harrier::settings {

namespace {

// What is collected unless somebody chooses otherwise: the tables of Sentinel's connector pages,
// without those that need a further licence.
constexpr std::array<std::string_view, 6> kDefaultGroups = {
    "Defender for Endpoint",   "Defender for Office 365", "Defender for Identity",
    "Defender for Cloud Apps", "Defender alerts",         "Incidents and alerts"};
constexpr std::array<std::string_view, 3> kDefaultTables = {"SigninLogs", "AuditLogs",
                                                            "OfficeActivity"};

constexpr std::string_view kHead =
    R"(# Harrier's configuration: one file is one tenant. `harrier check` finds mistakes; `harrier apply` makes a running daemon read it again.
# A commented-out line shows the default, or an example. Durations: ms s m h d (1h30m). Sizes: KiB MiB GiB.

[tenant]
id        = "11111111-2222-3333-4444-555555555555"   # the tenant's id, from Entra's overview page
client_id = "66666666-7777-8888-9999-000000000000"   # the application's id
cloud     = "public"                                 # public | gcc | gcc_high | dod | china

[tenant.credential]
type        = "client_secret"         # client_secret | certificate | managed_identity | federated_token
secret_file = "secret"                # beside this file or a systemd credential; or secret_env = "NAME"
# certificate_file = "harrier.pem"    # certificate: PEM with private_key_file, or one PKCS#12 file with password_file
# private_key_file = "harrier.key"
# password_file    = "harrier.password"
# legacy_assertion = false            # certificate: RS256 for identity providers that do not take PS256
# token_file       = "token"          # federated_token

[tenant.endpoints]                    # other addresses than the cloud's own: private links, test tenants
# login     = "https://login.microsoftonline.com"
# graph     = "https://graph.microsoft.com"
# defender  = "https://api.security.microsoft.com"
# office365 = "https://manage.office.com"

[tenant.scopes]                       # other token scopes than the cloud's own
# graph     = "https://graph.microsoft.com/.default"
# defender  = "https://api.securitycenter.microsoft.com/.default"
# office365 = "https://manage.office.com/.default"

[network]
# proxy           = "http://proxy.example:3128"   # else HTTPS_PROXY and NO_PROXY of the environment
# ca_file         = "/etc/harrier/ca.pem"         # added to the system's roots
# connect_timeout = "10s"
# request_timeout = "180s"

[storage]
directory = "/var/lib/harrier"
retention = "90d"                     # by the table's time column; 0 keeps for ever
# min_free = "1GiB"                   # collection pauses below it

[log]
level = "info"                        # trace | debug | info | warn | error
# format = "text"                     # text | json | journald; unset: journald under systemd, else text

[metrics]
# listen = "127.0.0.1:9464"           # OpenMetrics at /metrics; also /healthz and /readyz

[console]
# listen = "127.0.0.1:8686"           # kept for a local web page, which this version does not have

# Which events to collect: true, false, or { enabled = true, retention = "30d", poll_interval = "1m" }.
# `harrier enable TABLE` and `harrier disable TABLE` edit these lines.
)";

constexpr std::string_view kDefender = R"(
[connectors.microsoft365_defender]    # advanced hunting and the Defender for Endpoint API
enabled       = true
poll_interval = "5m"
# backfill         = "24h"            # how far back a newly enabled table starts; the API keeps 30d
# settle           = "3m"             # the newest data is left to settle this long
# max_rows         = 100000           # the service's caps: a result that reaches one is split
# max_bytes        = "50MiB"
# calls_per_minute = 45               # lower than the service allows, to leave more to others
# concurrency      = 1

[connectors.microsoft365_defender.tables]
# A hunting table also takes a filter: { enabled = true, filter = "RemoteIPType == 'Public'" }
)";

constexpr std::string_view kGraph = R"(
[connectors.graph_security]           # Microsoft Graph: incidents, alerts, Entra ID, secure score
enabled       = true
poll_interval = "5m"
# backfill         = "24h"            # at most 30d
# settle           = "3m"
# calls_per_minute = 120
# concurrency      = 4

[connectors.graph_security.tables]
)";

constexpr std::string_view kOffice = R"(
[connectors.office365_management]     # Office 365 Management Activity API
enabled       = true
poll_interval = "5m"
# backfill         = "24h"            # at most 7d
# settle           = "3m"
# calls_per_minute = 2000
# concurrency      = 8
# publisher_id     = ""               # default: the tenant's id

[connectors.office365_management.tables]
# OfficeActivity can be narrowed: { enabled = true, workloads = ["Exchange", "SharePoint", "Teams"] }
)";

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kConnectors = {
    {{"microsoft365_defender", kDefender},
     {"graph_security", kGraph},
     {"office365_management", kOffice}}};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool enabled_by_default(const model::TableSchema& table) {
  return contains(kDefaultGroups, table.group) || contains(kDefaultTables, table.name);
}

std::string comment_of(const model::TableSchema& table) {
  std::string comment = table.doc;
  while (comment.ends_with('.')) comment.pop_back();
  if (table.preview) comment += " (preview)";
  if (!table.retired.empty()) comment += fmt::format(". {}", table.retired);
  while (comment.ends_with('.')) comment.pop_back();
  return comment;
}

std::string table_lines(const model::Catalog& catalog, std::string_view connector) {
  std::size_t width = 0;
  for (const auto& table : catalog.tables()) {
    if (table->selectable && table->connector == connector)
      width = std::max(width, table->name.size());
  }
  std::string out;
  std::string group;
  for (const auto& table : catalog.tables()) {
    if (!table->selectable || table->connector != connector) continue;
    if (table->group != group) out += fmt::format("\n# {}\n", table->group);
    group = table->group;
    out += fmt::format("{:<{}} = {:<5}   # {}\n", table->name, width,
                       enabled_by_default(*table) ? "true" : "false", comment_of(*table));
  }
  return out;
}

}  // namespace

std::string reference_configuration(const model::Catalog& catalog) {
  std::string out(kHead);
  for (const auto& [connector, head] : kConnectors) {
    out += head;
    out += table_lines(catalog, connector);
  }
  return out;
}

}  // namespace harrier::settings
