// A stream that is behind, a clock and stores, for tests of the supervisor.
#pragma once

#include "ingest/supervisor.hpp"

#include <boost/asio/io_context.hpp>

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::test {

using namespace harrier::ingest;

constexpr Instant kStart{739'000 * kTicksPerDay};

/// A clock that stands still until it is moved.
class MovedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return now_; }

  void advance(Ticks by) noexcept { now_ = now_ + by; }

 private:
  Instant now_ = kStart;
};

/// Stores that keep nothing but what status said.
class NoStores final : public model::StoreSet, public model::StateStore {
 public:
  Task<std::shared_ptr<model::TableStore>> open(model::TablePtr) override {
    ++opened;
    co_return unused();
  }

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
  int opened = 0;

 private:
  static Error unused() { return Error(Errc::internal, "not part of this test"); }
};

/// Six days behind; each poll takes half a minute and reads its share of them.
class SlowStream final : public Stream {
 public:
  SlowStream(model::TablePtr table, MovedClock& clock, int polls)
      : tables_{std::move(table)}, clock_(clock), polls_(polls) {}

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
    outcome.progress.pending = outcome.progress.total / polls_ * (polls_ - ++done_);
    outcome.more = done_ < polls_;
    outcome.next = clock_.now() + std::chrono::hours(outcome.more ? 0 : 1);
    co_return outcome;
  }

 private:
  std::vector<model::TablePtr> tables_;
  MovedClock& clock_;
  int polls_;
  int done_ = 0;
};

class SlowConnector final : public Connector {
 public:
  SlowConnector(MovedClock& clock, int polls) : clock_(clock), polls_(polls) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "slow"; }

  [[nodiscard]] std::vector<std::unique_ptr<Stream>> streams(const settings::Settings&,
                                                             const settings::Connector&,
                                                             Services& services) const override {
    std::vector<std::unique_ptr<Stream>> made;
    made.push_back(std::make_unique<SlowStream>(services.catalog.tables()[0], clock_, polls_));
    return made;
  }

  Task<> probe(model::TablePtr, Services&) const override { co_return Result<>(); }

  [[nodiscard]] std::string permission(const model::TableSchema&) const override { return "None"; }

 private:
  MovedClock& clock_;
  int polls_;
};

/// Ends each poll with the next of a list of errors; succeeds when the list is empty.
class ScriptedStream final : public Stream {
 public:
  ScriptedStream(std::string name, model::TablePtr table, MovedClock& clock,
                 std::vector<Error> errors)
      : name_(std::move(name)),
        tables_{std::move(table)},
        clock_(clock),
        errors_(std::move(errors)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] const std::vector<model::TablePtr>& tables() const noexcept override {
    return tables_;
  }

  [[nodiscard]] std::string fingerprint() const override { return name_; }

  [[nodiscard]] std::string_view permission() const noexcept override { return "Some.Read.All"; }

  Task<PollOutcome> poll(PollContext) override {
    if (done_ < errors_.size()) co_return errors_[done_++];
    PollOutcome outcome;
    outcome.progress.done_until = clock_.now() - std::chrono::minutes(3);
    outcome.next = clock_.now() + std::chrono::hours(6);
    co_return outcome;
  }

 private:
  std::string name_;
  std::vector<model::TablePtr> tables_;
  MovedClock& clock_;
  std::vector<Error> errors_;
  std::size_t done_ = 0;
};

/// A stream for each table: what its polls end with, by the table's name.
class ScriptedConnector final : public Connector {
 public:
  ScriptedConnector(MovedClock& clock, std::map<std::string, std::vector<Error>> errors)
      : clock_(clock), errors_(std::move(errors)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "scripted"; }

  [[nodiscard]] std::vector<std::unique_ptr<Stream>> streams(const settings::Settings&,
                                                             const settings::Connector&,
                                                             Services& services) const override {
    std::vector<std::unique_ptr<Stream>> made;
    for (const auto& [table, errors] : errors_)
      made.push_back(
          std::make_unique<ScriptedStream>(table, services.catalog.find(table), clock_, errors));
    return made;
  }

  Task<> probe(model::TablePtr, Services&) const override { co_return Result<>(); }

  [[nodiscard]] std::string permission(const model::TableSchema&) const override { return "None"; }

 private:
  MovedClock& clock_;
  std::map<std::string, std::vector<Error>> errors_;
};

/// A supervisor and what it works with.
struct Supervised {
  explicit Supervised(model::Catalog catalog_) : catalog(std::move(catalog_)) {}

  MovedClock clock;
  model::Catalog catalog;
  NoStores stores;
  Metrics metrics;
  Services services{stores, catalog, {}, clock, metrics, "tenant"};
  Connectors connectors;
  settings::Settings settings;
  asio::io_context context;
  Supervisor supervisor{context.get_executor(), connectors, services};
};

/// Tables whose polls end as written.
struct ScriptedTables : Supervised {
  explicit ScriptedTables(const std::map<std::string, std::vector<Error>>& errors)
      : Supervised(tables_of(errors)) {
    connectors.push_back(std::make_unique<ScriptedConnector>(clock, errors));
    settings.connectors["scripted"].enabled = true;
    settings.storage.retention = std::chrono::milliseconds(0);
  }

  static model::Catalog tables_of(const std::map<std::string, std::vector<Error>>& errors) {
    std::vector<model::TableSchema> schemas;
    for (const auto& [name, unused] : errors) {
      schemas.emplace_back();
      schemas.back().name = name;
    }
    return model::Catalog::of(std::move(schemas));
  }

  [[nodiscard]] std::string state_of(std::string_view table) const {
    for (const auto& entry : supervisor.tables()) {
      if (entry.status.table == table) return entry.status.state;
    }
    return {};
  }
};

/// One table, kept for a time, that is filled in so many polls of half a minute.
struct SlowTable : Supervised {
  SlowTable(int polls, std::chrono::milliseconds keep) : Supervised(one_table()) {
    connectors.push_back(std::make_unique<SlowConnector>(clock, polls));
    settings.connectors["slow"].enabled = true;
    settings.storage.retention = keep;
  }

  static model::Catalog one_table() {
    model::TableSchema schema;
    schema.name = "Things";
    return model::Catalog::of({schema});
  }
};

}  // namespace harrier::test
