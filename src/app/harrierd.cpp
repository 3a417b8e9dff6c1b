#include "app/command_line.hpp"
#include "app/daemon.hpp"
#include "app/process.hpp"
#include "app/usage.hpp"
#include "base/log.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

constexpr const char* kNotes =
    R"(Signals: SIGTERM and SIGINT stop within 10 seconds and lose nothing; SIGHUP reads the configuration again.

Examples:
  harrierd --config ./harrier.toml
  harrierd --once                  first fill, or from cron

Exit codes: 0 stopped, or (--once) every table is caught up; 1 the folder of the stores cannot be used or is in use, or (--once) some
table could not be caught up; 2 wrong usage or configuration.)";

// The outcome of a daemon's life as an exit code.
template <class T>
int finish(Io& io, const Result<T>& outcome) {
  if (outcome) return kDone;
  io.err << fmt::format("harrierd: {}\n", outcome.error().message);
  return outcome.error().code == Errc::config ? kUsage : kFailed;
}

int run_daemon(Io& io, settings::Settings settings, const model::Catalog& catalog, bool once) {
  asio::io_context context(1);
  Daemon daemon(context, io, std::move(settings), catalog);
  if (const auto opened = daemon.open(); !opened) return finish(io, opened);
  int code = kFailed;
  if (once) {
    asio::co_spawn(context, daemon.collect_once(),
                   [&](std::exception_ptr thrown, const Result<bool>& caught_up) {
                     if (!thrown) code = caught_up && !*caught_up ? kFailed : finish(io, caught_up);
                     context.stop();
                   });
  } else {
    asio::co_spawn(context, daemon.serve(), [&](std::exception_ptr thrown, const Result<>& served) {
      if (!thrown) code = finish(io, served);
      context.stop();
    });
  }
  context.run();
  return code;
}

}  // namespace

int run_harrierd(std::vector<std::string> arguments, Io& io) {
  std::string config;
  bool once = false;
  CLI::App app("Collects Microsoft 365 security events into stores of your own.", "harrierd");
  app.set_version_flag("--version", "harrierd " HARRIER_VERSION);
  app.add_option("--config", config,
                 "Configuration file (default: $HARRIER_CONFIG, then /etc/harrier/harrier.toml)")
      ->type_name("FILE");
  app.add_flag("--once", once, "Collect until every enabled table is caught up, then exit");
  app.footer(kNotes);
  const auto typed = arguments;
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, io.out, io.err);
    io.err << fmt::format("harrierd: {}\n", usage_problem(app, typed, error));
    return kUsage;
  }
  const auto catalog = model::Catalog::load_embedded();
  if (!catalog) return finish(io, catalog);
  auto loaded = settings::load(configuration_file(config), *catalog);
  for (const auto& problem : loaded.problems) io.err << "harrierd: " << problem.text() << '\n';
  if (!loaded.settings) return kUsage;
  harden_process();
  configure_logging(*loaded.settings);
  return run_daemon(io, std::move(*loaded.settings), *catalog, once);
}

}  // namespace harrier::app
