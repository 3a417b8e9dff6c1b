#include "app/overview.hpp"

#include "app/stream_specs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::app {

namespace {

using storage::StateSummary;
using storage::StoreSummary;

// Streams of one name belong to a table; work beside the main line (re-reads, queued spans) has a
// `/` in its ledger's name.
bool is_main(std::string_view stream) {
  return stream.find('/') == std::string_view::npos;
}

model::WindowCounts count_windows(const storage::StreamLedgers& ledgers) {
  model::WindowCounts total;
  for (const auto& [stream, ledger] : ledgers) {
    const auto counts = ledger.counts();
    total.done += counts.done;
    total.pending += counts.pending;
    total.partial += counts.partial;
    total.lost += counts.lost;
  }
  return total;
}

// The end of the newest done window; of several main streams, the one that is furthest behind.
std::optional<Instant> done_until(const storage::StreamLedgers& ledgers) {
  std::optional<Instant> end;
  for (const auto& [stream, ledger] : ledgers) {
    const auto done = ledger.last_done();
    if (!is_main(stream) || !done) continue;
    end = end ? std::min(*end, *done) : *done;
  }
  return end;
}

std::string queued_backfill(const StateSummary& state, std::string_view table) {
  for (const auto& request : state.backfills) {
    if (request.table != table) continue;
    JsonWriter json;
    json.begin_object()
        .field("from", std::optional(request.window.from))
        .field("to", std::optional(request.window.to));
    return json.field("done", 0).key("eta_seconds").null().end_object().take();
  }
  return {};
}

void judge_state(TableOverview& overview, const StateSummary& state,
                 const settings::Settings& settings) {
  const auto& name = overview.table->name;
  const auto saved = state.statuses.find(name);
  if (!overview.enabled) {
    overview.state = "disabled";
    const auto connector = settings.connectors.find(overview.table->connector);
    const bool own = connector != settings.connectors.end() &&
                     connector->second.tables.contains(name) &&
                     connector->second.tables.at(name).enabled;
    if (own)
      overview.reason =
          fmt::format("The connector {} is disabled: set enabled = true in [connectors.{}].",
                      connector->first, connector->first);
    return;
  }
  overview.backfill = queued_backfill(state, name);
  overview.state = "waiting";
  if (saved == state.statuses.end()) return;
  const auto& status = saved->second;
  overview.state = status.state;
  overview.reason = status.reason;
  overview.last_success = status.last_success;
  overview.next_poll = status.next_poll;
  if (!status.backfill.empty()) overview.backfill = status.backfill;
  if (overview.state == "ok" && overview.store.counts.rows == 0) overview.state = "waiting";
}

TableOverview overview_of(const model::TablePtr& table, const settings::Settings& settings,
                          const StateSummary& state, Instant now) {
  TableOverview overview;
  overview.table = table;
  overview.enabled = settings.enabled_table(*table) != nullptr;
  const auto connector = settings.connectors.find(table->connector);
  overview.listed =
      connector != settings.connectors.end() && connector->second.tables.contains(table->name);
  auto summary = storage::summarize(settings.storage.directory, table->name);
  if (summary) overview.store = *std::move(summary);
  overview.ledgers = overview.store.ledgers;
  const auto feeds = feeds_of(*table);
  for (const auto& [stream, ledger] : state.feeds) {
    if (std::find(feeds.begin(), feeds.end(), stream) != feeds.end())
      overview.ledgers.emplace_back(stream, ledger);
  }
  overview.windows = count_windows(overview.ledgers);
  if (const auto done = done_until(overview.ledgers))
    overview.lag_seconds = std::max<std::int64_t>((now - *done).count() / kTicksPerSecond, 0);
  if (const auto found = state.quarantined.find(table->name); found != state.quarantined.end())
    overview.quarantined = found->second;
  judge_state(overview, state, settings);
  if (summary.has_error() && overview.enabled) {
    overview.state = "failing";
    overview.reason = summary.error().message;
  }
  return overview;
}

}  // namespace

Result<Overview> make_overview(const settings::Settings& settings, const model::Catalog& catalog,
                               Instant now) {
  Overview overview;
  HARRIER_TRY(overview.state, storage::summarize_state(settings.storage.directory));
  for (const auto& table : catalog.tables()) {
    if (table->selectable)
      overview.tables.push_back(overview_of(table, settings, overview.state, now));
  }
  return overview;
}

void write_event_time(JsonWriter& json, std::string_view key, std::optional<Instant> time) {
  json.key(key);
  if (time) {
    json.value(format_instant(*time));
  } else {
    json.null();
  }
}

void write_status(JsonWriter& json, const TableOverview& table) {
  json.begin_object().field("table", table.table->name).field("connector", table.table->connector);
  json.field("enabled", table.enabled).field("state", table.state).field("reason", table.reason);
  json.field("rows", table.store.counts.rows).field("duplicates", table.store.counts.duplicates);
  json.field("late", table.store.counts.late)
      .field("quarantined", table.quarantined)
      .field("last_success", table.last_success);
  write_event_time(json, "last_event", table.store.last_event);
  json.key("lag_seconds");
  if (table.lag_seconds) {
    json.value(*table.lag_seconds);
  } else {
    json.null();
  }
  json.key("windows")
      .begin_object()
      .field("done", table.windows.done)
      .field("pending", table.windows.pending);
  json.field("partial", table.windows.partial).field("lost", table.windows.lost).end_object();
  json.key("backfill").raw(table.backfill.empty() ? "null" : std::string_view(table.backfill));
  json.field("next_poll", table.next_poll).end_object();
}

void write_listing(JsonWriter& json, const TableOverview& table) {
  json.begin_object().field("table", table.table->name).field("connector", table.table->connector);
  json.field("group", table.table->group)
      .field("enabled", table.enabled)
      .field("state", table.state);
  json.field("rows", table.store.counts.rows);
  write_event_time(json, "last_event", table.store.last_event);
  json.field("bytes", table.store.bytes).end_object();
}

Colour state_colour(std::string_view state) noexcept {
  if (state == "ok") return Colour::green;
  if (state == "disabled" || state == "waiting") return Colour::dim;
  return state == "catching_up" || state == "throttled" || state == "unlicensed" ? Colour::yellow
                                                                                 : Colour::red;
}

std::string time_text(std::optional<Instant> time) {
  if (!time) return "-";
  std::string text = format_seconds(*time);
  text[10] = ' ';
  text.pop_back();
  return text;
}

}  // namespace harrier::app
