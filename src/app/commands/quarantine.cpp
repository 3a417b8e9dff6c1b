#include "app/commands/commands.hpp"
#include "app/control.hpp"
#include "app/overview.hpp"
#include "app/retry_quarantine.hpp"
#include "app/text_table.hpp"
#include "storage/directory.hpp"
#include "storage/inspect.hpp"
#include "storage/store_set.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

// Without a daemon the stores are this process's own for as long as it takes.
Result<int> retry_here(Context& context, const settings::Settings& settings) {
  HARRIER_TRYV(storage::prepare_directory(settings.storage.directory));
  HARRIER_TRY(const auto lock, storage::lock_directory(settings.storage.directory));
  const SystemClock clock;
  HARRIER_TRY(const auto stores, storage::open_store_set(settings.storage.directory, clock));
  asio::io_context io(1);
  Result<RetryOutcome> outcome = Error(Errc::internal, "the retry ended unexpectedly");
  asio::co_spawn(io, retry_quarantine(*stores, context.catalog(), settings),
                 [&](std::exception_ptr, Result<RetryOutcome> done) { outcome = std::move(done); });
  io.run();
  if (!outcome) return outcome.error();
  context.io().out << outcome->text() << '\n';
  return kDone;
}

Result<int> retry(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  const auto reply = ask_daemon(settings.storage.directory, "retry");
  if (!reply && reply.error().code == Errc::not_found) return retry_here(context, settings);
  if (!reply) return reply.error();
  if (!reply->ok) return Error(Errc::storage, reply->error);
  for (const auto& line : reply->changes) context.io().out << line << '\n';
  return kDone;
}

Result<int> list(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto entries, storage::list_quarantine(settings.storage.directory));
  Io& io = context.io();
  JsonWriter json;
  json.begin_object().key("quarantine").begin_array();
  TextTable text({">ID", "TABLE", "STREAM", "SINCE", ">BYTES", "REASON"});
  for (const auto& entry : entries) {
    json.begin_object()
        .field("id", entry.id)
        .field("table", entry.table)
        .field("stream", entry.stream);
    json.field("reason", entry.reason)
        .field("since", std::optional(entry.since))
        .field("bytes", entry.bytes)
        .end_object();
    text.add_row({fmt::format("{}", entry.id), entry.table, entry.stream, time_text(entry.since),
                  fmt::format("{}", entry.bytes), entry.reason});
  }
  json.end_array().end_object();
  if (context.json) {
    io.out << json.text() << '\n';
  } else {
    text.print(io);
  }
  return kDone;
}

Result<int> show(Context& context, std::int64_t id) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto record, storage::show_quarantined(settings.storage.directory, id));
  if (context.json) {
    JsonWriter json;
    json.begin_object().field("id", id).field("table", record.table).field("stream", record.stream);
    json.field("reason", record.reason).field("record", record.record).end_object();
    context.io().out << json.text() << '\n';
  } else {
    context.io().out << record.record << '\n';
  }
  return kDone;
}

}  // namespace

void add_quarantine(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "quarantine", "Records that could not be stored: list them, show one, or try them again");
  command->require_subcommand(0, 1);
  command->add_flag("--json", context.json, "One JSON document");
  command->footer(
      "Examples:\n  harrier quarantine\n  harrier quarantine show 3\n  harrier quarantine retry");
  auto* listing = command->add_subcommand("list", "List them (also without a word)");
  listing->add_flag("--json", context.json, "One JSON document");
  listing->footer("Example:\n  harrier quarantine list --json");
  auto id = std::make_shared<std::int64_t>(0);
  auto* showing = command->add_subcommand("show", "Print a record as it was sent");
  showing->add_option("ID", *id, "The number in the listing")->required();
  showing->add_flag("--json", context.json, "One JSON document");
  showing->footer("Example:\n  harrier quarantine show 3");
  auto* retrying =
      command->add_subcommand("retry", "Try to store every record again, as after an upgrade");
  retrying->footer("Example:\n  harrier quarantine retry");
  command->callback([&context, showing, retrying, id] {
    context.run([&]() -> Result<int> {
      if (showing->parsed()) return show(context, *id);
      if (retrying->parsed()) return retry(context);
      return list(context);
    });
  });
}

}  // namespace harrier::app
