#include "app/commands/commands.hpp"
#include "app/paged_output.hpp"
#include "app/query_watch.hpp"
#include "query/format.hpp"
#include "query/service.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <ostream>

namespace harrier::app {

namespace {

struct QueryOptions {
  std::string text;
  std::string file;
  std::string format;
  std::string timespan;
  bool explain = false;
  bool no_pager = false;
};

Result<std::string> read_query(Context& context, const QueryOptions& options) {
  if (!options.file.empty() && !options.text.empty())
    return Error(Errc::config, "give the query as text or with -f, not both");
  if (options.text == "-" || options.file == "-")
    return std::string(std::istreambuf_iterator<char>(context.io().in), {});
  if (options.file.empty()) {
    if (options.text.empty())
      return Error(Errc::config, "there is no query; see harrier query --help");
    return options.text;
  }
  std::ifstream in(options.file, std::ios::binary);
  if (!in) return Error(Errc::config, fmt::format("cannot read {}", options.file));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<std::optional<Ticks>> timespan_of(const QueryOptions& options) {
  if (options.timespan.empty()) return std::optional<Ticks>();
  const auto length = settings::parse_duration(options.timespan);
  if (!length || length->count() == 0)
    return Error(Errc::config, fmt::format("--timespan: \"{}\" is no duration; write 7d or 12h",
                                           options.timespan));
  return std::optional<Ticks>(Ticks(*length));
}

Result<query::Summary> write_result(Io& io, const query::QueryService& service,
                                    const std::string& text, std::optional<Ticks> timespan,
                                    query::OutputFormat format) {
  const query::CancelToken cancel;
  const QueryWatch watch(io, cancel);
  const auto sink = query::make_formatter(format, io.out);
  return service.run(text, timespan, *sink, cancel, watch.progress());
}

/// On a terminal, where a long result goes through a pager.
Result<query::Summary> show_result(Io& io, const query::QueryService& service,
                                   const std::string& text, std::optional<Ticks> timespan,
                                   query::OutputFormat format, bool no_pager) {
  const query::CancelToken cancel;
  QueryWatch watch(io, cancel);
  PagedOutput output(io, no_pager ? std::string() : pager_command(), [&watch](bool paged) {
    watch.hide();
    if (paged) watch.pager_runs();
  });
  const auto sink = query::make_formatter(format, output.stream());
  auto summary = service.run(text, timespan, *sink, cancel, watch.progress());
  if (summary) output.finish();
  if (output.left()) return query::Summary();
  return summary;
}

Result<int> run_query(Context& context, const QueryOptions& options) {
  HARRIER_TRY(const auto text, read_query(context, options));
  HARRIER_TRY(const auto timespan, timespan_of(options));
  HARRIER_TRY(const auto settings, context.settings());
  Io& io = context.io();
  const SystemClock clock;
  query::ServiceOptions service_options;
  service_options.stores = settings.storage.directory;
  service_options.mappings = settings.file.parent_path() / "mappings";
  const query::QueryService service(context.catalog(), clock, std::move(service_options));
  if (options.explain) {
    HARRIER_TRY(const auto plan, service.explain(text, timespan));
    io.out << plan;
    if (!plan.ends_with('\n')) io.out << '\n';
    return kDone;
  }
  const std::string name = context.json             ? "json"
                           : options.format.empty() ? "table"
                                                    : options.format;
  const auto format = query::parse_output_format(name).value_or(query::OutputFormat::table);
  HARRIER_TRY(const auto summary,
              io.terminal ? show_result(io, service, text, timespan, format, options.no_pager)
                          : write_result(io, service, text, timespan, format));
  for (const auto& warning : summary.warnings) io.err << fmt::format("harrier: {}\n", warning);
  if (summary.truncated)
    io.err << fmt::format(
        "harrier: the result is cut after {} rows; narrow the query or use summarize or take\n",
        summary.rows);
  return kDone;
}

}  // namespace

void add_query(CLI::App& app, Context& context) {
  auto options = std::make_shared<QueryOptions>();
  auto* command = app.add_subcommand("query", "Run a hunting query (KQL) over the stores");
  command->add_option("KQL", options->text, "The query; - reads it from standard input");
  command->add_option("-f,--file", options->file, "Read the query from a file")->type_name("FILE");
  command->add_option("--format", options->format, "table (default), json, jsonl or csv")
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}))
      ->type_name("FORMAT");
  command->add_flag("--json", context.json, "The same as --format json");
  command
      ->add_option("--timespan", options->timespan,
                   "Only rows of the last so long, by each table's time column")
      ->type_name("7d");
  command->add_flag("--explain", options->explain,
                    "Print the plan, and what each store is asked, instead of running it");
  command->add_flag("--no-pager", options->no_pager,
                    "Print a long result on the terminal at once, without $PAGER or less");
  command->footer(
      "A wrong query exits with 4; the message marks line, column and text. Ctrl-C cancels the "
      "query.\n\nExamples:\n"
      "  harrier query 'DeviceLogonEvents | where ActionType == \"LogonFailed\" | summarize "
      "count() by AccountName | top 10 by count_'\n"
      "  harrier query --timespan 7d --format csv -f hunt.kql > result.csv\n  cat hunt.kql | "
      "harrier query -");
  command->callback(
      [&context, options] { context.run([&] { return run_query(context, *options); }); });
}

}  // namespace harrier::app
