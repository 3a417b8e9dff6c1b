#include "query/aggregate.hpp"

#include <fmt/format.h>

namespace harrier::query {

void Aggregator::merge(const Aggregator&, const std::vector<std::uint32_t>&) {}

Result<AggregatorPtr> make_aggregator(const AggregateSpec& spec) {
  for (const auto make : {make_number_aggregator, make_collect_aggregator, make_pick_aggregator,
                          make_percentile_aggregator}) {
    if (AggregatorPtr made = make(spec)) return made;
  }
  return Error(Errc::query, fmt::format("the aggregate {}() is not supported", spec.name));
}

}  // namespace harrier::query
