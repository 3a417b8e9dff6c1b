#include "app/commands/commands.hpp"
#include "app/commands/folder_owner.hpp"
#include "app/overview.hpp"
#include "app/text_table.hpp"
#include "storage/inspect.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

struct FlagOptions {
  std::string table;
  std::int64_t id = 0;
  std::string note;
};

Result<int> set_flag(Context& context, const FlagOptions& options) {
  HARRIER_TRY(const auto table, context.table(options.table));
  HARRIER_TRY(const auto settings, context.settings());
  const auto& directory = settings.storage.directory;
  HARRIER_TRY(const auto owner, FolderOwner::prepare(directory));
  HARRIER_TRYV(
      storage::flag_event(directory, table->name, options.id, options.note, SystemClock()));
  context.io().out << fmt::format("Flagged {} {}.\n", table->name, options.id);
  return kDone;
}

Result<int> remove_flag(Context& context, const FlagOptions& options) {
  HARRIER_TRY(const auto table, context.table(options.table));
  HARRIER_TRY(const auto settings, context.settings());
  const auto& directory = settings.storage.directory;
  HARRIER_TRY(const auto owner, FolderOwner::prepare(directory));
  HARRIER_TRYV(storage::unflag_event(directory, table->name, options.id, SystemClock()));
  context.io().out << fmt::format("{} {} is no longer flagged.\n", table->name, options.id);
  return kDone;
}

Result<int> list_flags(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto flags, storage::list_flags(settings.storage.directory, ""));
  JsonWriter json;
  json.begin_object().key("flags").begin_array();
  TextTable text({"TABLE", ">ID", "TIME", "SINCE", "NOTE"});
  for (const auto& flag : flags) {
    json.begin_object().field("table", flag.table).field("id", flag.event_id).key("time");
    if (flag.event_time.empty()) {
      json.null();
    } else {
      json.value(flag.event_time);
    }
    json.field("note", flag.note)
        .field("since", std::optional(flag.since))
        .field("in_store", flag.in_store)
        .end_object();
    text.add_row({flag.table, fmt::format("{}", flag.event_id), flag.event_time,
                  time_text(flag.since),
                  flag.in_store ? flag.note : fmt::format("(not in the store) {}", flag.note)});
  }
  json.end_array().end_object();
  if (context.json) {
    context.io().out << json.text() << '\n';
  } else {
    text.print(context.io());
  }
  return kDone;
}

}  // namespace

void add_flags(CLI::App& app, Context& context) {
  auto options = std::make_shared<FlagOptions>();
  auto* flag = app.add_subcommand("flag", "Flag one event, to find it again");
  flag->add_option("TABLE", options->table, "The event's table")->required();
  flag->add_option("ID", options->id, "Its _Id, as timeline and queries show it")->required();
  flag->add_option("--note", options->note, "Why")->type_name("TEXT");
  flag->footer("Example:\n  harrier flag DeviceProcessEvents 4711 --note 'first execution'");
  flag->callback([&context, options] { context.run([&] { return set_flag(context, *options); }); });

  auto* unflag = app.add_subcommand("unflag", "Take a flag away");
  unflag->add_option("TABLE", options->table, "The event's table")->required();
  unflag->add_option("ID", options->id, "Its _Id")->required();
  unflag->footer("Example:\n  harrier unflag DeviceProcessEvents 4711");
  unflag->callback(
      [&context, options] { context.run([&] { return remove_flag(context, *options); }); });

  auto* flags = app.add_subcommand("flags", "List the flagged events");
  flags->add_flag("--json", context.json, "One JSON document");
  flags->footer(
      "Flags live beside the stores. In KQL they are the columns _Flagged and _FlagNote. Retention "
      "takes a flag with its\nevent; the flag of an event that a damaged store lost waits until it "
      "is collected again.\n\n"
      "Examples:\n  harrier flags\n  harrier flags --json | jq '.flags[].note'");
  flags->callback([&context] { context.run([&] { return list_flags(context); }); });
}

}  // namespace harrier::app
