#include "ingest/table_progress.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace harrier::ingest {

namespace {

// From what needs nobody to what needs somebody most.
constexpr std::array<std::string_view, 7> kUrgency = {
    "unlicensed", "ok", "waiting", "catching_up", "throttled", "failing", "denied"};

auto urgency(std::string_view state) {
  return std::find(kUrgency.begin(), kUrgency.end(), state) - kUrgency.begin();
}

std::string named_reason(const TableProgress& entry) {
  return entry.status.reason.empty() ? "" : entry.stream + ": " + entry.status.reason;
}

// The smaller of two; nothing when one is not known.
template <typename T>
std::optional<T> smaller(const std::optional<T>& a, const std::optional<T>& b) {
  if (!a || !b) return std::nullopt;
  return std::min(*a, *b);
}

void merge(TableProgress& into, const TableProgress& other) {
  if (const std::string reason = named_reason(other); !reason.empty())
    into.status.reason += (into.status.reason.empty() ? "" : "; ") + reason;
  if (urgency(other.status.state) > urgency(into.status.state))
    into.status.state = other.status.state;
  into.status.last_success = smaller(into.status.last_success, other.status.last_success);
  if (other.status.next_poll)
    into.status.next_poll =
        std::min(into.status.next_poll.value_or(*other.status.next_poll), *other.status.next_poll);
  if (into.status.backfill.empty()) into.status.backfill = other.status.backfill;
  into.progress.done_until = smaller(into.progress.done_until, other.progress.done_until);
  into.expected_lag = std::max(into.expected_lag, other.expected_lag);
  into.progress.pending += other.progress.pending;
  into.progress.total += other.progress.total;
  into.progress.windows.done += other.progress.windows.done;
  into.progress.windows.pending += other.progress.windows.pending;
  into.progress.windows.partial += other.progress.windows.partial;
  into.progress.windows.lost += other.progress.windows.lost;
  into.busy = into.busy || other.busy;
}

}  // namespace

std::vector<TableProgress> merge_by_table(std::vector<TableProgress> entries) {
  std::vector<TableProgress> merged;
  std::vector<bool> several;
  for (auto& entry : entries) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const TableProgress& known) {
      return known.status.table == entry.status.table;
    });
    if (same == merged.end()) {
      merged.push_back(std::move(entry));
      several.push_back(false);
      continue;
    }
    const auto index = static_cast<std::size_t>(same - merged.begin());
    if (!several[index]) same->status.reason = named_reason(*same);
    several[index] = true;
    merge(*same, entry);
  }
  return merged;
}

}  // namespace harrier::ingest
