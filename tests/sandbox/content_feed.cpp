// Blobs of one content type: pure functions of their number.
#include "sandbox/hash.hpp"
#include "sandbox/management.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace harrier::sandbox {
namespace {

constexpr std::uint64_t kRecordsPerBlob = 25;
constexpr std::int64_t kMinute = 60 * kTicksPerSecond;
constexpr Ticks kLongestRedelivery(45 * kMinute);

}  // namespace

ContentFeed::ContentFeed(const World& world, std::string_view content_type)
    : world_(world), content_type_(content_type), timeline_(world.options(), content_type) {
  const auto& options = world.options();
  const auto own = options.events_of.find(std::string(content_type));
  history_ = own == options.events_of.end() ? options.events : own->second;
  is_live_ = options.rate > 0;
}

ContentFeed::Blob ContentFeed::blob(std::uint64_t number) const {
  Blob blob;
  blob.number = number;
  blob.first = number * kRecordsPerBlob;
  blob.last = blob.first + kRecordsPerBlob;
  // The history's last blob may be a short one; live records go on in the next.
  if (blob.first < history_ && blob.last > history_ && !is_live_) blob.last = history_;
  blob.created = round_down(timeline_.ingestion(blob.last - 1), 3) + Ticks(10'000);
  blob.is_expired =
      chance(world_.hash(name_hash(content_type_) ^ 61, number), world_.options().expired_blobs);
  return blob;
}

std::optional<ContentFeed::Blob> ContentFeed::redelivery(std::uint64_t number) const {
  const auto hash = world_.hash(name_hash(content_type_) ^ 62, number);
  if (hash % 7 != 0) return std::nullopt;
  auto again = blob(number);
  again.is_redelivery = true;
  again.is_expired = false;
  again.created =
      again.created + Ticks(10 * kMinute + static_cast<std::int64_t>(mix(hash) % 30) * kMinute);
  return again;
}

std::vector<ContentFeed::Blob> ContentFeed::blobs(Instant from, Instant to) const {
  std::vector<Blob> result;
  const auto total = timeline_.count_before(to);
  const auto first =
      timeline_.count_before(from - kLongestRedelivery - Ticks(kMinute)) / kRecordsPerBlob;
  for (auto number = first; number * kRecordsPerBlob < total; ++number) {
    const auto candidate = blob(number);
    if (candidate.created >= from && candidate.created < to) result.push_back(candidate);
    const auto again = redelivery(number);
    if (again && again->created >= from && again->created < to) result.push_back(*again);
  }
  std::ranges::sort(result, {}, &Blob::created);
  return result;
}

std::string ContentFeed::id_of(const Blob& blob) const {
  auto type = std::string(content_type_);
  std::ranges::replace(type, '.', '_');
  return fmt::format("{:017}${:06}${}${}", blob.number, blob.last,
                     blob.is_redelivery ? "again" : "first", type);
}

std::optional<ContentFeed::Blob> ContentFeed::find(std::string_view id) const {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (code != std::errc() || end == id.data()) return std::nullopt;
  if (const auto found = blob(number); id_of(found) == id) return found;
  const auto again = redelivery(number);
  return again && id_of(*again) == id ? again : std::nullopt;
}

std::string ContentFeed::content(const Blob& blob) const {
  std::vector<std::uint64_t> order;
  for (auto i = blob.first; i < blob.last; ++i) {
    order.push_back(i);
    if (world_.hash(63, i) % 20 == 0) order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](std::uint64_t i) {
    return mix(i, blob.number + (blob.is_redelivery ? 1000 : 0));
  });
  std::string body = "[";
  for (const auto i : order) {
    if (body.size() > 1) body += ",\r\n";
    body += record(i).record.to_json();
  }
  return body + "]";
}

AuditRecord ContentFeed::record(std::uint64_t index) const {
  const auto hash = world_.hash(name_hash(content_type_) ^ 64, index);
  const auto created = timeline_.ingestion(index) -
                       Ticks(10 * kMinute + static_cast<std::int64_t>(hash % 80) * kMinute);
  return make_audit_record(world_, content_type_, index, round_down(created, 0));
}

std::uint64_t ContentFeed::count_before(Instant time) const {
  auto count = timeline_.count_before(time);
  while (count > 0 && blob((count - 1) / kRecordsPerBlob).created >= time) {
    count = (count - 1) / kRecordsPerBlob * kRecordsPerBlob;
  }
  return count;
}

Instant ContentFeed::expiration(const Blob& blob) const {
  return blob.created + world_.options().blob_life;
}

bool ContentFeed::is_lost(std::uint64_t index, Instant now) const {
  const auto number = index / kRecordsPerBlob;
  const auto first = blob(number);
  const auto again = redelivery(number);
  const bool can_read_first = !first.is_expired && expiration(first) >= now;
  return !can_read_first && !(again && expiration(*again) >= now);
}

}  // namespace harrier::sandbox
