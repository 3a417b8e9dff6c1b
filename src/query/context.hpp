// What every part of one running query shares: its limits and its clock.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace harrier::query {

/// Set by another thread to end a query; it is looked at once per batch.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}

  void cancel() noexcept { flag_->store(true, std::memory_order_relaxed); }

  [[nodiscard]] bool cancelled() const noexcept { return flag_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

/// Bytes that a query holds on to beyond the batch in hand. Thread-safe.
class MemoryTracker {
 public:
  explicit MemoryTracker(std::uint64_t budget) : budget_(budget) {}

  /// Errors: limit, naming the remedy, when the budget would be exceeded.
  [[nodiscard]] Result<> reserve(std::uint64_t bytes);
  void release(std::uint64_t bytes) noexcept;

  [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(); }

  [[nodiscard]] std::uint64_t peak() const noexcept { return peak_.load(); }

 private:
  std::uint64_t budget_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> peak_{0};
};

/// Bytes of one owner; given back when it is destroyed.
class MemoryUse {
 public:
  explicit MemoryUse(MemoryTracker& tracker) : tracker_(&tracker) {}

  MemoryUse(const MemoryUse&) = delete;
  MemoryUse& operator=(const MemoryUse&) = delete;

  MemoryUse(MemoryUse&& other) noexcept : tracker_(other.tracker_), held_(other.held_) {
    other.held_ = 0;
  }

  MemoryUse& operator=(MemoryUse&&) = delete;

  ~MemoryUse() { tracker_->release(held_); }

  /// Holds `bytes` in all from now on.
  [[nodiscard]] Result<> set(std::uint64_t bytes);

 private:
  MemoryTracker* tracker_;
  std::uint64_t held_ = 0;
};

/// How far the scans of a query are. Its threads add to it; any thread may read it.
class ScanProgress {
 public:
  /// A scan of `rows` rows begins.
  void expect(std::uint64_t rows) noexcept { expected_ += rows; }

  void add(std::uint64_t rows) noexcept { done_ += rows; }

  /// Rows that the scans so far have to look at; 0 where none knows.
  [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }

  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }

 private:
  std::atomic<std::uint64_t> expected_{0};
  std::atomic<std::uint64_t> done_{0};
};

using ScanProgressPtr = std::shared_ptr<ScanProgress>;

/// Limits of one query.
struct Limits {
  std::uint64_t memory_bytes = 1ULL << 30;
  std::chrono::milliseconds deadline{std::chrono::minutes(3)};
  std::size_t threads = 2;              ///< of one scan
  std::uint64_t result_rows = 500'000;  ///< beyond it the result is cut and marked truncated
};

/// State of one running query. Shared by its threads; all members are safe to use from any of them.
class QueryContext {
 public:
  /// `mappings`: folder of local tables; empty: none. `stores`: folder of the table stores.
  QueryContext(const Limits& limits, Instant now, CancelToken cancel,
               std::filesystem::path mappings = {}, std::filesystem::path stores = {});
  /// Errors: cancelled, limit (the deadline passed).
  [[nodiscard]] Result<> check() const;

  /// The instant that `now()` is for the whole query.
  [[nodiscard]] Instant now() const noexcept { return now_; }

  [[nodiscard]] const std::filesystem::path& mappings() const noexcept { return mappings_; }

  [[nodiscard]] const std::filesystem::path& stores() const noexcept { return stores_; }

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

  [[nodiscard]] MemoryTracker& memory() noexcept { return memory_; }

  [[nodiscard]] ScanProgress& progress() noexcept { return *progress_; }

  /// Scans that begin from now on report there.
  void report_to(ScanProgressPtr progress) noexcept { progress_ = std::move(progress); }

 private:
  Limits limits_;
  Instant now_;
  CancelToken cancel_;
  std::filesystem::path mappings_;
  std::filesystem::path stores_;
  std::chrono::steady_clock::time_point deadline_;
  MemoryTracker memory_;
  ScanProgressPtr progress_ = std::make_shared<ScanProgress>();
};

}  // namespace harrier::query
