#include "app/commands/commands.hpp"
#include "app/overview.hpp"
#include "app/text_table.hpp"
#include "storage/reader.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>
#include <ostream>

namespace harrier::app {

namespace {

struct ListingOptions {
  std::string connector;
  bool all = false;
};

struct ConnectorLine {
  bool known = false;  ///< has a section
  bool enabled = false;
  int tables_enabled = 0;
  int tables_total = 0;
  std::optional<Instant> last_event;
};

std::vector<std::pair<std::string, ConnectorLine>> connector_lines(
    const Overview& overview, const settings::Settings& settings) {
  std::vector<std::pair<std::string, ConnectorLine>> lines;
  for (const auto& table : overview.tables) {
    const auto& name = table.table->connector;
    if (lines.empty() || lines.back().first != name) {
      lines.emplace_back(name, ConnectorLine());
      const auto found = settings.connectors.find(name);
      lines.back().second.known = found != settings.connectors.end();
      lines.back().second.enabled = lines.back().second.known && found->second.enabled;
    }
    ConnectorLine& line = lines.back().second;
    ++line.tables_total;
    line.tables_enabled += table.enabled ? 1 : 0;
    if (table.store.last_event)
      line.last_event = std::max(line.last_event.value_or(Instant()), *table.store.last_event);
  }
  return lines;
}

Result<int> list_connectors(Context& context) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto overview, make_overview(settings, context.catalog(), SystemClock().now()));
  Io& io = context.io();
  JsonWriter json;
  json.begin_object().key("connectors").begin_array();
  TextTable text({"CONNECTOR", "STATUS", ">TABLES ON", ">ALL", "LAST EVENT"});
  for (const auto& [name, line] : connector_lines(overview, settings)) {
    json.begin_object()
        .field("connector", name)
        .field("enabled", line.enabled)
        .field("tables_enabled", line.tables_enabled);
    json.field("tables_total", line.tables_total);
    write_event_time(json, "last_event", line.last_event);
    json.end_object();
    const TextTable::Cell status =
        line.enabled ? TextTable::Cell("enabled", Colour::green)
                     : TextTable::Cell(line.known ? "disabled" : "not configured", Colour::dim);
    text.add_row({name, status, fmt::format("{}", line.tables_enabled),
                  fmt::format("{}", line.tables_total), time_text(line.last_event)});
  }
  json.end_array().end_object();
  if (context.json) {
    io.out << json.text() << '\n';
  } else {
    text.print(io);
  }
  return kDone;
}

bool is_wanted(const TableOverview& table, const settings::Settings& settings,
               const ListingOptions& options) {
  if (!options.connector.empty()) return table.table->connector == options.connector;
  return options.all || settings.connectors.contains(table.table->connector) || table.store.exists;
}

Result<int> list_tables(Context& context, const ListingOptions& options) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto overview, make_overview(settings, context.catalog(), SystemClock().now()));
  Io& io = context.io();
  JsonWriter json;
  json.begin_object().key("tables").begin_array();
  TextTable text({"GROUP", "TABLE", "ON", "STATE", ">ROWS", "LAST EVENT", ">SIZE", "WHAT"});
  std::string group;
  for (const auto& table : overview.tables) {
    if (!is_wanted(table, settings, options)) continue;
    write_listing(json, table);
    const auto& schema = *table.table;
    text.add_row(
        {TextTable::Cell(schema.group == group ? "" : schema.group, Colour::bold), schema.name,
         table.enabled ? TextTable::Cell("on", Colour::green) : TextTable::Cell("off", Colour::dim),
         TextTable::Cell(table.state, state_colour(table.state)),
         table.store.exists ? fmt::format("{}", table.store.counts.rows) : std::string("-"),
         time_text(table.store.last_event),
         table.store.exists ? format_bytes(table.store.bytes) : std::string("-"),
         TextTable::Cell(schema.doc, Colour::dim)});
    group = schema.group;
  }
  json.end_array().end_object();
  if (context.json) {
    io.out << json.text() << '\n';
  } else {
    text.print(io);
  }
  return kDone;
}

// Documented columns, then those the service has added; of a store that is there.
std::vector<std::pair<std::string, std::string>> columns_of(const model::TableSchema& table,
                                                            const settings::Settings* settings) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (const auto& column : table.columns)
    columns.emplace_back(column.name, model::to_string(column.type));
  if (settings == nullptr) return columns;
  auto store = storage::ReadConnection::open(settings->storage.directory, table.name);
  if (!store) return columns;
  for (const auto& column : store->columns()) {
    if (!column.added_type.empty()) columns.emplace_back(column.name, column.added_type);
  }
  return columns;
}

// Needs no configuration: without one the documented columns are shown.
Result<int> show_schema(Context& context, const std::string& name) {
  auto table = context.catalog().find(name);
  if (table == nullptr) {
    HARRIER_TRY(table, context.table(name));
  }
  const auto settings = context.settings();
  const auto columns = columns_of(*table, settings ? &*settings : nullptr);
  Io& io = context.io();
  if (context.json) {
    JsonWriter json;
    json.begin_object()
        .field("table", table->name)
        .field("connector", table->connector)
        .field("doc", table->doc);
    json.key("columns").begin_array();
    for (const auto& [column, type] : columns)
      json.begin_object().field("name", column).field("type", type).end_object();
    io.out << json.end_array().end_object().text() << '\n';
    return kDone;
  }
  TextTable text({"COLUMN", "TYPE"});
  for (const auto& [column, type] : columns) text.add_row({column, type});
  text.print(io);
  return kDone;
}

}  // namespace

void add_listings(CLI::App& app, Context& context) {
  auto* connectors = app.add_subcommand(
      "connectors", "List the connectors: status, enabled and all tables, last event");
  connectors->add_flag("--json", context.json, "One JSON document");
  connectors->footer("Examples:\n  harrier connectors\n  harrier connectors --json");
  connectors->callback([&context] { context.run([&] { return list_connectors(context); }); });

  auto options = std::make_shared<ListingOptions>();
  auto* tables = app.add_subcommand(
      "tables",
      "List the tables to select events from: group, on or off, state, rows, last event, size");
  tables->add_option("--connector", options->connector, "Only this connector's tables")
      ->check(CLI::IsMember({"microsoft365_defender", "graph_security", "office365_management"}))
      ->type_name("NAME");
  tables->add_flag("--all", options->all,
                   "Also tables of connectors that the configuration does not have");
  tables->add_flag("--json", context.json, "One JSON document");
  tables->footer(
      "Examples:\n  harrier tables\n  harrier tables --connector graph_security\n  harrier tables "
      "--all --json");
  tables->callback(
      [&context, options] { context.run([&] { return list_tables(context, *options); }); });

  auto name = std::make_shared<std::string>();
  auto* schema = app.add_subcommand("schema", "List a table's columns with their types");
  schema->add_option("TABLE", *name, "A table, as `harrier tables --all` names it")->required();
  schema->add_flag("--json", context.json, "One JSON document");
  schema->footer("Example:\n  harrier schema DeviceProcessEvents");
  schema->callback([&context, name] { context.run([&] { return show_schema(context, *name); }); });
}

}  // namespace harrier::app
