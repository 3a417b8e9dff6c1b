#include "app/commands/arguments.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/folder_owner.hpp"
#include "app/control.hpp"
#include "base/json_writer.hpp"
#include "storage/inspect.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

struct BackfillOptions {
  std::string table;
  std::string from;
  std::string to;
};

Result<model::Window> window_of(const BackfillOptions& options, const model::TableSchema& table,
                                Instant now) {
  HARRIER_TRY(const Instant from, parse_time("--from", options.from, now));
  HARRIER_TRY(const Instant to, parse_time("--to", options.to, now));
  const int days = settings::reach_days(table.connector);
  if (to <= from)
    return Error(Errc::config, "--to is not later than --from; --to itself is not read");
  if (to > now)
    return Error(Errc::config, "--to lies in the future; what is to come is collected anyway");
  if (from < now - Ticks(days * kTicksPerDay))
    return Error(
        Errc::config,
        fmt::format("--from is more than {} days ago, and the service keeps no more", days));
  return model::Window{from, to};
}

Result<int> backfill(Context& context, const BackfillOptions& options) {
  HARRIER_TRY(const auto table, context.table(options.table));
  HARRIER_TRY(const auto settings, context.settings());
  const SystemClock clock;
  HARRIER_TRY(const auto window, window_of(options, *table, clock.now()));
  if (settings.enabled_table(*table) == nullptr)
    return Error(Errc::config, fmt::format("{} is not enabled; run harrier enable {} first",
                                           table->name, table->name));
  if (table->is_snapshot())
    return Error(
        Errc::config,
        fmt::format("{} describes the present state only: its past cannot be read", table->name));
  std::int64_t id = 0;
  {
    HARRIER_TRY(const auto owner, FolderOwner::prepare(settings.storage.directory));
    HARRIER_TRY(id,
                storage::queue_backfill(settings.storage.directory, table->name, window, clock));
  }
  const auto told = ask_daemon(settings.storage.directory, "nudge");
  if (context.json) {
    JsonWriter json;
    json.begin_object()
        .field("id", id)
        .field("table", table->name)
        .field("from", std::optional(window.from));
    context.io().out << json.field("to", std::optional(window.to)).end_object().text() << '\n';
    return kDone;
  }
  context.io().out << fmt::format("Queued as {}: {} from {} to {}.{}\n", id, table->name,
                                  format_seconds(window.from), format_seconds(window.to),
                                  told ? "" : " No daemon runs; the next one works it off.");
  return kDone;
}

}  // namespace

void add_backfill(CLI::App& app, Context& context) {
  auto options = std::make_shared<BackfillOptions>();
  auto* command = app.add_subcommand(
      "backfill",
      "Queue a re-read of a past span of a table; rows that are stored already stay one");
  command->add_option("TABLE", options->table, "An enabled table")->required();
  command->add_option("--from", options->from, "Begin: a time, a date, or a time ago (3d)")
      ->required()
      ->type_name("TIME");
  command->add_option("--to", options->to, "End, which is not read itself (`now` for now)")
      ->required()
      ->type_name("TIME");
  command->add_flag("--json", context.json, "One JSON document");
  command->footer(
      "Examples:\n  harrier backfill DeviceProcessEvents --from 2026-11-20T00:00:00Z --to "
      "2026-11-21T00:00:00Z\n"
      "  harrier backfill SigninLogs --from 7d --to now\n  harrier status --watch");
  command->callback(
      [&context, options] { context.run([&] { return backfill(context, *options); }); });
}

}  // namespace harrier::app
