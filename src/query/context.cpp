#include "query/context.hpp"

#include <fmt/format.h>

namespace harrier::query {

Result<> MemoryTracker::reserve(std::uint64_t bytes) {
  const std::uint64_t now = used_.fetch_add(bytes) + bytes;
  if (now > budget_) {
    used_.fetch_sub(bytes);
    return Error(
        Errc::limit,
        fmt::format("the query needs more than its {} MiB of memory; narrow its time span, "
                    "project fewer columns or summarize earlier",
                    budget_ >> 20));
  }
  std::uint64_t peak = peak_.load();
  while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
  }
  return {};
}

void MemoryTracker::release(std::uint64_t bytes) noexcept {
  used_.fetch_sub(bytes);
}

Result<> MemoryUse::set(std::uint64_t bytes) {
  if (bytes > held_) {
    HARRIER_TRYV(tracker_->reserve(bytes - held_));
  } else {
    tracker_->release(held_ - bytes);
  }
  held_ = bytes;
  return {};
}

QueryContext::QueryContext(const Limits& limits, Instant now, CancelToken cancel,
                           std::filesystem::path mappings, std::filesystem::path stores)
    : limits_(limits),
      now_(now),
      cancel_(std::move(cancel)),
      mappings_(std::move(mappings)),
      stores_(std::move(stores)),
      deadline_(std::chrono::steady_clock::now() + limits.deadline),
      memory_(limits.memory_bytes) {}

Result<> QueryContext::check() const {
  if (cancel_.cancelled()) return Error(Errc::cancelled, "the query was cancelled");
  if (std::chrono::steady_clock::now() > deadline_) {
    return Error(
        Errc::limit,
        fmt::format("the query ran longer than {} s; narrow its time span",
                    std::chrono::duration_cast<std::chrono::seconds>(limits_.deadline).count()));
  }
  return {};
}

}  // namespace harrier::query
