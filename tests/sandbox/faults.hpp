// Things that go wrong on demand.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// One rule. Kinds:
/// answers instead of the real one: `throttle` (429; `form` integer, fraction, date, none, body),
/// `cpu_quota` (429), `status` (`status`, `html`; `form` body asks to wait `seconds`),
/// `unauthorized` (401), `forbidden` (403), `bad_gateway` (502 HTML), `unavailable` (503 with
/// Retry-After), `gateway_timeout` (504 UnknownError), `size_limit` (400 result size), `af429`
/// (403, single quotes), `af` (Management API error: `form` is its code, `status`), `delta_gone`
/// (410 to a delta token); damage on the wire: `reset_before_head`, `reset_in_head`,
/// `reset_in_body`, `torn_gzip`, `wrong_length`, `wrong_crc`, `truncated_json`, `hang`, `slow`,
/// `close_idle`; changes of the answer: `foreign_next_link`, `date_skew` (`seconds`),
/// `expire_tokens`, `repeat` (share of rows), `reorder`.
struct Fault {
  std::uint64_t id = 0;
  std::string kind;
  std::string api;    ///< login, graph, defender, office365; empty: any
  std::string path;   ///< part of the path and query; empty: any
  std::string table;  ///< hunting: the query's table; empty: any
  double probability = 1;
  std::int64_t remaining = -1;  ///< how many more times; -1: for ever
  std::int64_t skip = 0;        ///< lets that many matching requests pass first
  double seconds = 1;           ///< Retry-After, delay, or clock offset
  std::string form = "integer";
  int status = 500;
  bool html = false;
  double share = 0.05;
  std::uint64_t hits = 0;
};

/// The active faults. Thread-safe.
class Faults {
 public:
  explicit Faults(std::uint64_t seed) : seed_(seed) {}

  /// Adds faults from JSON (an object or an array of objects with the members of `Fault`; `next`
  /// sets `remaining`). Errors: parse.
  [[nodiscard]] Result<> add(std::string_view json);
  void clear();
  /// All faults with their hits, as JSON.
  [[nodiscard]] std::string list();
  /// The faults that strike this request.
  [[nodiscard]] std::vector<Fault> strike(std::string_view api, std::string_view target,
                                          std::string_view table);

 private:
  std::mutex mutex_;
  std::vector<Fault> faults_;
  std::uint64_t seed_;
  std::uint64_t requests_ = 0;
  std::uint64_t next_id_ = 1;
};

}  // namespace harrier::sandbox
