// Advanced hunting: answers runHuntingQuery from the generators.
#pragma once

#include "sandbox/generator.hpp"
#include "sandbox/kql_subset.hpp"
#include "sandbox/packed_rows.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace harrier::sandbox {

/// What the service would send.
struct Answer {
  int status = 200;
  std::string body;
  std::string packed;  ///< the body as gzip; `body` is empty then
  std::uint64_t rows = 0;
};

/// A Graph error body.
[[nodiscard]] Answer graph_error(int status, std::string_view code, std::string_view message);

/// Ways in which an answer may differ without being wrong.
struct AnswerTwists {
  bool is_reordered = false;   ///< rows without a demanded order come shuffled
  double repeated = 0;         ///< share of rows that come twice
  bool may_be_packed = false;  ///< gzip is welcome
  std::uint64_t epoch = 0;     ///< which state the tables without a time column show
};

/// All hunting tables of a tenant. Free to share between threads.
class Hunting {
 public:
  /// `world` outlives it.
  Hunting(const World& world, const model::Catalog& catalog);

  /// Runs a query as of `now` on the service's clock.
  [[nodiscard]] Answer run(std::string_view kql, std::string_view timespan, Instant now,
                           AnswerTwists twists) const;
  /// The generator of a table; nullptr where the tenant has none.
  [[nodiscard]] const TableGenerator* find(std::string_view table) const;

  [[nodiscard]] const std::map<std::string, std::unique_ptr<TableGenerator>, std::less<>>& tables()
      const noexcept {
    return tables_;
  }

  /// The deliveries a query could see at `now`, half-open: all so far, or those of the state
  /// `epoch`.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> visible(const TableGenerator& table,
                                                                Instant now,
                                                                std::uint64_t epoch) const;

 private:
  const World& world_;
  std::map<std::string, std::unique_ptr<TableGenerator>, std::less<>> tables_;
  mutable PackedRows packed_;
};

/// The rows of a table without a time column in the state `epoch`: with every state a tenth of the
/// rows goes and as many come.
[[nodiscard]] std::pair<std::uint64_t, std::uint64_t> snapshot_rows(const TableGenerator& table,
                                                                    std::uint64_t epoch);

/// The value of the shard hash of a delivery: any stable hash of the row with its ingestion time
/// tiles.
[[nodiscard]] std::uint64_t shard_hash(const World& world, const TableGenerator& table,
                                       std::uint64_t index);

/// Whether `condition` holds for delivery `index`; a column that does not exist is an error
/// (query).
[[nodiscard]] Result<bool> holds(const Condition& condition, const TableGenerator& table,
                                 std::uint64_t index, model::Arena& arena);

}  // namespace harrier::sandbox
