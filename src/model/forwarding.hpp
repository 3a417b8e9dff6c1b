// Ports that pass everything on: what stands before a store overrides what it changes.
#pragma once

#include "model/ports.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace harrier::model {

/// A store that is another one. Threads: as `TableStore`.
class ForwardingStore : public TableStore {
 public:
  explicit ForwardingStore(std::shared_ptr<TableStore> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] const TablePtr& schema() const noexcept override { return inner_->schema(); }

  [[nodiscard]] std::vector<Column> columns() const override { return inner_->columns(); }

  [[nodiscard]] Task<std::vector<Column>> add_columns(std::vector<Column> columns) override {
    return inner_->add_columns(std::move(columns));
  }

  [[nodiscard]] Task<Ledger> ledger(std::string stream) override {
    return inner_->ledger(std::move(stream));
  }

  [[nodiscard]] Task<std::optional<std::string>> cursor(std::string name) override {
    return inner_->cursor(std::move(name));
  }

  [[nodiscard]] Task<std::unique_ptr<PageWriter>> open_page(std::optional<Instant> pass) override {
    return inner_->open_page(pass);
  }

  [[nodiscard]] Task<std::int64_t> remove_unseen(Instant pass) override {
    return inner_->remove_unseen(pass);
  }

  [[nodiscard]] Task<std::int64_t> retain(Instant horizon) override {
    return inner_->retain(horizon);
  }

  [[nodiscard]] Task<std::int64_t> fill_columnstore(std::vector<std::string> columns) override {
    return inner_->fill_columnstore(std::move(columns));
  }

 protected:
  std::shared_ptr<TableStore> inner_;
};

/// A set of stores that is another one. Threads: as `StoreSet`.
class ForwardingStores : public StoreSet {
 public:
  explicit ForwardingStores(std::unique_ptr<StoreSet> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] Task<std::shared_ptr<TableStore>> open(TablePtr table) override {
    return inner_->open(std::move(table));
  }

  [[nodiscard]] StateStore& state() noexcept override { return inner_->state(); }

  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return inner_->free_bytes(); }

 protected:
  std::unique_ptr<StoreSet> inner_;
};

}  // namespace harrier::model
