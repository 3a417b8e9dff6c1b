#include "app/command_line.hpp"

#include "app/commands/commands.hpp"
#include "app/usage.hpp"
#include "base/text.hpp"
#include "model/views.hpp"
#include "storage/directory.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace harrier::app {

namespace {

constexpr const char* kExamples = R"(First steps:
  harrier check                                is the configuration right?
  harrier doctor                               does the tenant answer, are all permissions granted?
  harrier tables                               what can be collected, and what is
  harrier enable DeviceEvents                  collect one more table, at once
  harrier status --watch                       how collection is doing
  harrier query 'DeviceProcessEvents | where FileName =~ "powershell.exe" | take 10'

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 verify found a hole or damage, 4 the KQL text is wrong.)";

int exit_code_of(Errc code) {
  if (code == Errc::config) return kUsage;
  return code == Errc::query ? kWrongQuery : kFailed;
}

void add_commands(CLI::App& app, Context& context) {
  add_check(app, context);
  add_doctor(app, context);
  add_listings(app, context);
  add_switches(app, context);
  add_status(app, context);
  add_query(app, context);
  add_verify(app, context);
  add_backfill(app, context);
  add_quarantine(app, context);
  add_flags(app, context);
  add_timeline(app, context);
  add_backup(app, context);
  add_completion(app, context);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::string say_unknown(const std::string& word, const std::vector<std::string>& commands) {
  const std::string nearest = nearest_name(word, commands);
  return nearest.empty() ? fmt::format("there is no command {}; harrier --help lists them", word)
                         : fmt::format("there is no command {}; did you mean {}?", word, nearest);
}

}  // namespace

std::filesystem::path configuration_file(const std::string& option) {
  if (!option.empty()) return option;
  const char* variable = std::getenv("HARRIER_CONFIG");
  return variable != nullptr && *variable != '\0' ? variable : "/etc/harrier/harrier.toml";
}

const model::Catalog& Context::catalog() {
  if (!catalog_) catalog_ = model::Catalog::load_embedded().value();
  return *catalog_;
}

Result<settings::Settings> Context::settings() {
  HARRIER_TRY(auto settings, settings::load_or_error(file(), catalog(), settings::FileChecks::off));
  HARRIER_TRYV(storage::check_readable(settings.storage.directory));
  return settings;
}

Result<model::TablePtr> Context::table(const std::string& name) {
  auto table = catalog().find(name);
  if (table != nullptr && table->selectable) return table;
  if (table != nullptr)
    return Error(Errc::config,
                 fmt::format("{} only describes what an API sends and is not collected", name));
  if (const auto renamed = catalog().find_alias(name))
    return Error(Errc::config, fmt::format("{} is an older name; write {}", name, renamed->name));
  if (const auto* view = model::find_view(name))
    return Error(Errc::config, fmt::format("{} is a view that comes with its table; write {}", name,
                                           view->table));
  const auto nearest = nearest_name(name, catalog().names());
  return Error(Errc::config,
               nearest.empty()
                   ? fmt::format("there is no table {}; `harrier tables --all` lists them", name)
                   : fmt::format("there is no table {}; did you mean {}?", name, nearest));
}

void Context::run(const std::function<Result<int>()>& work) {
  const auto outcome = work();
  io_.out.flush();
  exit_code_ = outcome ? *outcome : exit_code_of(outcome.error().code);
  if (!outcome)
    io_.err << fmt::format("{} {}\n", paint(io_, Colour::red, "harrier:"), outcome.error().message);
}

std::string command_of(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--config") {
      ++i;
    } else if (!arguments[i].starts_with("-")) {
      return arguments[i];
    }
  }
  return {};
}

int run_harrier(std::vector<std::string> arguments, Io& io) {
  Context context(io);
  CLI::App app(
      "Collects Microsoft 365 security events into stores of your own, and queries them with KQL.",
      "harrier");
  app.set_version_flag("--version", "harrier " HARRIER_VERSION);
  app.add_option("--config", context.config,
                 "Configuration file (default: $HARRIER_CONFIG, then /etc/harrier/harrier.toml)")
      ->type_name("FILE");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kExamples);
  add_commands(app, context);
  if (complete_words(app, context, arguments)) return kDone;
  const std::string command = command_of(arguments);
  const auto typed = arguments;
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error, io.out, io.err);
      return kDone;
    }
    const auto names = command_names(app);
    const bool known =
        command.empty() || std::find(names.begin(), names.end(), command) != names.end();
    io.err << fmt::format("harrier: {}\n",
                          known ? usage_problem(app, typed, error) : say_unknown(command, names));
    return kUsage;
  }
  return context.exit_code();
}

}  // namespace harrier::app
