#include "ingest/planner.hpp"

#include <algorithm>

namespace harrier::ingest {

namespace {

// The Date header has whole seconds, and answers travel.
constexpr Ticks kClockGrain = std::chrono::seconds(2);
constexpr double kQuietFill = 0.25;
constexpr int kIdleFactor = 8;
constexpr double kIdleFill = kQuietFill / kIdleFactor;
constexpr double kFullFill = 0.70;
constexpr int kQuietWindows = 3;

Ticks whole_seconds(Ticks length) {
  const Ticks second = std::chrono::seconds(1);
  return std::max(length / second * second, second);
}

}  // namespace

bool advance(model::Ledger& ledger, Instant origin, Instant horizon, Instant now,
             const WindowRules& rules) {
  ledger.extend(origin, horizon);
  if (rules.retention.count() == 0) return false;
  const Instant oldest = now - rules.retention;
  std::vector<model::Window> expired;
  for (const auto& entry : ledger.entries()) {
    if (entry.state != model::WindowState::pending || entry.window.from >= oldest) continue;
    expired.push_back({entry.window.from, std::min(entry.window.to, oldest)});
  }
  for (const auto& window : expired)
    ledger.mark(window, model::WindowState::lost, "older than the service keeps");
  return !expired.empty();
}

std::optional<model::Window> next_window(const model::Ledger& ledger, Ticks width, bool newest_due,
                                         const WindowRules& rules) {
  const model::LedgerEntry* oldest = nullptr;
  const model::LedgerEntry* newest = nullptr;
  for (const auto& entry : ledger.entries()) {
    if (entry.state != model::WindowState::pending) continue;
    if (oldest == nullptr) oldest = &entry;
    newest = &entry;
  }
  if (oldest == nullptr) return std::nullopt;
  width = std::clamp(width, rules.min_width, rules.max_width);

  model::Window window = oldest->window;
  const bool backlog = window.length() > rules.poll_interval || oldest != newest;
  if (newest_due && backlog && newest->window.to == ledger.end()) {
    window = newest->window;
    window.from = std::max(window.from, window.to - std::min(width, rules.poll_interval));
    return window;
  }
  if (window.length() > std::min(width + width / 10, rules.max_width))
    window.to = window.from + width;
  return window;
}

std::optional<model::Window> next_window_before(Instant horizon, const model::Ledger& ledger,
                                                Ticks width, bool newest_due,
                                                const WindowRules& rules) {
  auto window = next_window(ledger, width, newest_due, rules);
  if (window) window->to = std::min(window->to, horizon);
  return window && window->empty() ? std::nullopt : window;
}

bool is_pending_before(Instant horizon, const model::Ledger& ledger) {
  const auto& spans = ledger.entries();
  return std::any_of(spans.begin(), spans.end(), [&](const auto& span) {
    return span.state == model::WindowState::pending && span.window.from < horizon;
  });
}

bool has_settled(const model::Window& window, Instant now, Ticks settle) {
  return window.to <= now - settle + kClockGrain;
}

void AdaptiveWidth::accepted(Ticks length, double fill) noexcept {
  if (fill >= kFullFill) {
    quiet_ = 0;
    width_ = std::clamp(whole_seconds(length * 3 / 4), min_, max_);
  } else if (fill < kIdleFill && length >= width_) {
    quiet_ = 0;
    width_ = std::min(width_ * kIdleFactor, max_);
  } else if (fill < kQuietFill) {
    if (length >= width_ && ++quiet_ >= kQuietWindows) {
      quiet_ = 0;
      width_ = std::min(width_ * 2, max_);
    }
  } else {
    quiet_ = 0;
  }
}

void AdaptiveWidth::refused(Ticks length) noexcept {
  quiet_ = 0;
  width_ = std::clamp(whole_seconds(std::min(length, width_) / 2), min_, max_);
}

}  // namespace harrier::ingest
