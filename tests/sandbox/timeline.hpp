// When the events of one table are ingested: index to time and back, without a list.
#pragma once

#include "base/time.hpp"
#include "sandbox/options.hpp"

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// A monotonic mapping of event index to ingestion time. Immutable.
class Timeline {
 public:
  /// `table` selects its number of events and bursts.
  Timeline(const Options& options, std::string_view table);

  /// Ingestion time of event `index`; never decreases with it.
  [[nodiscard]] Instant ingestion(std::uint64_t index) const noexcept;
  /// The number of events ingested before `time`, which is also the index of the first one at or
  /// after it.
  [[nodiscard]] std::uint64_t count_before(Instant time) const noexcept;

 private:
  struct Segment {
    std::uint64_t first = 0;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
    std::int64_t start = 0;
    std::int64_t step = 0;  ///< ticks; 0: all at `start`
  };

  void add(std::uint64_t count, std::int64_t start, std::int64_t end);

  std::vector<Segment> segments_;
  std::uint64_t total_ = 0;  // without the endless live segment
  bool live_ = false;
  std::uint64_t salt_;
};

}  // namespace harrier::sandbox
