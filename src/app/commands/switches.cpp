#include "app/commands/commands.hpp"
#include "app/control.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>

namespace harrier::app {

namespace {

struct SwitchOptions {
  std::vector<std::string> tables;
  bool no_apply = false;
};

void print_changes(Io& io, const ControlReply& reply) {
  for (const auto& change : reply.changes) io.out << change << '\n';
  if (reply.changes.empty())
    io.out << "The daemon runs with this configuration already; what had failed is tried again.\n";
}

Result<int> failed_reply(Io& io, const ControlReply& reply) {
  for (const auto& problem : reply.problems) io.out << problem << '\n';
  return Error(reply.problems.empty() ? Errc::unavailable : Errc::config, reply.error);
}

Result<int> apply(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto reply, ask_daemon(settings.storage.directory, "apply"));
  if (!reply.ok) return failed_reply(context.io(), reply);
  print_changes(context.io(), reply);
  return kDone;
}

// Says what a table's own switch does not show.
void warn_about_connectors(Io& io, const settings::Settings& settings,
                           const std::vector<model::TablePtr>& tables) {
  std::vector<std::string> named;
  for (const auto& table : tables) {
    const auto found = settings.connectors.find(table->connector);
    if (found == settings.connectors.end() || found->second.enabled) continue;
    if (std::find(named.begin(), named.end(), table->connector) != named.end()) continue;
    named.push_back(table->connector);
    io.err << fmt::format(
        "harrier: connector {} is disabled, so its tables are not collected; set enabled = true in "
        "[connectors.{}]\n",
        table->connector, table->connector);
  }
}

Result<int> tell_daemon(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  const auto reply = ask_daemon(settings.storage.directory, "apply");
  if (!reply && reply.error().code == Errc::not_found) {
    context.io().out << "No daemon runs; the change counts from its next start.\n";
    return kDone;
  }
  if (!reply) return reply.error();
  if (!reply->ok) return failed_reply(context.io(), *reply);
  print_changes(context.io(), *reply);
  return kDone;
}

Result<int> flip(Context& context, const SwitchOptions& options, bool enabled) {
  std::vector<model::TablePtr> tables;
  for (const auto& name : options.tables) {
    HARRIER_TRY(auto table, context.table(name));
    tables.push_back(std::move(table));
  }
  HARRIER_TRY(const bool changed, settings::switch_tables(context.file(), tables, enabled));
  Io& io = context.io();
  io.out << fmt::format("{}: {}{}\n", fmt::join(options.tables, ", "),
                        enabled ? "enabled" : "disabled", changed ? "" : " (it was already)");
  const auto settings = context.settings();
  if (settings && enabled) warn_about_connectors(io, *settings, tables);
  return options.no_apply ? Result<int>(kDone) : tell_daemon(context);
}

void add_switch(CLI::App& app, Context& context, bool enabled) {
  auto options = std::make_shared<SwitchOptions>();
  const std::string name = enabled ? "enable" : "disable";
  auto* command =
      enabled ? app.add_subcommand("enable",
                                   "Collect tables: flips their switches in the configuration and "
                                   "tells a running daemon")
              : app.add_subcommand("disable", "Stop collecting tables; what is stored stays");
  command->add_option("TABLE", options->tables, "Tables, as `harrier tables --all` names them")
      ->required();
  command->add_flag("--no-apply", options->no_apply, "Only edit the file");
  command->footer(
      fmt::format("Comments and layout of the file stay as they are.\n\nExamples:\n  harrier {} "
                  "DeviceEvents SigninLogs\n"
                  "  harrier {} --no-apply EmailEvents",
                  name, name));
  command->callback([&context, options, enabled] {
    context.run([&] { return flip(context, *options, enabled); });
  });
}

}  // namespace

void add_switches(CLI::App& app, Context& context) {
  add_switch(app, context, true);
  add_switch(app, context, false);
  auto* command = app.add_subcommand(
      "apply", "Make a running daemon read its configuration again, and print what changed");
  command->footer(
      "Tables that are denied, unlicensed or failing are tried again at once, with new tokens.\n"
      "Exits with 1 when no daemon runs, and with 2 when the configuration is wrong: the daemon "
      "then keeps the old one.\n\nExample:\n  harrier apply");
  command->callback([&context] { context.run([&context] { return apply(context); }); });
}

}  // namespace harrier::app
