// Time zones of the system's zone database (TZif files, RFC 8536).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace harrier::query {

/// One zone. Loaded once per process and kept.
class Zone {
 public:
  /// Thread-safe. Errors: query (no such zone, or the system has no zone database).
  [[nodiscard]] static Result<const Zone*> find(std::string_view name);

  /// Datetime ticks in, datetime ticks out. Errors: query, beyond the years the zone file covers.
  [[nodiscard]] Result<std::int64_t> to_local(std::int64_t utc) const;
  /// A local time that does not exist, or exists twice, is read with the offset that holds after
  /// the change.
  [[nodiscard]] Result<std::int64_t> to_utc(std::int64_t local) const;

 private:
  struct Change {
    std::int64_t at;      ///< UTC ticks
    std::int64_t before;  ///< offset in ticks
    std::int64_t after;
  };

  [[nodiscard]] static Result<Zone> load(std::string_view name);
  [[nodiscard]] static bool decode(std::string_view bytes, Zone& out);

  std::int64_t first_ = 0;  ///< offset before the first change
  std::vector<Change> changes_;
  bool goes_on_ = false;  ///< changes continue by rule after the last one listed
};

}  // namespace harrier::query
