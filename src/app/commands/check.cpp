#include "app/commands/commands.hpp"
#include "base/json_writer.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

std::string summary(const settings::Settings& settings, const model::Catalog& catalog) {
  std::size_t connectors = 0;
  for (const auto& [name, connector] : settings.connectors) connectors += connector.enabled ? 1 : 0;
  return fmt::format("no problems; {} tables of {} connectors are enabled",
                     settings.enabled_tables(catalog).size(), connectors);
}

std::string to_json(const std::string& file, const settings::LoadResult& result,
                    const model::Catalog& catalog) {
  JsonWriter json;
  json.begin_object()
      .field("ok", result.problems.empty())
      .field("file", file)
      .key("problems")
      .begin_array();
  for (const auto& problem : result.problems) {
    json.begin_object()
        .field("file", problem.file)
        .field("line", problem.line)
        .field("key", problem.key);
    json.field("message", problem.message).end_object();
  }
  json.end_array().key("checks").begin_array();
  for (const auto& problem : result.problems) {
    json.begin_object()
        .field("name", problem.key.empty() ? "configuration" : problem.key)
        .field("status", "fail");
    json.field("detail", problem.text()).field("remedy", problem.message).end_object();
  }
  if (result.settings) {
    json.begin_object().field("name", "configuration").field("status", "ok");
    json.field("detail", summary(*result.settings, catalog)).field("remedy", "").end_object();
  }
  return json.end_array().end_object().take();
}

Result<int> check(Context& context) {
  const std::string file = context.file().string();
  const auto result = settings::load(file, context.catalog());
  Io& io = context.io();
  if (context.json) {
    io.out << to_json(file, result, context.catalog()) << '\n';
  } else if (result.settings) {
    io.out << fmt::format("{}: {}\n", file, summary(*result.settings, context.catalog()));
  } else {
    for (const auto& problem : result.problems) io.out << problem.text() << '\n';
  }
  if (result.settings) return kDone;
  return Error(Errc::config, fmt::format("{} problem{} in {}", result.problems.size(),
                                         result.problems.size() == 1 ? "" : "s", file));
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "check",
      "Validate the configuration: every problem with file, line, key and what would be right");
  command->add_flag("--json", context.json, "One JSON document");
  command->footer("Examples:\n  harrier check\n  harrier check --config ./harrier.toml --json");
  command->callback([&context] { context.run([&context] { return check(context); }); });
}

}  // namespace harrier::app
