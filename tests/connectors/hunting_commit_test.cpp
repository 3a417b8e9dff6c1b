// A hunting stream asks for the next window while the last one becomes durable: what a commit that
// fails behind it must not leave.
#include "connectors/harness.hpp"
#include "model/forwarding.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <utility>

using namespace harrier;
using namespace harrier::test;

namespace {

// Loses the n-th page that brings a window to its end, as a disk that refuses would.
class LosingPage final : public model::PageWriter {
 public:
  LosingPage(std::unique_ptr<model::PageWriter> inner, int& countdown)
      : inner_(std::move(inner)), countdown_(countdown) {}

  Task<> append(model::Batch batch) override { return inner_->append(std::move(batch)); }

  Task<> submit(model::PageCommit what) override {
    if (what.marks.empty() || --countdown_ != 0) co_return co_await inner_->submit(std::move(what));
    inner_.reset();
    co_return Result<>();
  }

  Task<model::WriteStats> committed() override {
    if (inner_) co_return co_await inner_->committed();
    co_return Error(Errc::storage, "the disk refuses");
  }

 private:
  std::unique_ptr<model::PageWriter> inner_;
  int& countdown_;
};

class LosingStore final : public model::ForwardingStore {
 public:
  LosingStore(std::shared_ptr<model::TableStore> inner, int& countdown)
      : ForwardingStore(std::move(inner)), countdown_(countdown) {}

  Task<std::unique_ptr<model::PageWriter>> open_page(std::optional<Instant> pass) override {
    HARRIER_CO_TRY(auto page, co_await inner_->open_page(pass));
    co_return std::make_unique<LosingPage>(std::move(page), countdown_);
  }

 private:
  int& countdown_;
};

class LosingStores final : public model::ForwardingStores {
 public:
  LosingStores(std::unique_ptr<model::StoreSet> inner, int nth)
      : ForwardingStores(std::move(inner)), countdown_(nth) {}

  Task<std::shared_ptr<model::TableStore>> open(model::TablePtr table) override {
    HARRIER_CO_TRY(auto store, co_await inner_->open(std::move(table)));
    co_return std::make_shared<LosingStore>(std::move(store), countdown_);
  }

 private:
  int countdown_;
};

Reply row(const std::string& name) {
  return Reply(
      200,
      R"({"schema":[{"name":"Timestamp","type":"DateTime"},{"name":"DeviceName","type":"String"},)"
      R"({"name":"_Ingested","type":"DateTime"}],"results":[{"Timestamp":"2026-11-24T00:00:00Z",)"
      R"("DeviceName":")" +
          name + R"(","_Ingested":"2026-11-24T00:00:01Z"}]})");
}

}  // namespace

TEST_CASE("A window whose commit fails is read again, and so is the one that was read meanwhile",
          "[connectors][hunting]") {
  Harness harness({"DeviceInfo"});
  harness.before_stores = [](std::unique_ptr<model::StoreSet> stores) {
    return std::make_unique<LosingStores>(std::move(stores), 2);
  };
  harness.restart();
  // The windows widen: the fourth request asks for the second and third together.
  harness.server.script("/v1.0/security/runHuntingQuery",
                        {row("a"), row("lost"), row("behind"), row("b")});

  const auto outcome = harness.once();

  CHECK(outcome.caught_up);
  CHECK(harness.server.requests().size() == 4);
  CHECK(harness.ask("DeviceInfo",
                    "SELECT group_concat(DeviceName) FROM (SELECT DeviceName FROM DeviceInfo "
                    "ORDER BY DeviceName)") == "a,b");
  CHECK(harness.ask("DeviceInfo", "SELECT group_concat(state) FROM _harrier_ledger") == "done");
}
