// Which window of a stream is due next: pure functions over its ledger.
#pragma once

#include "model/ledger.hpp"

#include <optional>

namespace harrier::ingest {

/// The limits a stream's windows keep.
struct WindowRules {
  Ticks min_width = std::chrono::seconds(1);
  Ticks max_width = std::chrono::hours(24);
  Ticks poll_interval = std::chrono::minutes(5);
  /// How far back the service answers; older pending time is lost. Zero: without limit.
  Ticks retention = std::chrono::hours(24 * 30);
};

/// Makes `ledger` reach `horizon` (as pending), beginning at `origin` when it is empty, and marks
/// as lost what is pending but older than the service keeps. Returns true when something became
/// lost.
bool advance(model::Ledger& ledger, Instant origin, Instant horizon, Instant now,
             const WindowRules& rules);

/// The next window to read, at most `width` long; nullopt when nothing is pending.
///
/// Catch-up runs oldest first, but the newest span is never starved: when `newest_due` the last
/// poll interval before the horizon comes first. A rest shorter than a tenth of `width` is taken
/// along rather than left for a query of its own.
[[nodiscard]] std::optional<model::Window> next_window(const model::Ledger& ledger, Ticks width,
                                                       bool newest_due, const WindowRules& rules);

/// The same, no further than `horizon`: the ledger may end later, because the first answers can
/// show that the service's clock is behind.
[[nodiscard]] std::optional<model::Window> next_window_before(Instant horizon,
                                                              const model::Ledger& ledger,
                                                              Ticks width, bool newest_due,
                                                              const WindowRules& rules);
/// True when something pending begins before `horizon`.
[[nodiscard]] bool is_pending_before(Instant horizon, const model::Ledger& ledger);
/// True when `window` ended `settle` ago by the service's clock, as its last answer told it.
[[nodiscard]] bool has_settled(const model::Window& window, Instant now, Ticks settle);

/// The width of a stream's windows, adapted to how full the answers are: halved when an answer was
/// cut or refused, widened after three in a row under a quarter of the limits, shrunk towards half
/// full in between. An answer so small that eight times its span stays under a quarter widens at
/// once: the first fill of a quiet table costs a few requests of the tenant's budget, not dozens.
/// A value.
class AdaptiveWidth {
 public:
  AdaptiveWidth(Ticks start, const WindowRules& rules)
      : width_(start), min_(rules.min_width), max_(rules.max_width) {}

  [[nodiscard]] Ticks width() const noexcept { return width_; }

  [[nodiscard]] bool at_minimum() const noexcept { return width_ <= min_; }

  /// A window of `length` came whole and filled `fill` (0..1) of the tighter limit.
  void accepted(Ticks length, double fill) noexcept;
  /// A window of `length` was cut or refused: the next is half of it.
  void refused(Ticks length) noexcept;

 private:
  Ticks width_;
  Ticks min_;
  Ticks max_;
  int quiet_ = 0;
};

}  // namespace harrier::ingest
