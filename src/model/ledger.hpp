// The ledger: which time windows of a stream are done, pending, partial or lost.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::model {

/// A half-open span of time [from, to).
struct Window {
  Instant from;
  Instant to;

  [[nodiscard]] constexpr bool empty() const noexcept { return to <= from; }

  [[nodiscard]] constexpr Ticks length() const noexcept { return to - from; }

  friend constexpr bool operator==(const Window&, const Window&) = default;
};

enum class WindowState : std::uint8_t {
  pending,  ///< work to do
  done,     ///< read whole and committed
  partial,  ///< given up after repeated attempts; the reason says why
  lost,     ///< the service no longer keeps it
};

[[nodiscard]] std::string_view to_string(WindowState state) noexcept;
[[nodiscard]] std::optional<WindowState> parse_window_state(std::string_view text) noexcept;

/// One span of a ledger.
struct LedgerEntry {
  Window window;
  WindowState state = WindowState::pending;
  std::string reason;

  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

/// Number of spans by state.
struct WindowCounts {
  int done = 0;
  int pending = 0;
  int partial = 0;
  int lost = 0;
};

/// Accounts for every moment between `begin()` and `end()` of one stream: spans are ordered, never
/// overlap, and neighbours of the same state and reason are one span. A value; not thread-safe.
class Ledger {
 public:
  Ledger() = default;
  /// From stored spans in any order.
  explicit Ledger(std::vector<LedgerEntry> entries);

  [[nodiscard]] const std::vector<LedgerEntry>& entries() const noexcept { return entries_; }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  [[nodiscard]] Instant begin() const noexcept { return entries_.front().window.from; }

  [[nodiscard]] Instant end() const noexcept { return entries_.back().window.to; }

  /// Gives `window` the state, whatever it had before, cutting spans at its borders.
  void mark(Window window, WindowState state, std::string reason = {});
  /// Marks as pending what lies between the end of the ledger and `horizon`; nothing when `horizon`
  /// is not later. An empty ledger begins at `origin`.
  void extend(Instant origin, Instant horizon);
  /// Spans between begin and end that no entry covers: empty in a sound ledger.
  [[nodiscard]] std::vector<Window> holes() const;
  [[nodiscard]] WindowCounts counts() const noexcept;
  /// End of the newest done span.
  [[nodiscard]] std::optional<Instant> last_done() const noexcept;
  /// Total length of pending spans.
  [[nodiscard]] Ticks pending_length() const noexcept;

 private:
  void coalesce();

  std::vector<LedgerEntry> entries_;
};

}  // namespace harrier::model
