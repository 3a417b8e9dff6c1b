// How each operator of the plan is made (operators/*.cpp). Errors of all: as Execution::build.
#pragma once

#include "query/aggregate.hpp"
#include "query/execution.hpp"

namespace harrier::query {

[[nodiscard]] Result<OperatorPtr> make_values(const kql::Plan& plan, const kql::Values& node,
                                              Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_range(const kql::Plan& plan, const kql::RangeRows& node,
                                             Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_external(const kql::Plan& plan,
                                                const kql::ExternalData& node,
                                                Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_filter(const kql::Filter& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_project(const kql::Project& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_take(const kql::Take& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_sample(const kql::Plan& plan, const kql::Sample& node,
                                              Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_distinct(const kql::Plan& plan, const kql::Distinct& node,
                                                Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_union(const kql::Union& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_sort(const kql::Plan& plan, const kql::Sort& node,
                                            Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_aggregate(const kql::Plan& plan, const kql::Aggregate& node,
                                                 Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_join(const kql::Join& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_mv_expand(const kql::Plan& plan, const kql::MvExpand& node,
                                                 Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_mv_apply(const kql::Plan& plan, const kql::MvApply& node,
                                                Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_parse(const kql::Plan& plan, const kql::Parse& node,
                                             Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_parse_kv(const kql::Plan& plan, const kql::ParseKv& node,
                                                Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_series(const kql::Plan& plan, const kql::MakeSeries& node,
                                              Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_top_nested(const kql::Plan& plan, const kql::TopNested& node,
                                                  Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_partition(const kql::Plan& plan, const kql::Partition& node,
                                                 Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_scan(const kql::Plan& plan, const kql::Scan& node,
                                            Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_graph_table(const kql::Plan& plan,
                                                   const kql::GraphTable& node,
                                                   Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_graph_match(const kql::Plan& plan,
                                                   const kql::GraphMatch& node,
                                                   Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_active_users(const kql::Plan& plan, const kql::Plugin& node,
                                                    Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_basket(const kql::Plan& plan, const kql::Plugin& node,
                                              Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_dcount_intersect(const kql::Plugin& node,
                                                        Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_rows_near(const kql::Plugin& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_rolling_percentile(const kql::Plan& plan,
                                                          const kql::Plugin& node,
                                                          Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_sliding_window(const kql::Plan& plan,
                                                      const kql::Plugin& node,
                                                      Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_sequence_detect(const kql::Plan& plan,
                                                       const kql::Plugin& node,
                                                       Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_shape_lookup(const kql::Plugin& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_reduce(const kql::Plugin& node, Execution& execution);
[[nodiscard]] Result<OperatorPtr> make_plugin(const kql::Plan& plan, const kql::Plugin& node,
                                              Execution& execution);

/// The schema of a plugin whose columns depend on data (bag_unpack, pivot, narrow): its whole
/// schema.
[[nodiscard]] Result<kql::Schema> late_schema(const kql::PlanPtr& plan, Execution& execution);

}  // namespace harrier::query
