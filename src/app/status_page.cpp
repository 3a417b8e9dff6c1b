#include "app/status_page.hpp"

#include "app/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

namespace harrier::app {

namespace {

/// Rates are those of this last time: long enough to even out the pages in which rows come.
constexpr Ticks kRateOver{30 * kTicksPerSecond};
/// Columns of the page and of the list that may be missing on a narrow terminal, first the first.
constexpr std::array<std::string_view, 5> kSpareOnPage = {"LAST EVENT", "NEXT POLL", "ROWS/S",
                                                          "LAG", "ROWS"};
constexpr std::array<std::string_view, 7> kSpareInList = {
    "DUPLICATES", "LATE", "NEXT POLL", "LAST EVENT", "QUARANTINED", "LAG", "ROWS"};

// A number of the saved progress, an object that the daemon wrote.
std::optional<double> number_of(std::string_view json, std::string_view key) {
  const std::string mark = fmt::format("\"{}\":", key);
  const auto at = json.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = json.substr(at + mark.size());
  double value = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return code == std::errc() ? std::optional(value) : std::nullopt;
}

// How far a backfill is, as a bar and in words.
std::string backfill_text(const Io& io, std::string_view json) {
  const auto done = number_of(json, "done");
  if (!done) return "";
  constexpr int kBarWidth = 10;
  std::string out = io.terminal ? progress_bar(*done, kBarWidth) + " " : "";
  out += fmt::format("{:.0f} % of the past read", *done * 100);
  if (const auto left = number_of(json, "eta_seconds"))
    out += fmt::format(", {} left",
                       format_duration(Ticks(static_cast<std::int64_t>(*left) * kTicksPerSecond)));
  return out;
}

// What stands behind the state: its reason, or how far a catch-up is.
std::string remark_of(const Io& io, const TableOverview& table) {
  if (!table.reason.empty()) return table.reason;
  if (table.windows.lost > 0)
    return fmt::format("{} windows are lost: older than the service keeps", table.windows.lost);
  if (table.windows.partial > 0)
    return fmt::format("{} windows are partial; harrier verify says why", table.windows.partial);
  return backfill_text(io, table.backfill);
}

std::string seconds_text(std::optional<std::int64_t> seconds) {
  return seconds ? format_duration(Ticks(*seconds * kTicksPerSecond)) : std::string("-");
}

std::string rate_text(std::optional<double> rate) {
  if (!rate) return "-";
  return *rate > 0 && *rate < 10 ? fmt::format("{:.1f}", *rate) : fmt::format("{:.0f}", *rate);
}

std::string clock_text(std::optional<Instant> time) {
  return time ? time_text(time).substr(11) : "-";
}

bool is_shown(const TableOverview& table) {
  return table.enabled || table.store.exists;
}

// `2 catching_up, 10 ok`, of the enabled tables.
std::string states_text(const Overview& overview) {
  std::map<std::string, int> states;
  for (const auto& table : overview.tables) {
    if (table.enabled) ++states[table.state];
  }
  return states.empty() ? "none" : counts_text(states);
}

std::int64_t total_rows(const Overview& overview) {
  std::int64_t rows = 0;
  for (const auto& table : overview.tables) rows += table.store.counts.rows;
  return rows;
}

// What needs somebody or moves comes first when not every table fits; 0 is most urgent.
int urgency(const TableOverview& table) {
  const Colour colour = state_colour(table.state);
  if (colour == Colour::red) return 0;
  if (colour == Colour::yellow) return 1;
  return table.enabled ? 2 : 3;
}

// A sentence in lines of `width` columns, the first after `name`.
void add_wrapped(std::vector<std::string>& lines, const std::string& name, std::string_view text,
                 std::size_t width) {
  std::string line = name + ":";
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (display_width(line) + 1 + display_width(word) > width && !line.empty()) {
      lines.push_back(std::move(line));
      line = " ";
    }
    line.append(" ").append(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  lines.push_back(std::move(line));
}

}  // namespace

void print_status(const Io& io, const Overview& overview, bool running) {
  TextTable text({"TABLE", "STATE", ">ROWS", ">LAG", "LAST EVENT", ">DUPLICATES", ">LATE",
                  ">QUARANTINED", "NEXT POLL", "REMARK"});
  for (const auto& table : overview.tables) {
    if (!is_shown(table)) continue;
    text.add_row({table.table->name, TextTable::Cell(table.state, state_colour(table.state)),
                  fmt::format("{}", table.store.counts.rows), seconds_text(table.lag_seconds),
                  time_text(table.store.last_event),
                  fmt::format("{}", table.store.counts.duplicates),
                  fmt::format("{}", table.store.counts.late), fmt::format("{}", table.quarantined),
                  time_text(table.enabled ? table.next_poll : std::nullopt), remark_of(io, table)});
  }
  std::string missing;
  for (const auto& heading : text.fit(io, kSpareInList))
    missing += (missing.empty() ? "" : ", ") + heading;
  text.print(io);
  io.out << fmt::format("\n{} rows; enabled tables: {}.{}\n", total_rows(overview),
                        states_text(overview), running ? "" : " No daemon is running.");
  if (!missing.empty())
    io.out << paint(io, Colour::dim, fmt::format("Not in this width: {}.", missing)) << '\n';
}

std::optional<double> StatusPage::rate(const std::string& table) const {
  const Look& first = looks_.front();
  const Look& last = looks_.back();
  const auto before = first.rows.find(table);
  const double seconds =
      static_cast<double>((last.time - first.time).count()) / static_cast<double>(kTicksPerSecond);
  if (seconds <= 0 || before == first.rows.end()) return std::nullopt;
  // Retention takes rows away.
  const auto rows = std::max<std::int64_t>(last.rows.at(table) - before->second, 0);
  return static_cast<double>(rows) / seconds;
}

std::vector<std::string> StatusPage::lines(const Io& io, const Overview& overview, bool running,
                                           Instant now) {
  Look look;
  look.time = now;
  std::vector<const TableOverview*> tables;
  for (const auto& table : overview.tables) {
    if (!is_shown(table)) continue;
    tables.push_back(&table);
    look.rows.emplace(table.table->name, table.store.counts.rows);
  }
  looks_.push_back(std::move(look));
  while (looks_.size() > 2 && now - looks_[1].time >= kRateOver) looks_.pop_front();

  // Two lines above the list, its heading, and one below for what does not fit.
  const auto room = static_cast<std::size_t>(std::max(io.height - 5, 1));
  const std::size_t all = tables.size();
  if (all > room) {
    std::vector<const TableOverview*> urgent = tables;
    std::stable_sort(urgent.begin(), urgent.end(),
                     [](const auto* a, const auto* b) { return urgency(*a) < urgency(*b); });
    urgent.resize(room);
    std::erase_if(tables, [&](const auto* table) {
      return std::find(urgent.begin(), urgent.end(), table) == urgent.end();
    });
  }

  double sum = 0;
  for (const auto& [name, rows] : looks_.back().rows) sum += rate(name).value_or(0);
  TextTable text(
      {"TABLE", "STATE", ">ROWS", ">ROWS/S", ">LAG", "LAST EVENT", "NEXT POLL", "REMARK"});
  for (const auto* table : tables)
    text.add_row({table->table->name, TextTable::Cell(table->state, state_colour(table->state)),
                  with_commas(table->store.counts.rows), rate_text(rate(table->table->name)),
                  seconds_text(table->lag_seconds), time_text(table->store.last_event),
                  clock_text(table->enabled ? table->next_poll : std::nullopt),
                  remark_of(io, *table)});
  (void)text.fit(io, kSpareOnPage);

  const auto width = static_cast<std::size_t>(std::max(io.width, 1));
  std::vector<std::string> out;
  const std::string daemon = running ? "collecting" : "no daemon is running";
  out.push_back(fmt::format("{}  {}  {}", paint(io, Colour::bold, "Harrier"),
                            paint(io, running ? Colour::green : Colour::red, daemon),
                            paint(io, Colour::dim, time_text(now) + " UTC, Ctrl-C ends")));
  out.push_back(shortened(
      fmt::format("{} rows, {} a second; enabled tables: {}", with_commas(total_rows(overview)),
                  rate_text(looks_.size() > 1 ? std::optional(sum) : std::nullopt),
                  states_text(overview)),
      width));
  out.emplace_back();
  for (auto& line : text.lines(io)) out.push_back(std::move(line));
  if (all > tables.size())
    out.push_back(paint(io, Colour::dim,
                        fmt::format("{} more do not fit on this terminal", all - tables.size())));
  // Reasons in full, where there is room for them.
  std::vector<std::string> reasons;
  for (const auto* table : tables) {
    if (!table->reason.empty()) add_wrapped(reasons, table->table->name, table->reason, width);
  }
  if (!reasons.empty() && out.size() + 1 + reasons.size() <= static_cast<std::size_t>(io.height)) {
    out.emplace_back();
    for (auto& line : reasons) out.push_back(std::move(line));
  }
  return out;
}

}  // namespace harrier::app
