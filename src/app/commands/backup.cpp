#include "storage/backup.hpp"

#include "app/commands/commands.hpp"
#include "app/text_table.hpp"
#include "base/json_writer.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

Result<int> backup(Context& context, const std::string& target) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto files, storage::backup(settings.storage.directory, target));
  std::uint64_t bytes = 0;
  JsonWriter json;
  json.begin_object().field("directory", target).key("files").begin_array();
  TextTable text({"FILE", ">SIZE"});
  for (const auto& file : files) {
    bytes += file.bytes;
    json.begin_object().field("name", file.name).field("bytes", file.bytes).end_object();
    text.add_row({file.name, format_bytes(file.bytes)});
  }
  json.end_array().end_object();
  Io& io = context.io();
  if (context.json) {
    io.out << json.text() << '\n';
  } else {
    text.print(io);
    io.out << fmt::format("{} files, {}, in {}\n", files.size(), format_bytes(bytes), target);
  }
  return kDone;
}

}  // namespace

void add_backup(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  auto* command = app.add_subcommand(
      "backup", "Copy every store, each as of one moment, while the daemon runs");
  command->add_option("DIR", *target, "Folder for the copies, made when it is missing")->required();
  command->add_flag("--json", context.json, "One JSON document");
  command->footer(
      "The copies bear the stores' names. To restore, stop the daemon and copy them "
      "back.\n\nExample:\n  harrier backup /srv/backup/harrier");
  command->callback([&context, target] { context.run([&] { return backup(context, *target); }); });
}

}  // namespace harrier::app
