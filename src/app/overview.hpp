// How every table is doing: settings, store and saved status put together. Reads files only, so it
// works without a daemon.
#pragma once

#include "app/terminal.hpp"
#include "base/json_writer.hpp"
#include "model/catalog.hpp"
#include "settings/settings.hpp"
#include "storage/inspect.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harrier::app {

/// One table.
struct TableOverview {
  model::TablePtr table;
  bool enabled = false;  ///< the table and its connector
  bool listed = false;   ///< the configuration has a line for it
  std::string state;     ///< as `harrier status` names it
  std::string reason;
  storage::StoreSummary store;
  storage::StreamLedgers ledgers;  ///< of the store, and of the feeds that bring its rows
  model::WindowCounts windows;
  std::int64_t quarantined = 0;
  std::optional<Instant> last_success;
  std::optional<Instant> next_poll;
  std::optional<std::int64_t> lag_seconds;
  std::string backfill;  ///< JSON; empty: none
};

/// Every table of the catalog that can be collected, in the order of the select-events page.
struct Overview {
  std::vector<TableOverview> tables;
  storage::StateSummary state;
};

/// Errors: storage. A single damaged store shows as `failing` with that reason.
[[nodiscard]] Result<Overview> make_overview(const settings::Settings& settings,
                                             const model::Catalog& catalog, Instant now);

/// One element of `harrier status --json`.
void write_status(JsonWriter& json, const TableOverview& table);
/// One element of `harrier tables --json`.
void write_listing(JsonWriter& json, const TableOverview& table);
/// An instant as stores write it; null where there is none.
void write_event_time(JsonWriter& json, std::string_view key, std::optional<Instant> time);
/// How a state is painted.
[[nodiscard]] Colour state_colour(std::string_view state) noexcept;
/// `2026-11-24 09:58:41`, or a dash.
[[nodiscard]] std::string time_text(std::optional<Instant> time);

}  // namespace harrier::app
