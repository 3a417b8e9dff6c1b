// All that a tenant serves, and the truth about each of its tables.
#pragma once

#include "sandbox/collection.hpp"
#include "sandbox/hunting.hpp"
#include "sandbox/management.hpp"
#include "sandbox/truth.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// A tenant as its options describe it. The data is immutable; subscriptions are the only state.
class Tenant {
 public:
  /// Errors: internal (catalog), config (unknown table or API).
  [[nodiscard]] static Result<std::unique_ptr<Tenant>> create(Options options);
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;
  ~Tenant() = default;

  [[nodiscard]] const Options& options() const noexcept { return options_; }

  [[nodiscard]] const World& world() const noexcept { return world_; }

  [[nodiscard]] const Hunting& hunting() const noexcept { return hunting_; }

  [[nodiscard]] Management& management() noexcept { return management_; }

  /// The list at `path` for a request (sign-ins of several kinds share a path); nullptr where there
  /// is none.
  [[nodiscard]] const Collection* find(const HttpRequest& request) const;

  /// The tables that `compare` judges, in order of their names.
  [[nodiscard]] std::vector<std::string> judged_tables() const;
  /// The truth about a table: what was published before `until` is required, what before `now`
  /// possible.
  [[nodiscard]] TruthTable truth(std::string_view table, Instant until, Instant now) const;

  /// The state that tables without a time column show, kept in the sandbox's folder. Errors:
  /// storage.
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_.load(); }

  [[nodiscard]] Result<> set_epoch(std::uint64_t epoch);
  /// Tables of the catalog that belong to `api` (hunting, defender, graph, office365) and have
  /// data.
  [[nodiscard]] std::vector<std::string> tables_of(std::string_view api) const;

 private:
  Tenant(Options options, const model::Catalog& catalog);

  [[nodiscard]] TruthTable list_truth(std::string_view table, Instant until, Instant now) const;
  [[nodiscard]] TruthTable audit_truth(std::string_view table, Instant until, Instant now) const;

  Options options_;
  World world_;
  model::Catalog catalog_;
  Hunting hunting_;
  Management management_;
  std::vector<std::unique_ptr<Collection>> collections_;
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace harrier::sandbox
