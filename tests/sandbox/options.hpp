// What a sandbox is told at its start: one set of named settings for the command line, scenario
// files and state.json.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// Many rows of one table with the very same ingestion time.
struct Burst {
  std::uint64_t count = 0;
  double at = 0.5;  ///< position in the history, 0 to 1
};

/// Everything that shapes the simulated tenant. A value of it and a table's name determine every
/// event.
struct Options {
  std::filesystem::path dir;
  std::uint16_t port = 0;
  std::uint64_t seed = 1;
  std::uint64_t events = 1000;                     ///< history per table
  std::map<std::string, std::uint64_t> events_of;  ///< the same for single tables
  double rate = 0;                          ///< live events per second and table after the start
  std::vector<std::string> tables;          ///< hunting tables with data; empty: all
  std::vector<std::string> unlicensed;      ///< hunting tables the tenant does not know
  std::vector<std::string> null_ingestion;  ///< tables whose ingestion_time() is null
  Ticks span{24 * 3600 * kTicksPerSecond};  ///< length of the history
  Ticks tail{5 * 60 * kTicksPerSecond};     ///< quiet time between the history's end and the start
  double late_share = 0.05;
  Ticks late_by{6 * 3600 * kTicksPerSecond};
  Ticks visible_after{0};  ///< from ingestion time until a query can see the row
  double duplicates = 0;   ///< share of rows delivered again with a later ingestion time
  double quirks = 0.02;    ///< rate of oddities on the wire; 0 turns them off
  std::uint64_t max_rows = 100'000;
  std::uint64_t max_bytes = 50ULL << 20U;
  std::uint64_t devices = 40;
  std::uint64_t users = 60;
  std::map<std::string, Burst> bursts;
  std::map<std::string, std::uint64_t>
      big_record;                            ///< bytes of one huge text in one record of the table
  std::map<std::string, std::uint64_t> pad;  ///< bytes added to a text of every record of the table
  std::map<std::string, std::uint64_t> malformed;  ///< how many records of the table do not parse
  std::int64_t token_lifetime = 3599;              ///< seconds
  Ticks clock_skew{0};                             ///< the service's clock minus the machine's
  std::string tenant = "11111111-2222-3333-4444-555555555555";
  std::string client = "66666666-7777-8888-9999-000000000000";
  std::string faults;                        ///< JSON array as `POST /sandbox/faults` takes it
  std::uint64_t list_page = 0;               ///< most rows of a list's page; 0: as documented
  double expired_blobs = 0;                  ///< share of content blobs that are gone when fetched
  Ticks blob_life{7 * kTicksPerDay};         ///< from a blob's creation to its expiry
  std::vector<std::string> apis{"hunting"};  ///< what harrier.toml switches on and `compare`
                                             ///< judges: hunting, defender, graph, office365
  Instant start;                             ///< when the tenant came to life

  /// Sets the value called `key` (as on the command line, without dashes). Errors: config.
  [[nodiscard]] Result<> set(std::string_view key, std::string_view value);
  /// Every setting as text that `set` takes.
  [[nodiscard]] std::map<std::string, std::string> all() const;
};

/// One line per setting, for `--help`.
[[nodiscard]] std::string options_help();
/// Reads `key = value` pairs of a scenario file (TOML, top level; arrays become comma lists).
/// Errors: config.
[[nodiscard]] Result<> load_scenario(Options& options, const std::filesystem::path& file);
/// Writes and reads DIR/state.json. Errors: config.
[[nodiscard]] Result<> save_state(const Options& options);
[[nodiscard]] Result<Options> load_state(const std::filesystem::path& dir);

/// `90s`, `5m`, `24h`, `30d`, compound forms and a leading minus. Errors: config.
[[nodiscard]] Result<Ticks> parse_length(std::string_view text);
/// `1000`, `50MiB`, `20MB`, `4k`. Errors: config.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// Comma-separated, blanks trimmed, empty parts dropped.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace harrier::sandbox
