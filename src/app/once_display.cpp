#include "app/once_display.hpp"

#include "app/overview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace harrier::app {

namespace {

constexpr int kBarWidth = 20;
constexpr int kStateWidth = 12;
/// Columns of a terminal from which on names and bars have all the room they like.
constexpr int kWide = 100;
constexpr std::size_t kWideName = 40;
constexpr std::size_t kNarrowName = 30;

double share_done(const ingest::Progress& progress) {
  const auto total = static_cast<double>(progress.total.count());
  return total > 0 ? 1 - static_cast<double>(progress.pending.count()) / total : 0;
}

}  // namespace

std::int64_t OnceDisplay::rows(const std::string& table) const {
  return static_cast<std::int64_t>(metrics_.value("harrier_rows", {{"table", table}}));
}

std::string OnceDisplay::line(const ingest::TableProgress& table, std::size_t name_width) const {
  const std::string state =
      table.busy && table.status.state == "waiting" ? "reading" : table.status.state;
  const std::string name = shortened(table.status.table, name_width);
  const std::string text = fmt::format(
      "{}{}  {} {:>9} rows  ", name, std::string(name_width - display_width(name), ' '),
      progress_bar(share_done(table.progress), io_.width < kWide ? kBarWidth / 2 : kBarWidth),
      rows(table.status.table));
  const auto used = static_cast<int>(display_width(text)) + kStateWidth;
  const auto room = static_cast<std::size_t>(std::max(io_.width - used, 0));
  return text + paint(io_, state_colour(state), fmt::format("{:<{}}", state, kStateWidth)) +
         (table.status.reason.empty() || room == 0 ? "" : shortened(table.status.reason, room));
}

void OnceDisplay::draw(const std::vector<ingest::TableProgress>& tables) {
  refresh_size(io_);
  std::vector<const ingest::TableProgress*> shown;
  for (const auto& table : tables) shown.push_back(&table);
  // What does not fit is what is at rest.
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto* a, const auto* b) { return a->busy && !b->busy; });
  const auto room = static_cast<std::size_t>(std::max(io_.height - 2, 1));
  if (shown.size() > room) shown.resize(room);
  std::size_t names = 0;
  for (const auto* table : shown) names = std::max(names, display_width(table->status.table));
  names = std::min(names, io_.width < kWide ? kNarrowName : kWideName);
  // Lines that do not fit are cut and not wrapped, so that as many are drawn over as were drawn.
  std::string picture = "\x1b[?7l";
  if (drawn_ > 0) picture += fmt::format("\x1b[{}A\r\x1b[J", drawn_);
  for (const auto* table : shown) picture += line(*table, names) + "\n";
  io_.out << picture << "\x1b[?7h";
  io_.out.flush();
  drawn_ = static_cast<int>(shown.size());
}

// A line when the state changes, and at the end where the number of rows did.
void OnceDisplay::tell(const ingest::TableProgress& table, bool last) {
  const std::string& state = table.status.state;
  std::string line =
      fmt::format("{}: {}, {} rows{}{}", table.status.table, state, rows(table.status.table),
                  table.status.reason.empty() ? "" : ": ", table.status.reason);
  Told& told = told_[table.status.table];
  if (last ? told.line == line : told.state == state) return;
  if (told.state.empty() && state == "waiting" && !last) return;
  io_.out << line << '\n';
  io_.out.flush();
  told = Told{state, std::move(line)};
}

void OnceDisplay::update(const std::vector<ingest::TableProgress>& tables) {
  if (io_.terminal) {
    draw(tables);
    return;
  }
  for (const auto& table : tables) tell(table, false);
}

void OnceDisplay::finish(const ingest::OnceOutcome& outcome) {
  if (io_.terminal) {
    draw(outcome.tables);
  } else {
    for (const auto& table : outcome.tables) tell(table, true);
  }
  std::int64_t total = 0;
  std::map<std::string, int> states;
  for (const auto& table : outcome.tables) {
    total += rows(table.status.table);
    ++states[table.status.state];
  }
  io_.out << fmt::format("{} new rows; {}: {}\n", total,
                         outcome.caught_up ? "caught up" : "not caught up",
                         states.empty() ? "no table is enabled" : counts_text(states));
  io_.out.flush();
}

}  // namespace harrier::app
