// A hunting table: windows on ingestion time, split at the service's caps, proven by the ledger.
#pragma once

#include "connectors/microsoft365_defender/hunting_query.hpp"
#include "ingest/connector.hpp"
#include "ingest/page_ingest.hpp"
#include "ingest/planner.hpp"
#include "ingest/removals.hpp"
#include "ingest/streams_file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::connectors::microsoft365_defender {

/// The settings of one hunting stream.
struct HuntingOptions {
  ingest::StreamSpec spec;
  model::TablePtr table;
  settings::Milliseconds poll_interval{300'000};
  settings::Milliseconds settle{180'000};
  settings::Milliseconds backfill{86'400'000};
  std::int64_t max_rows = 100'000;
  std::uint64_t max_bytes = 50ULL << 20;
  std::string filter;
};

/// Source of the limits: the advanced hunting API (30 days, 100,000 rows, 50 MB, one query in
/// flight).
class HuntingStream final : public ingest::Stream {
 public:
  HuntingStream(HuntingOptions options, ingest::Services& services);

  [[nodiscard]] std::string_view name() const noexcept override { return options_.spec.name; }

  [[nodiscard]] const std::vector<model::TablePtr>& tables() const noexcept override {
    return tables_;
  }

  [[nodiscard]] std::string fingerprint() const override;

  [[nodiscard]] std::string_view permission() const noexcept override {
    return options_.spec.permission;
  }

  [[nodiscard]] Task<ingest::PollOutcome> poll(ingest::PollContext context) override;

 private:
  /// One reading of the table with a ledger of its own: the main one, the daily re-read, or a
  /// queued backfill.
  struct Lane {
    Lane(std::string ledger_name_, Ticks start, const ingest::WindowRules& rules)
        : ledger_name(std::move(ledger_name_)), width(start, rules) {}

    std::string ledger_name;
    model::Ledger ledger;
    ingest::AdaptiveWidth width;
    bool late = false;     ///< its new rows were missed by windows that were done
    bool careful = false;  ///< count before fetching: the last answer was cut
    int failures = 0;      ///< consecutive, of the same window
  };

  Task<> load();
  Task<ingest::PollOutcome> poll_windows(const ingest::PollContext& context);
  Task<ingest::PollOutcome> poll_snapshot(const ingest::PollContext& context);
  /// Reads `window` of `lane`, or makes the lane's windows smaller. `clock` is the column the
  /// window bounds.
  Task<> advance(Lane& lane, Instant origin, Instant horizon, Instant now);
  Task<> read_window(Lane& lane, model::Window window, std::string clock);
  Task<> read_whole(Lane& lane, HuntingRead read);
  Task<> read_shards(Lane& lane, HuntingRead read, std::int64_t rows);
  Task<> give_up(Lane& lane, model::Window window, model::WindowState state, std::string reason);
  /// Stores `page` with what `what` says already; `finish`: it is the last of `window`.
  Task<> commit(Lane& lane, ingest::IngestedPage page, bool finish, model::Window window,
                model::PageCommit what);
  /// Hands the rows of a whole window of the main lane to the store; the next window is asked for
  /// while they become durable.
  Task<> hand_over(ingest::IngestedPage page, model::Window window);
  /// Waits for what was handed over: its window is done then, or pending still.
  Task<> settle();
  /// Completes `what`: how the ledger of `lane` is to stand when `window` is done, and quarantine.
  void describe(model::PageCommit& what, const Lane& lane, ingest::IngestedPage& page, bool finish,
                model::Window window);
  void count_stored(model::Window window, const model::WriteStats& stats);
  /// The main ledger as it will be when what was handed over is durable.
  [[nodiscard]] model::Ledger expected_ledger() const;
  Task<ingest::IngestedPage> fetch(HuntingRead read, std::optional<Instant> pass);
  Task<std::int64_t> count(HuntingRead read);
  /// Whether the table's rows tell their ingestion time; nullopt while it has no rows at all.
  Task<std::optional<bool>> tells_ingestion_time();
  Task<> choose_clock();
  Task<> read_snapshot(Instant since);
  Task<> plan_reread(Instant now, bool once);
  Task<> plan_backfill(Instant now);
  Task<> save_cursor(std::string name, std::string value);
  [[nodiscard]] Instant horizon(const ingest::PollContext& context) const;
  [[nodiscard]] std::string cursor_name(std::string_view what) const;
  [[nodiscard]] ingest::PollOutcome outcome(bool more, Instant next) const;

  [[nodiscard]] bool by_event_time() const noexcept {
    return clock_ == options_.table->time_column;
  }

  HuntingOptions options_;
  ingest::Services& services_;
  net::ApiClient& api_;
  std::vector<model::TablePtr> tables_;
  ingest::WindowRules rules_;
  std::shared_ptr<model::TableStore> store_;
  Lane main_;
  std::unique_ptr<model::PageWriter> handed_over_;  ///< the rows of `handed_over_window_`
  model::Window handed_over_window_;
  ingest::Removals removals_;   ///< of tables with a time column that are read whole
  std::optional<Lane> reread_;  ///< by event time
  std::optional<Lane> backfill_;
  std::int64_t backfill_id_ = 0;
  std::string
      clock_;  ///< `_Ingested`, or the time column where the service tells no ingestion time
  bool clock_proven_ = false;
  bool timed_out_ = false;  ///< the last answer was a time-out: the next one makes windows smaller
  std::optional<Instant> last_newest_;  // by the machine's clock
  std::optional<Instant> last_reread_;
  std::optional<Instant> last_probe_;
};

/// The request that runs `query`.
[[nodiscard]] net::Request hunting_request(const ingest::StreamSpec& spec, std::string_view query);

}  // namespace harrier::connectors::microsoft365_defender
