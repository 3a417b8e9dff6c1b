#include "app/measured_stores.hpp"

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

class MeasuredStore final : public model::TableStore {
 public:
  MeasuredStore(std::shared_ptr<model::TableStore> inner, Metrics& metrics)
      : inner_(std::move(inner)),
        metrics_(metrics),
        labels_(1, {"table", inner_->schema()->name}) {}

  const model::TablePtr& schema() const noexcept override { return inner_->schema(); }

  std::vector<model::Column> columns() const override { return inner_->columns(); }

  Task<std::vector<model::Column>> add_columns(std::vector<model::Column> columns) override {
    return inner_->add_columns(std::move(columns));
  }

  Task<model::Ledger> ledger(std::string stream) override {
    return inner_->ledger(std::move(stream));
  }

  Task<std::optional<std::string>> cursor(std::string name) override {
    return inner_->cursor(std::move(name));
  }

  Task<std::int64_t> remove_unseen(Instant pass) override { return inner_->remove_unseen(pass); }

  Task<std::int64_t> retain(Instant horizon) override { return inner_->retain(horizon); }

  Task<std::int64_t> fill_columnstore(std::vector<std::string> columns) override {
    return inner_->fill_columnstore(std::move(columns));
  }

  Task<std::unique_ptr<model::PageWriter>> open_page(std::optional<Instant> pass) override {
    HARRIER_CO_TRY(auto page, co_await inner_->open_page(pass));
    co_return std::make_unique<MeasuredPage>(std::move(page), metrics_, labels_);
  }

 private:
  std::shared_ptr<model::TableStore> inner_;
  Metrics& metrics_;
  Labels labels_;
};

class MeasuredStores final : public model::StoreSet {
 public:
  MeasuredStores(std::unique_ptr<model::StoreSet> inner, Metrics& metrics)
      : inner_(std::move(inner)), metrics_(metrics) {}

  Task<std::shared_ptr<model::TableStore>> open(model::TablePtr table) override {
    HARRIER_CO_TRY(auto store, co_await inner_->open(std::move(table)));
    co_return std::make_shared<MeasuredStore>(std::move(store), metrics_);
  }

  model::StateStore& state() noexcept override { return inner_->state(); }

  Result<std::uint64_t> free_bytes() const override { return inner_->free_bytes(); }

 private:
  std::unique_ptr<model::StoreSet> inner_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<model::StoreSet> measure_stores(std::unique_ptr<model::StoreSet> inner,
                                                Metrics& metrics) {
  return std::make_unique<MeasuredStores>(std::move(inner), metrics);
}

}  // namespace harrier::app
