#include "app/commands/commands.hpp"
#include "app/overview.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

namespace harrier::app {

namespace {

// Something that is not as it should be.
struct Finding {
  std::string kind;  ///< lost, partial, hole, damaged, miscounted, set_aside, missing
  std::string detail;
  std::string remedy;
  std::optional<model::Window> window;
};

struct Verified {
  const TableOverview* table;
  std::vector<Finding> findings;
};

std::string window_text(model::Window window) {
  return fmt::format("{} to {}", format_seconds(window.from), format_seconds(window.to));
}

void check_ledger(const std::string& stream, const model::Ledger& ledger,
                  std::vector<Finding>& findings) {
  for (const auto& entry : ledger.entries()) {
    if (entry.state == model::WindowState::lost) {
      findings.push_back(
          {"lost",
           fmt::format("{}: {} is lost: {}", stream, window_text(entry.window), entry.reason),
           "the service no longer keeps it; nothing brings it back", entry.window});
    } else if (entry.state == model::WindowState::partial) {
      findings.push_back(
          {"partial",
           fmt::format("{}: {} was given up: {}", stream, window_text(entry.window), entry.reason),
           "read it again with harrier backfill", entry.window});
    }
  }
  for (const auto& hole : ledger.holes()) {
    findings.push_back({"hole",
                        fmt::format("{}: no entry accounts for {}", stream, window_text(hole)),
                        "read it with harrier backfill", hole});
  }
}

Finding from_store(const storage::StoreFinding& found) {
  using Kind = storage::StoreFinding::Kind;
  switch (found.kind) {
    case Kind::damaged:
      return {"damaged",
              found.detail,
              "the daemon sets it aside and begins anew at its next start; restore a backup for "
              "older rows",
              {}};
    case Kind::miscounted:
      return {"miscounted",
              found.detail,
              "move the file away and read its time again with harrier backfill",
              {}};
    case Kind::hole:
      return {"hole", found.detail, "read it with harrier backfill", {}};
    case Kind::set_aside:
      return {"set_aside",
              found.detail,
              "restore what it held from a backup or with harrier backfill, then remove the file",
              {}};
  }
  return {};
}

Result<std::vector<Finding>> check_table(const TableOverview& table,
                                         const storage::StateSummary& state,
                                         const settings::Settings& settings, bool deep) {
  std::vector<Finding> findings;
  HARRIER_TRY(const auto found,
              storage::verify_store(settings.storage.directory, table.table->name, deep));
  for (const auto& finding : found) {
    if (finding.kind != storage::StoreFinding::Kind::hole) findings.push_back(from_store(finding));
  }
  for (const auto& [stream, ledger] : table.ledgers) check_ledger(stream, ledger, findings);
  const auto known = state.known_stores.find(table.table->name);
  if (!table.store.exists && known != state.known_stores.end() && known->second.rows > 0) {
    findings.push_back({"missing",
                        fmt::format("the store is missing, it held {} rows on {}",
                                    known->second.rows, format_seconds(known->second.updated)),
                        "restore it from a backup, or read its time again with harrier backfill",
                        {}});
  }
  return findings;
}

void write_table(JsonWriter& json, const Verified& verified) {
  const TableOverview& table = *verified.table;
  json.begin_object()
      .field("table", table.table->name)
      .field("enabled", table.enabled)
      .field("ok", verified.findings.empty());
  json.field("rows", table.store.counts.rows)
      .field("quarantined", table.quarantined)
      .key("windows")
      .begin_object();
  json.field("done", table.windows.done)
      .field("pending", table.windows.pending)
      .field("partial", table.windows.partial);
  json.field("lost", table.windows.lost).end_object().key("problems").begin_array();
  for (const auto& finding : verified.findings) {
    json.begin_object()
        .field("kind", finding.kind)
        .field("detail", finding.detail)
        .field("remedy", finding.remedy);
    if (finding.window)
      json.field("from", std::optional(finding.window->from))
          .field("to", std::optional(finding.window->to));
    json.end_object();
  }
  json.end_array().end_object();
}

void write_checks(JsonWriter& json, const std::string& name, const std::vector<Finding>& findings) {
  if (findings.empty()) {
    json.begin_object()
        .field("name", name)
        .field("status", "ok")
        .field("detail", "")
        .field("remedy", "")
        .end_object();
  }
  for (const auto& finding : findings) {
    json.begin_object().field("name", name).field("status", "fail").field("detail", finding.detail);
    json.field("remedy", finding.remedy).end_object();
  }
}

std::string to_json(const std::vector<Verified>& all, const std::vector<Finding>& state, bool ok) {
  JsonWriter json;
  json.begin_object().field("ok", ok).key("tables").begin_array();
  for (const auto& verified : all) write_table(json, verified);
  json.end_array().key("checks").begin_array();
  for (const auto& verified : all)
    write_checks(json, verified.table->table->name, verified.findings);
  write_checks(json, "state", state);
  return json.end_array().end_object().take();
}

void print_findings(const Io& io, const std::string& name, const std::vector<Finding>& findings) {
  for (const auto& finding : findings)
    io.out << fmt::format("{} {}: {}: {}\n", paint(io, Colour::red, "FAIL"), name, finding.detail,
                          finding.remedy);
}

void print_text(const Io& io, const std::vector<Verified>& all, const std::vector<Finding>& state) {
  for (const auto& verified : all) {
    const TableOverview& table = *verified.table;
    const std::string& name = table.table->name;
    print_findings(io, name, verified.findings);
    std::string notes;
    if (table.windows.pending > 0)
      notes += fmt::format(", {} windows pending", table.windows.pending);
    if (table.quarantined > 0)
      notes += fmt::format(", {} records in quarantine", table.quarantined);
    if (!verified.findings.empty() && notes.empty()) continue;
    io.out << fmt::format("{} {}: {} rows, {} windows done{}\n",
                          verified.findings.empty() ? paint(io, Colour::green, "ok  ") : "note",
                          name, table.store.counts.rows, table.windows.done, notes);
  }
  print_findings(io, "state", state);
}

Result<int> verify(Context& context, bool deep) {
  HARRIER_TRY(const auto settings, context.settings());
  HARRIER_TRY(const auto overview, make_overview(settings, context.catalog(), SystemClock().now()));
  std::vector<Verified> all;
  std::size_t problems = 0;
  for (const auto& table : overview.tables) {
    const bool known = overview.state.known_stores.contains(table.table->name);
    if (!table.enabled && !table.store.exists && !known) continue;
    HARRIER_TRY(auto findings, check_table(table, overview.state, settings, deep));
    problems += findings.size();
    all.push_back({&table, std::move(findings)});
  }
  std::vector<Finding> state;
  HARRIER_TRY(const auto found, storage::verify_state(settings.storage.directory));
  for (const auto& finding : found) state.push_back(from_store(finding));
  problems += state.size();
  if (context.json) {
    context.io().out << to_json(all, state, problems == 0) << '\n';
  } else {
    print_text(context.io(), all, state);
  }
  if (problems == 0) return kDone;
  context.io().out.flush();
  context.io().err << fmt::format("harrier: verify found {} problem{}; each line says what to do\n",
                                  problems, problems == 1 ? "" : "s");
  return kHoles;
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto quick = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "verify", "Prove that nothing is missing: no hole in any ledger, every store sound");
  command->add_flag("--quick", *quick, "Leave out the check of every index against its rows");
  command->add_flag("--json", context.json, "One JSON document");
  command->footer(
      "Exits with 3 for lost or partial windows, damaged stores, and stores that are missing. "
      "Pending windows are work to do and quarantined\n"
      "records are kept aside: both are shown and are no holes.\n\nExamples:\n  harrier verify\n  "
      "harrier verify --quick --json");
  command->callback([&context, quick] { context.run([&] { return verify(context, !*quick); }); });
}

}  // namespace harrier::app
