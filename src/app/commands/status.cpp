#include "app/commands/commands.hpp"
#include "app/control.hpp"
#include "app/live_screen.hpp"
#include "app/status_page.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <ostream>
#include <thread>

namespace harrier::app {

namespace {

struct StatusOptions {
  bool watch = false;
  double interval = 2;
};

void print_json(Io& io, const Overview& overview, bool running) {
  JsonWriter json;
  json.begin_object().key("tables").begin_array();
  for (const auto& table : overview.tables) {
    if (table.enabled || table.listed || table.store.exists) write_status(json, table);
  }
  json.end_array().field("daemon_running", running).end_object();
  io.out << json.text() << '\n';
}

// What there is to show at one moment.
struct Look {
  Overview overview;
  bool running = false;
  Instant time;
};

Result<Look> look(Context& context, const settings::Settings& settings) {
  Look look;
  look.time = SystemClock().now();
  HARRIER_TRY(look.overview, make_overview(settings, context.catalog(), look.time));
  const auto daemon = ask_daemon(settings.storage.directory, "status");
  look.running = daemon.has_value() || daemon.error().code != Errc::not_found;
  return look;
}

Result<int> show(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto now, look(context, settings));
  if (context.json) {
    print_json(context.io(), now.overview, now.running);
  } else {
    print_status(context.io(), now.overview, now.running);
  }
  context.io().out.flush();
  return kDone;
}

Result<int> watch_live(Context& context, double interval) {
  HARRIER_TRY(auto settings, context.settings());
  HARRIER_TRY(auto now, look(context, settings));
  LiveScreen screen(context.io());
  StatusPage page;
  while (context.io().out.good()) {
    screen.draw(page.lines(context.io(), now.overview, now.running, now.time));
    if (!screen.wait(interval)) break;
    // A file that is being edited may be wrong for a while.
    if (auto changed = context.settings()) settings = *std::move(changed);
    HARRIER_TRY(now, look(context, settings));
  }
  return kDone;
}

Result<int> status(Context& context, const StatusOptions& options) {
  if (!options.watch) return show(context);
  Io& io = context.io();
  if (io.terminal && !context.json) return watch_live(context, options.interval);
  while (io.out.good()) {
    HARRIER_TRYV(show(context));
    if (!context.json) io.out << '\n';
    std::this_thread::sleep_for(std::chrono::duration<double>(options.interval));
  }
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto options = std::make_shared<StatusOptions>();
  auto* command = app.add_subcommand("status", "Show how collection of every table is doing");
  command->add_flag("--watch", options->watch,
                    "Again and again, until Ctrl-C; on a terminal a live page with rates");
  command->add_option("--interval", options->interval, "Seconds between two looks (default 2)")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS");
  command->add_flag("--json", context.json, "One JSON document; with --watch one a line");
  command->footer(
      "States: ok, waiting (no data yet), catching_up, throttled, denied (a permission is "
      "missing), unlicensed, failing, disabled.\n\n"
      "Examples:\n  harrier status --watch\n  harrier status --json | jq '.tables[] | "
      "select(.enabled and .state != \"ok\")'");
  command->callback(
      [&context, options] { context.run([&] { return status(context, *options); }); });
}

}  // namespace harrier::app
