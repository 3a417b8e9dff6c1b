#include "app/commands/arguments.hpp"
#include "app/commands/commands.hpp"
#include "app/text_table.hpp"
#include "base/json_writer.hpp"
#include "storage/inspect.hpp"
#include "storage/reader.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>

namespace harrier::app {

namespace {

struct TimelineOptions {
  std::string device;
  std::string from;
  std::string to;
  std::vector<std::string> tables;
  std::string text;
  bool flagged = false;
  std::int64_t limit = 0;
};

// Columns that name a device, and those that say in a few words what happened: the first few that
// an event has are shown.
constexpr std::array<std::string_view, 2> kIdColumns = {"DeviceId", "MachineId"};
constexpr std::array<std::string_view, 2> kNameColumns = {"DeviceName", "ComputerDnsName"};
constexpr std::array<std::string_view, 16> kTellingColumns = {
    "Title",       "FileName",          "ProcessCommandLine", "FolderPath",
    "RegistryKey", "RegistryValueName", "RemoteUrl",          "RemoteIP",
    "RemotePort",  "AccountName",       "LogonType",          "InitiatingProcessFileName",
    "SHA256",      "EntityType",        "Severity",           "OSPlatform"};
constexpr std::size_t kShownColumns = 3;

using FlagNotes = std::map<std::pair<std::string, std::int64_t>, std::string>;

// The events of one table, oldest first.
struct Source {
  std::string table;
  storage::ReadConnection connection;
  storage::Statement rows;
  std::vector<std::string> columns;  // after id, time and action
  bool has_action = false;
};

std::string quote_name(std::string_view column) {
  return fmt::format("\"{}\"", column);
}

// `text` as itself inside a LIKE pattern.
std::string like_literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Matches the device's id, its full name, and its name without the domain.
std::string device_condition(const storage::ReadConnection& store) {
  std::string condition;
  const auto add = [&](std::string_view column, std::string_view test) {
    if (store.find(column) != nullptr)
      condition +=
          fmt::format("{}{} {}", condition.empty() ? "" : " OR ", quote_name(column), test);
  };
  for (const auto column : kIdColumns) add(column, "= ?1");
  for (const auto column : kNameColumns) {
    add(column, "= ?1 COLLATE NOCASE");
    add(column, "LIKE ?2 ESCAPE '\\'");
  }
  return condition;
}

Result<std::optional<Source>> open_source(const settings::Settings& settings,
                                          const model::TableSchema& table,
                                          const TimelineOptions& options, Instant now) {
  auto opened = storage::ReadConnection::open(settings.storage.directory, table.name);
  if (!opened && opened.error().code == Errc::not_found) return std::optional<Source>();
  if (!opened) return opened.error();
  Source source{table.name, *std::move(opened), {}, {}, false};
  const std::string condition = device_condition(source.connection);
  const std::string time = source.connection.time_column();
  if (condition.empty() || time.empty()) return std::optional<Source>();
  storage::ScanRequest request;
  request.columns = {"_Id", time};
  source.has_action = source.connection.find("ActionType") != nullptr;
  if (source.has_action) request.columns.emplace_back("ActionType");
  for (const auto column : kTellingColumns) {
    if (source.connection.find(column) == nullptr) continue;
    source.columns.emplace_back(column);
    request.columns.emplace_back(column);
  }
  HARRIER_TRY(const Instant from, options.from.empty() ? Result<Instant>(Instant())
                                                       : parse_time("--from", options.from, now));
  HARRIER_TRY(const Instant to, options.to.empty() ? Result<Instant>(kEndOfTime - Ticks(1))
                                                   : parse_time("--to", options.to, now));
  request.where =
      fmt::format("({}) AND {} >= ?3 AND {} < ?4", condition, quote_name(time), quote_name(time));
  request.parameters = {options.device, like_literal(options.device) + ".%", format_instant(from),
                        format_instant(to)};
  if (!options.text.empty()) {
    std::string any;
    for (std::size_t i = 2; i < request.columns.size(); ++i)
      any += fmt::format("{}{} LIKE ?5 ESCAPE '\\'", any.empty() ? "" : " OR ",
                         quote_name(request.columns[i]));
    if (any.empty()) return std::optional<Source>();
    request.where += fmt::format(" AND ({})", any);
    request.parameters.emplace_back("%" + like_literal(options.text) + "%");
  }
  request.order = quote_name(time) + ", \"_Id\"";
  HARRIER_TRY(source.rows, source.connection.scan(request));
  HARRIER_TRY(const bool any, source.rows.step());
  return any ? std::optional<Source>(std::move(source)) : std::optional<Source>();
}

std::string summary_of(const Source& source) {
  std::string out;
  std::size_t shown = 0;
  const int first = source.has_action ? 3 : 2;
  for (std::size_t i = 0; i < source.columns.size() && shown < kShownColumns; ++i) {
    const auto text = source.rows.text(first + static_cast<int>(i));
    if (text.empty()) continue;
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", source.columns[i], text);
    ++shown;
  }
  return out;
}

// One line of the timeline; long lists are never held in memory.
void print_event(Io& io, bool json, bool first, const Source& source, const std::string* note) {
  const std::int64_t id = source.rows.integer(0);
  const auto action = source.has_action ? source.rows.text(2) : std::string_view();
  if (json) {
    JsonWriter writer;
    writer.begin_object()
        .field("time", source.rows.text(1))
        .field("table", source.table)
        .field("id", id)
        .field("flagged", note != nullptr);
    writer.field("note", note == nullptr ? std::string() : *note)
        .field("action", action)
        .field("summary", summary_of(source))
        .end_object();
    io.out << (first ? "" : ",") << writer.text();
    return;
  }
  const std::string flag = note == nullptr ? " " : paint(io, Colour::yellow, "*");
  std::string line = fmt::format("{} {:<26} {:>10} {} {:<28} {}", source.rows.text(1).substr(0, 23),
                                 source.table, id, flag, action, summary_of(source));
  if (note != nullptr && !note->empty()) line += fmt::format(" ({})", *note);
  std::replace(line.begin(), line.end(), '\n', ' ');
  io.out << line << '\n';
}

// Merges the sources by time.
Result<std::int64_t> print_merged(Context& context, std::vector<Source>& sources,
                                  const FlagNotes& flags, const TimelineOptions& options) {
  std::int64_t printed = 0;
  while (!sources.empty() && (options.limit == 0 || printed < options.limit)) {
    const auto next =
        std::min_element(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
          return std::pair(a.rows.text(1), std::string_view(a.table)) <
                 std::pair(b.rows.text(1), std::string_view(b.table));
        });
    const auto flag = flags.find({next->table, next->rows.integer(0)});
    const std::string* note = flag == flags.end() ? nullptr : &flag->second;
    if (note != nullptr || !options.flagged)
      print_event(context.io(), context.json, printed++ == 0, *next, note);
    HARRIER_TRY(const bool more, next->rows.step());
    if (!more) sources.erase(next);
  }
  return printed;
}

Result<int> timeline(Context& context, const TimelineOptions& options) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto flag_list, storage::list_flags(settings.storage.directory, ""));
  FlagNotes flags;
  for (const auto& flag : flag_list) flags[{flag.table, flag.event_id}] = flag.note;
  std::vector<Source> sources;
  const Instant now = SystemClock().now();
  std::vector<model::TablePtr> tables;
  for (const auto& name : options.tables) {
    HARRIER_TRY(auto table, context.table(name));
    tables.push_back(std::move(table));
  }
  if (tables.empty())
    tables = {context.catalog().tables().begin(), context.catalog().tables().end()};
  for (const auto& table : tables) {
    if (!table->selectable) continue;
    HARRIER_TRY(auto source, open_source(settings, *table, options, now));
    if (source) sources.push_back(*std::move(source));
  }
  Io& io = context.io();
  if (context.json) {
    JsonWriter device;
    device.value(options.device);
    io.out << "{\"device\":" << device.text() << ",\"events\":[";
  }
  HARRIER_TRY(const auto printed, print_merged(context, sources, flags, options));
  if (context.json) io.out << "]}\n";
  if (printed == 0 && !context.json)
    io.err << fmt::format("harrier: no event of {} is stored{}\n", options.device,
                          options.flagged ? " and flagged" : "");
  return kDone;
}

}  // namespace

void add_timeline(CLI::App& app, Context& context) {
  auto options = std::make_shared<TimelineOptions>();
  auto* command =
      app.add_subcommand("timeline", "List one device's events of all tables in time order");
  command->add_option("DEVICE", options->device, "Its id, its name, or its name without the domain")
      ->required();
  command->add_option("--from", options->from, "Begin: a time, a date, or a time ago (1d)")
      ->type_name("TIME");
  command->add_option("--to", options->to, "End, which is not shown itself")->type_name("TIME");
  command->add_option("--table", options->tables, "Only this table; may be repeated")
      ->type_name("TABLE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--text", options->text, "Only events whose shown columns contain it")
      ->type_name("TEXT");
  command->add_flag("--flagged", options->flagged, "Only flagged events");
  command->add_option("--limit", options->limit, "At most so many events")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command->add_flag("--json", context.json, "One JSON document");
  command->footer(
      "Columns: time, table, _Id, * where flagged, action, what tells most about it.\n\nExamples:\n"
      "  harrier timeline pc-042 --from 1d\n  harrier timeline pc-042 --table DeviceProcessEvents "
      "--text powershell\n"
      "  harrier timeline pc-042.contoso.example --flagged --json");
  command->callback(
      [&context, options] { context.run([&] { return timeline(context, *options); }); });
}

}  // namespace harrier::app
