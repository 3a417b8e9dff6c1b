// Groups and the aggregates over them: behind summarize, make-series, top-nested and pivot.
#pragma once

#include "query/aggregate.hpp"
#include "query/execution.hpp"

namespace harrier::query {

/// Used by one thread.
class Aggregation {
 public:
  /// `schema` is the keys, then the outputs of the calls. Errors: query.
  [[nodiscard]] static Result<std::unique_ptr<Aggregation>> make(
      const std::vector<kql::ExprPtr>& keys, const std::vector<kql::AggregateCall>& calls,
      const kql::Schema& schema, Scope scope);

  /// Groups the rows by the keys and takes them in. Errors: limit.
  [[nodiscard]] Result<> add(const Chunk& chunk);
  /// Takes rows in whose groups the caller numbered; after `reserve_groups`.
  [[nodiscard]] Result<> add(const Chunk& chunk, const std::vector<std::uint32_t>& ids);
  void reserve_groups(std::size_t count);
  /// Only when `mergeable`.
  [[nodiscard]] Result<> merge(const Aggregation& other);

  [[nodiscard]] bool mergeable() const noexcept { return mergeable_; }

  /// Without keys there is always one.
  [[nodiscard]] std::size_t groups() const noexcept;
  /// Keys and values of some groups.
  [[nodiscard]] Chunk result(std::size_t from, std::size_t count);
  /// Values only.
  [[nodiscard]] std::vector<VectorPtr> values(std::size_t from, std::size_t count);

 private:
  struct Slot {
    std::vector<ExpressionPtr> args;
    ExpressionPtr predicate;
    AggregatorPtr aggregator;
    std::vector<ScalarType> results;
  };

  explicit Aggregation(QueryContext& context) : memory_(context.memory()) {}

  void single_group();
  [[nodiscard]] std::uint64_t bytes() const noexcept;

  std::vector<ExpressionPtr> keys_;
  std::unique_ptr<GroupTable> groups_;
  std::vector<Slot> slots_;
  StringHeap heap_;
  MemoryUse memory_;
  bool mergeable_ = true;
  std::size_t extra_groups_ = 0;
  std::vector<std::uint32_t> ids_;
};

}  // namespace harrier::query
