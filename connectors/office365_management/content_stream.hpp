// One content type of the audit feed: subscription, listings, blobs.
#pragma once

#include "connectors/office365_management/blob_rows.hpp"
#include "connectors/office365_management/management_api.hpp"
#include "ingest/connector.hpp"
#include "ingest/planner.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::connectors::office365_management {

/// The settings of one content stream.
struct ContentOptions {
  ingest::StreamSpec spec;
  Feed feed;
  std::vector<TableRule> rules;
  std::vector<std::shared_ptr<const ingest::RecordMap>> maps;  ///< one a rule
  settings::Milliseconds poll_interval{300'000};
  settings::Milliseconds backfill{86'400'000};
  bool subscribe = true;
};

/// Windows of `contentCreated` are listed first; each blob found is durable work together with the
/// window it was listed in, fetched and retried on its own, and done when its rows are stored. The
/// rows' keys make a second fetch harmless. Source: Office 365 Management Activity API (windows of
/// 24 h, 7 days back, blobs that expire).
class ContentStream final : public ingest::Stream {
 public:
  ContentStream(ContentOptions options, ingest::Services& services);

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
  Task<> load();
  Task<> open_tables();
  /// False while the service has not started to deliver yet.
  Task<bool> ensure_subscription();
  Task<> list_due(const ingest::PollContext& context);
  Task<> list_window(model::Window window, bool known);
  Task<> plan_backfill();
  /// Fetches up to a round of blobs at once; true when more are waiting.
  Task<bool> fetch_blobs();
  Task<> fetch_blob(model::WorkItem item);
  Task<> store_rows(BlobRows& rows, bool late);
  Task<> finish(const model::WorkItem& item);
  Task<> lose(const model::WorkItem& item, std::string reason);
  [[nodiscard]] Instant horizon(const ingest::PollContext& context) const;
  [[nodiscard]] ingest::PollOutcome outcome(bool more, Instant next) const;

  ContentOptions options_;
  ingest::Services& services_;
  net::ApiClient& api_;
  RecordRouter router_;
  std::vector<model::TablePtr> tables_;
  std::vector<FeedTable> feed_tables_;
  ingest::WindowRules rules_;
  model::Ledger ledger_;
  bool loaded_ = false;
  bool subscribed_ = false;
  std::optional<Instant> last_listing_;
  std::optional<Instant> last_start_;
  std::optional<Error> start_error_;  ///< of the last start; it stands until the next may be tried
};

}  // namespace harrier::connectors::office365_management
