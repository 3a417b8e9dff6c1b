#include "app/doctor.hpp"

#include "app/commands/commands.hpp"
#include "base/json_writer.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

void print(const Io& io, const Check& check) {
  const Colour colour = check.status == "ok"     ? Colour::green
                        : check.status == "warn" ? Colour::yellow
                                                 : Colour::red;
  io.out << fmt::format("{} {}: {}{}{}\n", paint(io, colour, fmt::format("{:<4}", check.status)),
                        check.name, check.detail, check.remedy.empty() ? "" : "; ", check.remedy);
  io.out.flush();
}

void check_configuration(const settings::LoadResult& loaded, const std::string& file,
                         const CheckSink& sink) {
  if (loaded.settings) sink({"configuration", "ok", fmt::format("{} has no problems", file)});
  for (const auto& problem : loaded.problems)
    sink({"configuration", "fail", problem.text(), "correct the file; harrier check tests it"});
}

Result<int> doctor(Context& context) {
  const std::string file = context.file().string();
  std::vector<Check> checks;
  const CheckSink sink = [&](const Check& check) {
    checks.push_back(check);
    if (!context.json) print(context.io(), check);
  };
  const auto loaded = settings::load(file, context.catalog());
  check_configuration(loaded, file, sink);
  if (loaded.settings) run_doctor(*loaded.settings, context.catalog(), sink);
  int failed = 0;
  JsonWriter json;
  json.begin_object().key("checks").begin_array();
  for (const auto& check : checks) {
    failed += check.status == "fail" ? 1 : 0;
    json.begin_object()
        .field("name", check.name)
        .field("status", check.status)
        .field("detail", check.detail);
    json.field("remedy", check.remedy).end_object();
  }
  json.end_array().end_object();
  if (context.json) context.io().out << json.text() << '\n';
  if (!loaded.settings)
    return Error(Errc::config, fmt::format("{} is wrong; the rest was not tested", file));
  return failed == 0 ? kDone : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("doctor",
                                     "Try everything live: names, proxy, TLS, clock, tokens, "
                                     "permissions, every enabled table, disk");
  command->add_flag("--json", context.json, "One JSON document");
  command->footer(
      "One line each: ok, warn or fail, and what to do. Exits with 1 when something fails.\n\n"
      "Examples:\n  sudo harrier doctor\n  harrier doctor --json | jq '.checks[] | "
      "select(.status != \"ok\")'");
  command->callback([&context] { context.run([&] { return doctor(context); }); });
}

}  // namespace harrier::app
