#include "app/once_display.hpp"

#include "app/overview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace harrier::app {

namespace {

constexpr int kBarWidth = 20;

double share_done(const ingest::Progress& progress) {
  const auto total = static_cast<double>(progress.total.count());
  return total > 0 ? 1 - static_cast<double>(progress.pending.count()) / total : 0;
}

}  // namespace

std::int64_t OnceDisplay::rows(const std::string& table) const {
  return static_cast<std::int64_t>(metrics_.value("harrier_rows", {{"table", table}}));
}

std::string OnceDisplay::line(const ingest::TableProgress& table) const {
  const std::string state =
      table.busy && table.status.state == "waiting" ? "reading" : table.status.state;
  const std::string text =
      fmt::format("{:<36} {} {:>10} rows  ", shortened(table.status.table, 36),
                  progress_bar(share_done(table.progress), kBarWidth), rows(table.status.table));
  const auto room = static_cast<std::size_t>(
      std::max(io_.width - static_cast<int>(display_width(text)) - 14, 10));
  return text + paint(io_, state_colour(state), fmt::format("{:<12}", state)) +
         shortened(table.status.reason, room);
}

void OnceDisplay::draw(const std::vector<ingest::TableProgress>& tables) {
  if (drawn_ > 0) io_.out << fmt::format("\x1b[{}A\x1b[J", drawn_);
  std::vector<const ingest::TableProgress*> shown;
  for (const auto& table : tables) shown.push_back(&table);
  // What does not fit is what is at rest.
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto* a, const auto* b) { return a->busy && !b->busy; });
  const auto room = static_cast<std::size_t>(std::max(io_.height - 2, 4));
  drawn_ = static_cast<int>(std::min(shown.size(), room));
  for (int i = 0; i < drawn_; ++i) io_.out << line(*shown[static_cast<std::size_t>(i)]) << '\n';
  io_.out.flush();
}

void OnceDisplay::update(const std::vector<ingest::TableProgress>& tables) {
  if (io_.terminal) {
    draw(tables);
    return;
  }
  for (const auto& table : tables) {
    std::string& printed = states_[table.status.table];
    if (printed == table.status.state || (printed.empty() && table.status.state == "waiting"))
      continue;
    printed = table.status.state;
    io_.out << fmt::format("{}: {}, {} rows{}{}\n", table.status.table, table.status.state,
                           rows(table.status.table), table.status.reason.empty() ? "" : ": ",
                           table.status.reason);
    io_.out.flush();
  }
}

void OnceDisplay::finish(const ingest::OnceOutcome& outcome) {
  update(outcome.tables);
  std::int64_t total = 0;
  std::map<std::string, int> states;
  for (const auto& table : outcome.tables) {
    total += rows(table.status.table);
    ++states[table.status.state];
  }
  std::string list;
  for (const auto& [state, count] : states)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, state);
  io_.out << fmt::format("{} new rows; {}: {}\n", total,
                         outcome.caught_up ? "caught up" : "not caught up",
                         list.empty() ? "no table is enabled" : list);
  io_.out.flush();
}

}  // namespace harrier::app
