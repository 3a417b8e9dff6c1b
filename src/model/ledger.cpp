#include "model/ledger.hpp"

#include <algorithm>
#include <array>

namespace harrier::model {

namespace {

constexpr std::array<std::string_view, 4> kStates = {"pending", "done", "partial", "lost"};

}  // namespace

std::string_view to_string(WindowState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<WindowState> parse_window_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<WindowState>(i);
  }
  return std::nullopt;
}

Ledger::Ledger(std::vector<LedgerEntry> entries) : entries_(std::move(entries)) {
  coalesce();
}

void Ledger::coalesce() {
  std::sort(entries_.begin(), entries_.end(), [](const LedgerEntry& a, const LedgerEntry& b) {
    return a.window.from < b.window.from;
  });
  std::vector<LedgerEntry> merged;
  for (auto& entry : entries_) {
    if (entry.window.empty()) continue;
    if (!merged.empty() && merged.back().window.to == entry.window.from &&
        merged.back().state == entry.state && merged.back().reason == entry.reason) {
      merged.back().window.to = entry.window.to;
    } else {
      merged.push_back(std::move(entry));
    }
  }
  entries_ = std::move(merged);
}

void Ledger::mark(Window window, WindowState state, std::string reason) {
  if (window.empty()) return;
  std::vector<LedgerEntry> kept;
  for (auto& entry : entries_) {
    LedgerEntry before = entry;
    before.window.to = std::min(before.window.to, window.from);
    LedgerEntry after = std::move(entry);
    after.window.from = std::max(after.window.from, window.to);
    if (!before.window.empty()) kept.push_back(std::move(before));
    if (!after.window.empty()) kept.push_back(std::move(after));
  }
  LedgerEntry marked;
  marked.window = window;
  marked.state = state;
  marked.reason = std::move(reason);
  kept.push_back(std::move(marked));
  entries_ = std::move(kept);
  coalesce();
}

void Ledger::extend(Instant origin, Instant horizon) {
  const Instant start = entries_.empty() ? origin : end();
  if (horizon > start) mark(Window{start, horizon}, WindowState::pending);
}

std::vector<Window> Ledger::holes() const {
  std::vector<Window> holes;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    const Window gap{entries_[i - 1].window.to, entries_[i].window.from};
    if (!gap.empty()) holes.push_back(gap);
  }
  return holes;
}

WindowCounts Ledger::counts() const noexcept {
  WindowCounts counts;
  for (const auto& entry : entries_) {
    switch (entry.state) {
      case WindowState::pending:
        ++counts.pending;
        break;
      case WindowState::done:
        ++counts.done;
        break;
      case WindowState::partial:
        ++counts.partial;
        break;
      case WindowState::lost:
        ++counts.lost;
        break;
    }
  }
  return counts;
}

std::optional<Instant> Ledger::last_done() const noexcept {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->state == WindowState::done) return entry->window.to;
  }
  return std::nullopt;
}

Ticks Ledger::pending_length() const noexcept {
  Ticks total{0};
  for (const auto& entry : entries_) {
    if (entry.state == WindowState::pending) total += entry.window.length();
  }
  return total;
}

}  // namespace harrier::model
