#include "ingest/supervisor.hpp"

#include "support/captured_log.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <limits>

using namespace harrier;
using namespace harrier::ingest;

namespace {

constexpr Instant kStart{739'000 * kTicksPerDay};
constexpr int kPolls = 10;

class MovedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return now_; }

  void advance(Ticks by) noexcept { now_ = now_ + by; }

 private:
  Instant now_ = kStart;
};

// Stores that keep nothing but what status said.
class NoStores final : public model::StoreSet, public model::StateStore {
 public:
  Task<std::shared_ptr<model::TableStore>> open(model::TablePtr) override { co_return unused(); }

  model::StateStore& state() noexcept override { return *this; }

  [[nodiscard]] Result<std::uint64_t> free_bytes() const override {
    return std::numeric_limits<std::uint64_t>::max();
  }

  Task<> save_status(model::TableStatus status) override {
    saved.push_back(std::move(status));
    co_return Result<>();
  }

  Task<std::vector<model::BackfillRequest>> backfills() override { co_return unused(); }

  Task<> finish_backfill(std::int64_t) override { co_return unused(); }

  Task<> quarantine(std::vector<model::QuarantinedRecord>) override { co_return unused(); }

  Task<model::Ledger> feed_ledger(std::string) override { co_return unused(); }

  Task<std::optional<std::string>> feed_cursor(std::string, std::string) override {
    co_return unused();
  }

  Task<> commit_feed(model::FeedCommit) override { co_return unused(); }

  Task<std::vector<model::WorkItem>> pending_items(std::string, std::size_t) override {
    co_return unused();
  }

  Task<std::int64_t> pending_item_count(std::string) override { co_return unused(); }

  std::vector<model::TableStatus> saved;

 private:
  static Error unused() { return Error(Errc::internal, "not part of this test"); }
};

// Six days behind; each poll takes half a minute and reads a tenth of them.
class SlowStream final : public Stream {
 public:
  SlowStream(model::TablePtr table, MovedClock& clock) : tables_{std::move(table)}, clock_(clock) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "Slow"; }

  [[nodiscard]] const std::vector<model::TablePtr>& tables() const noexcept override {
    return tables_;
  }

  [[nodiscard]] std::string fingerprint() const override { return "slow"; }

  [[nodiscard]] std::string_view permission() const noexcept override { return "None"; }

  Task<PollOutcome> poll(PollContext) override {
    clock_.advance(std::chrono::seconds(30));
    PollOutcome outcome;
    outcome.progress.total = std::chrono::hours(144);
    outcome.progress.pending = outcome.progress.total / kPolls * (kPolls - ++polls_);
    outcome.more = polls_ < kPolls;
    outcome.next = clock_.now();
    co_return outcome;
  }

 private:
  std::vector<model::TablePtr> tables_;
  MovedClock& clock_;
  int polls_ = 0;
};

class SlowConnector final : public Connector {
 public:
  explicit SlowConnector(MovedClock& clock) : clock_(clock) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "slow"; }

  [[nodiscard]] std::vector<std::unique_ptr<Stream>> streams(const settings::Settings&,
                                                             const settings::Connector&,
                                                             Services& services) const override {
    std::vector<std::unique_ptr<Stream>> made;
    made.push_back(std::make_unique<SlowStream>(services.catalog.tables()[0], clock_));
    return made;
  }

  Task<> probe(model::TablePtr, Services&) const override { co_return Result<>(); }

  [[nodiscard]] std::string permission(const model::TableSchema&) const override { return "None"; }

 private:
  MovedClock& clock_;
};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("A catch-up says each minute how far it is and how long it takes", "[ingest]") {
  model::TableSchema schema;
  schema.name = "Things";
  const auto catalog = model::Catalog::of({schema});
  MovedClock clock;
  NoStores stores;
  Metrics metrics;
  Services services{stores, catalog, {}, clock, metrics, "tenant"};
  Connectors connectors;
  connectors.push_back(std::make_unique<SlowConnector>(clock));
  settings::Settings settings;
  settings.connectors["slow"].enabled = true;
  settings.storage.retention = std::chrono::milliseconds(0);
  asio::io_context context;
  Supervisor supervisor(context.get_executor(), connectors, services);

  const test::CapturedLog log;
  auto done = asio::co_spawn(context, supervisor.run_once(settings), asio::use_future);
  context.run();

  const auto outcome = done.get();
  REQUIRE(outcome.has_value());
  CHECK(outcome->caught_up);
  // Nine polls leave something: the first says nothing, then one a minute.
  const std::string text = log.text();
  CHECK(count(text, "Catching up. stream=Slow") == 4);
  // A minute after the first of nine tenths, two of them are done and seven are left.
  CHECK_THAT(text, Catch::Contains("done_percent=22.2") && Catch::Contains("eta=3m"));
  REQUIRE(stores.saved.size() == kPolls);
  CHECK(stores.saved[2].state == "catching_up");
  CHECK_THAT(stores.saved[2].backfill, Catch::Contains("\"done\":0.2222,\"eta_seconds\":210"));
  CHECK(stores.saved.back().state == "ok");
}
