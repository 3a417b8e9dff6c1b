#include "sandbox/timeline.hpp"

#include "sandbox/hash.hpp"

#include <algorithm>

namespace harrier::sandbox {

Timeline::Timeline(const Options& options, std::string_view table)
    : salt_(mix(options.seed, name_hash(table))) {
  const auto own = options.events_of.find(std::string(table));
  const auto count = own == options.events_of.end() ? options.events : own->second;
  const auto begin = (options.start - options.span).ticks;
  const auto end = std::max((options.start - options.tail).ticks, begin + 1);
  const auto burst = options.bursts.find(std::string(table));
  if (burst == options.bursts.end()) {
    add(count, begin, end);
  } else {
    const auto middle =
        begin + static_cast<std::int64_t>(static_cast<double>(end - begin) * burst->second.at);
    const auto before = static_cast<std::uint64_t>(static_cast<double>(count) * burst->second.at);
    add(before, begin, middle);
    add(burst->second.count, middle, middle);
    add(count - before, middle, end);
  }
  if (options.rate > 0) {
    const auto step = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(static_cast<double>(kTicksPerSecond) / options.rate));
    segments_.push_back(
        {total_, std::numeric_limits<std::uint64_t>::max() - total_, options.start.ticks, step});
    live_ = true;
  }
}

void Timeline::add(std::uint64_t count, std::int64_t start, std::int64_t end) {
  if (count == 0) return;
  const auto step =
      start == end ? 0
                   : std::max<std::int64_t>(1, (end - start) / static_cast<std::int64_t>(count));
  segments_.push_back({total_, count, start, step});
  total_ += count;
}

Instant Timeline::ingestion(std::uint64_t index) const noexcept {
  auto next = std::upper_bound(segments_.begin(), segments_.end(), index,
                               [](std::uint64_t i, const Segment& s) { return i < s.first; });
  if (next == segments_.begin()) return {};
  const auto& segment = *--next;
  const auto offset = static_cast<std::int64_t>(index - segment.first);
  const auto jitter =
      segment.step == 0
          ? 0
          : static_cast<std::int64_t>(mix(salt_, index) % static_cast<std::uint64_t>(segment.step));
  return {segment.start + offset * segment.step + jitter};
}

std::uint64_t Timeline::count_before(Instant time) const noexcept {
  for (const auto& segment : segments_) {
    if (time.ticks <= segment.start) return segment.first;
    if (segment.step == 0) continue;
    auto offset = static_cast<std::uint64_t>((time.ticks - segment.start) / segment.step);
    if (offset >= segment.count) continue;
    // Events before `offset` lie wholly before `time`; the one at `offset` by its jitter.
    return segment.first + offset + (ingestion(segment.first + offset) < time ? 1U : 0U);
  }
  return total_;
}

}  // namespace harrier::sandbox
