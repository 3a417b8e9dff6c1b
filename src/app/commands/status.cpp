#include "app/commands/commands.hpp"
#include "app/control.hpp"
#include "app/overview.hpp"
#include "app/text_table.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <map>
#include <ostream>
#include <thread>

namespace harrier::app {

namespace {

struct StatusOptions {
  bool watch = false;
  double interval = 2;
};

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

void print_text(Io& io, const Overview& overview, bool running) {
  TextTable text({"TABLE", "STATE", ">ROWS", ">LAG", "LAST EVENT", ">DUPLICATES", ">LATE",
                  ">QUARANTINED", "NEXT POLL", "REMARK"});
  std::map<std::string, int> states;
  std::int64_t rows = 0;
  for (const auto& table : overview.tables) {
    if (!table.enabled && !table.store.exists) continue;
    if (table.enabled) ++states[table.state];
    rows += table.store.counts.rows;
    text.add_row({table.table->name, TextTable::Cell(table.state, state_colour(table.state)),
                  fmt::format("{}", table.store.counts.rows), seconds_text(table.lag_seconds),
                  time_text(table.store.last_event),
                  fmt::format("{}", table.store.counts.duplicates),
                  fmt::format("{}", table.store.counts.late), fmt::format("{}", table.quarantined),
                  time_text(table.enabled ? table.next_poll : std::nullopt), remark_of(io, table)});
  }
  text.print(io);
  std::string summary;
  for (const auto& [state, count] : states)
    summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, state);
  io.out << fmt::format("\n{} rows; enabled tables: {}.{}\n", rows,
                        summary.empty() ? "none" : summary,
                        running ? "" : " No daemon is running.");
}

void print_json(Io& io, const Overview& overview, bool running) {
  JsonWriter json;
  json.begin_object().key("tables").begin_array();
  for (const auto& table : overview.tables) {
    if (table.enabled || table.listed || table.store.exists) write_status(json, table);
  }
  json.end_array().field("daemon_running", running).end_object();
  io.out << json.text() << '\n';
}

Result<int> show(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto overview, make_overview(settings, context.catalog(), SystemClock().now()));
  const auto daemon = ask_daemon(settings.storage.directory, "status");
  const bool running = daemon.has_value() || daemon.error().code != Errc::not_found;
  if (context.json) {
    print_json(context.io(), overview, running);
  } else {
    print_text(context.io(), overview, running);
  }
  context.io().out.flush();
  return kDone;
}

Result<int> status(Context& context, const StatusOptions& options) {
  if (!options.watch) return show(context);
  Io& io = context.io();
  while (io.out.good()) {
    if (io.terminal && !context.json) io.out << "\x1b[H\x1b[2J";
    HARRIER_TRYV(show(context));
    if (!io.terminal && !context.json) io.out << '\n';
    std::this_thread::sleep_for(std::chrono::duration<double>(options.interval));
  }
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto options = std::make_shared<StatusOptions>();
  auto* command = app.add_subcommand("status", "Show how collection of every table is doing");
  command->add_flag("--watch", options->watch, "Again and again, until Ctrl-C");
  command->add_option("--interval", options->interval, "Seconds between two looks (default 2)")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS");
  command->add_flag("--json", context.json, "One JSON document; with --watch one a line");
  command->footer(
      "States: ok, waiting (no data yet), catching_up, throttled, denied (a permission is "
      "missing), unlicensed, failing, disabled.\n\n"
      "Examples:\n  harrier status --watch\n  harrier status --json | jq '.tables[] | "
      "select(.state != \"ok\")'");
  command->callback(
      [&context, options] { context.run([&] { return status(context, *options); }); });
}

}  // namespace harrier::app
