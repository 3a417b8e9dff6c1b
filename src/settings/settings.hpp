// harrier.toml as validated structs. The surface is INTERFACE section 2 of the documentation in
// docs/configuration.md.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "model/catalog.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::settings {

using Milliseconds = std::chrono::milliseconds;

enum class Cloud : std::uint8_t { public_, gcc, gcc_high, dod, china };
enum class CredentialKind : std::uint8_t {
  client_secret,
  certificate,
  managed_identity,
  federated_token
};

/// `[tenant.credential]`. Paths are resolved (credentials directory, then the configuration file's
/// folder).
struct Credential {
  CredentialKind kind = CredentialKind::client_secret;
  std::filesystem::path secret_file;
  std::string secret_env;
  std::filesystem::path certificate_file;  ///< PEM, or PKCS#12 when there is no private_key_file
  std::filesystem::path private_key_file;
  std::filesystem::path password_file;  ///< of the PKCS#12 file
  std::filesystem::path token_file;
  std::string imds_endpoint;      ///< replaces the metadata address; loopback only
  bool legacy_assertion = false;  ///< RS256 and x5t instead of PS256 and x5t#S256

  friend bool operator==(const Credential&, const Credential&) = default;
};

/// Base URLs without a trailing slash; empty where the cloud does not offer the API.
struct Endpoints {
  std::string login;
  std::string graph;
  std::string defender;
  std::string office365;

  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

/// Token scopes, one resource each, ending in `/.default`.
struct Scopes {
  std::string graph;
  std::string defender;
  std::string office365;

  friend bool operator==(const Scopes&, const Scopes&) = default;
};

struct Tenant {
  std::string id;
  std::string client_id;  ///< empty only for a system-assigned managed identity
  Cloud cloud = Cloud::public_;
  Credential credential;
  Endpoints endpoints;  ///< the cloud's own where the file replaces none
  Scopes scopes;        ///< likewise

  friend bool operator==(const Tenant&, const Tenant&) = default;
};

struct Network {
  std::string proxy;  ///< empty: HTTPS_PROXY and NO_PROXY of the environment decide
  std::filesystem::path ca_file;
  Milliseconds connect_timeout{10'000};
  Milliseconds request_timeout{180'000};

  friend bool operator==(const Network&, const Network&) = default;
};

struct Storage {
  std::filesystem::path directory{"/var/lib/harrier"};
  Milliseconds retention{std::chrono::hours(24 * 90)};  ///< 0: keep for ever
  std::uint64_t min_free_bytes = 1ULL << 30;
};

/// One table's line.
struct TableSetting {
  bool enabled = false;
  std::optional<Milliseconds> retention;
  std::optional<Milliseconds> poll_interval;
  std::string filter;                  ///< a KQL predicate; hunting tables only
  std::vector<std::string> workloads;  ///< OfficeActivity only; empty: all
  /// Columns to keep once more, column by column; tables of events only.
  std::vector<std::string> columnstore;
};

/// One `[connectors.NAME]` section.
struct Connector {
  bool enabled = false;
  Milliseconds poll_interval{std::chrono::minutes(5)};
  Milliseconds backfill{std::chrono::hours(24)};
  Milliseconds settle{std::chrono::minutes(3)};
  std::int64_t max_rows = 100'000;
  std::uint64_t max_bytes = 50ULL << 20;
  std::optional<int> calls_per_minute;
  std::optional<int> concurrency;
  std::string publisher_id;  ///< office365_management; default: the tenant's id
  std::map<std::string, TableSetting, std::less<>> tables;
};

struct Settings {
  std::filesystem::path file;
  Tenant tenant;
  Network network;
  Storage storage;
  LogLevel log_level = LogLevel::info;
  std::string log_format;      ///< empty: text, or journald under systemd; text, json, journald
  std::string metrics_listen;  ///< host:port; empty: off
  std::string console_listen;  ///< host:port; empty: off
  std::map<std::string, Connector, std::less<>> connectors;

  /// The setting of a table whose connector is enabled; nullptr when either is off.
  [[nodiscard]] const TableSetting* enabled_table(const model::TableSchema& table) const noexcept;
  /// The tables to collect, in catalog order.
  [[nodiscard]] std::vector<model::TablePtr> enabled_tables(const model::Catalog& catalog) const;
};

/// One thing wrong with a configuration file.
struct Problem {
  std::string file;
  int line = 0;         ///< 0 where no line is to blame
  std::string key;      ///< dotted
  std::string message;  ///< what is wrong and what would be right

  /// `FILE:LINE: KEY: MESSAGE`.
  [[nodiscard]] std::string text() const;
};

/// Settings, or everything that is wrong.
struct LoadResult {
  std::optional<Settings> settings;
  std::vector<Problem> problems;
};

/// Whether the files that a configuration names (secrets, certificates) must exist and be readable.
/// `off` is for programs that never open them, so that people who may not read a secret can still
/// use the stores.
enum class FileChecks : std::uint8_t { on, off };

/// Reads and validates a configuration file.
[[nodiscard]] LoadResult load(const std::filesystem::path& file, const model::Catalog& catalog,
                              FileChecks checks = FileChecks::on);

/// How many days back the API of a connector answers; 0 for an unknown name.
[[nodiscard]] int reach_days(std::string_view connector) noexcept;

/// The first problem as one error (config), for programs that need settings to start.
[[nodiscard]] Result<Settings> load_or_error(const std::filesystem::path& file,
                                             const model::Catalog& catalog,
                                             FileChecks checks = FileChecks::on);

/// `text` of a configuration with a table's switch set, everything else byte for byte. A missing
/// line is added to the connector's section (which is added when missing). Errors: config.
[[nodiscard]] Result<std::string> set_table_enabled(std::string_view text,
                                                    const model::TableSchema& table, bool enabled);

/// Sets the switches of `tables` in a configuration file. The new text takes the old one's place in
/// one step, with its owner and mode; edits by several programs at once wait for each other. False
/// when the file said so already. Errors: config.
[[nodiscard]] Result<bool> switch_tables(const std::filesystem::path& file,
                                         const std::vector<model::TablePtr>& tables, bool enabled);

/// The shipped `config/harrier.toml`: every selectable table on a line of its own.
[[nodiscard]] std::string reference_configuration(const model::Catalog& catalog);

/// `1h30m`, `90d`, `500ms`, `0`. nullopt where it is none.
[[nodiscard]] std::optional<Milliseconds> parse_duration(std::string_view text) noexcept;
/// `50MiB`, `1GiB`, `1024`. nullopt where it is none.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

}  // namespace harrier::settings
