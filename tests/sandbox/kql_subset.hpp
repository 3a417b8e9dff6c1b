// The part of KQL that collection sends to advanced hunting, parsed strictly: anything else is
// refused.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace harrier::sandbox {

/// A constant of a filter.
using Literal = std::variant<std::monostate, std::string, double, std::int64_t, bool, Instant>;

/// A condition of a `where`.
struct Condition {
  enum class Kind : std::uint8_t { compare, all, any, negate };

  Kind kind = Kind::compare;
  std::string column;  ///< of a compare
  std::string
      op;  ///< `==`, `!=`, `=~`, `!~`, `<`, `<=`, `>`, `>=`, `has`, `contains`, `in`, `isempty`, …
  std::vector<Literal> values;
  std::vector<Condition> parts;  ///< of all, any, negate
};

/// A half-open time span with open ends where unset.
struct Bounds {
  std::optional<Instant> from;
  std::optional<Instant> to;

  void narrow(const Bounds& other);
};

/// `hash(tostring(pack_all()), count) == index`.
struct Shard {
  std::uint64_t count = 1;
  std::uint64_t index = 0;
};

/// One collection query.
struct HuntingQuery {
  std::string table;
  bool with_ingested = false;
  Bounds ingested;                 ///< on `_Ingested`
  Bounds event;                    ///< on `event_column`
  std::string event_column;        ///< the datetime column that was bounded; empty: none
  std::vector<Condition> filters;  ///< everything else, joined by and
  std::optional<Shard> shard;
  std::optional<std::string> count;  ///< name of the count column
  std::string order_column;          ///< empty: no order
  bool is_descending = true;
  std::optional<std::uint64_t> take;
};

/// Errors: query, with what is not part of the subset.
[[nodiscard]] Result<HuntingQuery> parse_hunting_query(std::string_view text);

/// An ISO 8601 Timespan (`P30D`, `PT1H`, `start/end`, `duration/end`, `start/duration`, `start`)
/// seen from `now`. Errors: query.
[[nodiscard]] Result<Bounds> parse_timespan(std::string_view text, Instant now);

}  // namespace harrier::sandbox
