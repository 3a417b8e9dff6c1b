// Aggregates: one value (or several) of every group of rows.
#pragma once

#include "kql/bound.hpp"
#include "query/context.hpp"
#include "query/table.hpp"
#include "query/vector.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace harrier::query {

/// The state of one aggregate over all groups. Used by one thread.
class Aggregator {
 public:
  virtual ~Aggregator() = default;
  /// Makes room for `groups` groups.
  virtual void grow(std::size_t groups) = 0;
  /// Takes in rows: `args` hold `ids.size()` cells, row k belongs to group `ids[k]`.
  [[nodiscard]] virtual Result<> add(const std::vector<VectorPtr>& args,
                                     const std::vector<std::uint32_t>& ids) = 0;

  /// True when several states may be merged and the order of rows does not matter.
  [[nodiscard]] virtual bool mergeable() const noexcept { return false; }

  /// Takes in the state of a like aggregator: its group k is our group `ids[k]`.
  virtual void merge(const Aggregator& other, const std::vector<std::uint32_t>& ids);
  /// Appends the values of a group to `out`, one for each output.
  virtual void finish(std::size_t group, std::vector<VectorBuilder>& out) = 0;
  [[nodiscard]] virtual std::uint64_t bytes() const noexcept = 0;
};

using AggregatorPtr = std::unique_ptr<Aggregator>;

/// What an aggregator is made from.
struct AggregateSpec {
  std::string_view name;
  std::vector<ScalarType> arguments;
  std::vector<Value> options;  ///< texts live as long as the plan
  std::vector<ScalarType> results;
};

/// Errors: query, for aggregates that are not supported.
[[nodiscard]] Result<AggregatorPtr> make_aggregator(const AggregateSpec& spec);

/// By topic (aggregates/*.cpp); nullptr where the topic does not have it.
[[nodiscard]] AggregatorPtr make_number_aggregator(const AggregateSpec& spec);
[[nodiscard]] AggregatorPtr make_collect_aggregator(const AggregateSpec& spec);
[[nodiscard]] AggregatorPtr make_pick_aggregator(const AggregateSpec& spec);
[[nodiscard]] AggregatorPtr make_percentile_aggregator(const AggregateSpec& spec);

}  // namespace harrier::query
