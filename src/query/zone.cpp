#include "query/zone.hpp"

#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace harrier::query {

namespace {

constexpr std::string_view kFolder = "/usr/share/zoneinfo/";

/// Letters, digits, `_ + - /` only: such a name cannot leave the folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80U) != 0 ? ~0ULL : 0;
  for (std::size_t k = 0; k < size; ++k) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[at + k]);
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

bool Zone::decode(std::string_view bytes, Zone& out) {
  constexpr std::size_t kHeader = 44;
  if (bytes.size() < kHeader || bytes.substr(0, 4) != "TZif" || bytes[4] < '2') return false;
  const auto counts = [&](std::size_t header, std::size_t k) {
    return static_cast<std::size_t>(big_endian(bytes, header + 20 + 4 * k, 4));
  };
  // Skip the 32-bit block: its counts are isut, isstd, leap, time, type, char.
  const std::size_t second = kHeader + counts(0, 3) * 5 + counts(0, 4) * 6 + counts(0, 5) +
                             counts(0, 2) * 8 + counts(0, 1) + counts(0, 0);
  if (second + kHeader > bytes.size()) return false;
  const std::size_t times = counts(second, 3);
  const std::size_t types = counts(second, 4);
  const std::size_t begin = second + kHeader;
  const std::size_t kinds = begin + times * 8;
  const std::size_t table = kinds + times;
  const std::size_t end = table + types * 6 + counts(second, 5) + counts(second, 2) * 12 +
                          counts(second, 1) + counts(second, 0);
  if (end > bytes.size() || types == 0) return false;
  const auto offset = [&](std::size_t type) {
    return big_endian(bytes, table + 6 * std::min(type, types - 1), 4) * kTicksPerSecond;
  };
  out.first_ = offset(0);
  std::int64_t before = out.first_;
  for (std::size_t k = 0; k < times; ++k) {
    const std::int64_t after = offset(static_cast<unsigned char>(bytes[kinds + k]));
    const std::int64_t seconds = big_endian(bytes, begin + 8 * k, 8);
    if (seconds > -62'135'596'800LL) {
      out.changes_.push_back({kUnixEpoch.ticks + seconds * kTicksPerSecond, before, after});
    } else {
      out.first_ = after;
    }
    before = after;
  }
  out.goes_on_ = bytes.substr(end).find(',') != std::string_view::npos;
  return true;
}

Result<Zone> Zone::load(std::string_view name) {
  if (!is_zone_name(name)) return Error(Errc::query, fmt::format("'{}' is no time zone", name));
  std::ifstream file(std::string(kFolder) + std::string(name), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Zone out;
  if (!file.is_open() || !decode(bytes, out)) {
    return Error(Errc::query,
                 fmt::format("the time zone '{}' is not in this system's zone database "
                             "(package tzdata)",
                             name));
  }
  return out;
}

Result<const Zone*> Zone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Zone>, std::less<>> zones;
  const std::lock_guard lock(mutex);
  const auto found = zones.find(name);
  if (found != zones.end()) return found->second.get();
  HARRIER_TRY(Zone zone, load(name));
  auto& kept = zones[std::string(name)];
  kept = std::make_unique<Zone>(std::move(zone));
  return kept.get();
}

Result<std::int64_t> Zone::to_local(std::int64_t utc) const {
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), utc,
                                     [](std::int64_t t, const Change& c) { return t < c.at; });
  if (next == changes_.end() && goes_on_) {
    return Error(Errc::query, "the system's zone file does not cover this year");
  }
  return utc + (next == changes_.begin() ? first_ : std::prev(next)->after);
}

Result<std::int64_t> Zone::to_utc(std::int64_t local) const {
  const auto next = std::upper_bound(
      changes_.begin(), changes_.end(), local,
      [](std::int64_t t, const Change& c) { return t < c.at + std::min(c.before, c.after); });
  if (next == changes_.end() && goes_on_) {
    return Error(Errc::query, "the system's zone file does not cover this year");
  }
  return local - (next == changes_.begin() ? first_ : std::prev(next)->after);
}

}  // namespace harrier::query
