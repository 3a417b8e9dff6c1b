#include "app/measured_stores.hpp"

#include "model/forwarding.hpp"

namespace harrier::app {

namespace {

class MeasuredPage final : public model::PageWriter {
 public:
  MeasuredPage(std::unique_ptr<model::PageWriter> inner, Metrics& metrics, Labels labels)
      : inner_(std::move(inner)), metrics_(metrics), labels_(std::move(labels)) {}

  Task<> append(model::Batch batch) override { return inner_->append(std::move(batch)); }

  Task<> submit(model::PageCommit what) override { return inner_->submit(std::move(what)); }

  Task<model::WriteStats> committed() override {
    auto stats = co_await inner_->committed();
    if (stats) metrics_.observe("harrier_commit_duration_seconds", labels_, stats->took.count());
    co_return stats;
  }

 private:
  std::unique_ptr<model::PageWriter> inner_;
  Metrics& metrics_;
  Labels labels_;
};

class MeasuredStore final : public model::ForwardingStore {
 public:
  MeasuredStore(std::shared_ptr<model::TableStore> inner, Metrics& metrics)
      : ForwardingStore(std::move(inner)),
        metrics_(metrics),
        labels_(1, {"table", schema()->name}) {}

  Task<std::unique_ptr<model::PageWriter>> open_page(std::optional<Instant> pass) override {
    HARRIER_CO_TRY(auto page, co_await inner_->open_page(pass));
    co_return std::make_unique<MeasuredPage>(std::move(page), metrics_, labels_);
  }

 private:
  Metrics& metrics_;
  Labels labels_;
};

class MeasuredStores final : public model::ForwardingStores {
 public:
  MeasuredStores(std::unique_ptr<model::StoreSet> inner, Metrics& metrics)
      : ForwardingStores(std::move(inner)), metrics_(metrics) {}

  Task<std::shared_ptr<model::TableStore>> open(model::TablePtr table) override {
    HARRIER_CO_TRY(auto store, co_await inner_->open(std::move(table)));
    co_return std::make_shared<MeasuredStore>(std::move(store), metrics_);
  }

 private:
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<model::StoreSet> measure_stores(std::unique_ptr<model::StoreSet> inner,
                                                Metrics& metrics) {
  return std::make_unique<MeasuredStores>(std::move(inner), metrics);
}

}  // namespace harrier::app
