// Feeds of one table that an OData list delivers: by windows of update time, whole, or by delta
// token.
#pragma once

#include "ingest/connector.hpp"
#include "ingest/page_ingest.hpp"
#include "ingest/planner.hpp"
#include "ingest/removals.hpp"
#include "ingest/streams_file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::ingest {

/// How a list is read (`kind` of a stream).
enum class ListKind : std::uint8_t {
  window,    ///< `$filter=<field> ge A and <field> le B`, with an overlap that grows with measured
             ///< lateness
  snapshot,  ///< everything, each `poll`; rows that changed are new versions
  delta,     ///< changes since a token; everything where the token is gone
  since,     ///< changes since a time given as `<field>=…`, and everything each `full`
};

/// The settings of one list stream.
///
/// Options of its streams.toml entry: `field` and `field_fallback` (where the service refuses to
/// filter by the first), `filter` (a fixed part of the filter), `orderby`, `query` (fixed query
/// text such as `$top=999`), `items` (default `value`), `prefer` (a Prefer header), `overlap`,
/// `settle`, `poll`, `retention`, `max_window`, `full` and `full_path` (of `since`), `tombstones`
/// (snapshot: rows no longer listed get a version with `_Removed`), `missing_is_empty` (404 means
/// no rows), `paging = "skip"` with `page_size` (`$top` and `$skip` instead of next links). In
/// `columns`, `=$now` is the time of the list.
struct ListOptions {
  StreamSpec spec;
  ListKind kind = ListKind::window;
  model::TablePtr table;
  std::string tenant;
  settings::Milliseconds poll_interval{300'000};
  settings::Milliseconds backfill{86'400'000};
};

/// Source: OData 4.01 query options; Graph paging and delta queries.
class ListStream final : public Stream {
 public:
  ListStream(ListOptions options, Services& services);

  [[nodiscard]] std::string_view name() const noexcept override { return options_.spec.name; }

  [[nodiscard]] const std::vector<model::TablePtr>& tables() const noexcept override {
    return tables_;
  }

  [[nodiscard]] std::string fingerprint() const override;

  [[nodiscard]] std::string_view permission() const noexcept override {
    return options_.spec.permission;
  }

  [[nodiscard]] Task<PollOutcome> poll(PollContext context) override;

 private:
  /// What a finished list leaves behind.
  struct ListResult {
    ListResult() = default;
    std::int64_t late = 0;
    bool early = false;  ///< the window was not marked as done
    std::string delta_link;
  };

  Task<> load();
  Task<PollOutcome> poll_windows(const PollContext& context);
  Task<PollOutcome> poll_whole(const PollContext& context);
  Task<PollOutcome> poll_delta(const PollContext& context);
  Task<PollOutcome> poll_since(const PollContext& context);
  /// Reads every page from `url`; the last one commits `what`.
  Task<ListResult> read_list(std::string url, model::PageCommit what, std::optional<Instant> pass);
  [[nodiscard]] bool is_early(const model::PageCommit& what) const;
  Task<> read_window(model::Window window);
  Task<> reread_overlap();
  Task<> mark_lost();
  Task<> plan_backfill(Instant now);
  Task<> work_backfill(Instant now);
  [[nodiscard]] std::string window_url(model::Window window) const;
  /// How long the newest data is left to settle.
  [[nodiscard]] Ticks settle() const;
  [[nodiscard]] Instant horizon(const PollContext& context) const;
  [[nodiscard]] std::optional<model::Window> due_pass(const PollContext& context) const;
  [[nodiscard]] PollOutcome outcome(bool more, Instant next) const;
  [[nodiscard]] std::string cursor_name(std::string_view what) const;
  Result<std::shared_ptr<const RecordMap>> map_now() const;
  void count(const model::WriteStats& stats, std::size_t quarantined);

  ListOptions options_;
  Services& services_;
  net::ApiClient& api_;
  std::vector<model::TablePtr> tables_;
  WindowRules rules_;
  std::shared_ptr<model::TableStore> store_;
  model::Ledger ledger_;
  AdaptiveWidth width_;
  std::string field_;
  Removals removals_;
  int pages_ = 0;  ///< of the list being read
  Ticks overlap_{0};
  std::optional<Instant> last_poll_;
  std::optional<Instant> last_full_;
  std::string delta_link_;
  std::optional<model::BackfillRequest> backfill_;
  model::Ledger backfill_ledger_;
};

/// The stream of a spec whose `kind` is window, snapshot, delta or since; null for another kind.
[[nodiscard]] std::unique_ptr<Stream> make_list_stream(
    const StreamSpec& spec, model::TablePtr table, const settings::Settings& all,
    const settings::Connector& setting, const settings::TableSetting& own, Services& services);

/// One request for one record of the list: shows whether it can be read.
[[nodiscard]] Task<> probe_list(StreamSpec spec, Services& services);

/// `text` percent-encoded for a query value (RFC 3986).
[[nodiscard]] std::string encode_query(std::string_view text);

}  // namespace harrier::ingest
