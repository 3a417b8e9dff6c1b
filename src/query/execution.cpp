#include "query/execution.hpp"

#include "query/convert.hpp"
#include "query/operators/make.hpp"
#include "query/table_scan.hpp"

namespace harrier::query {

namespace {

/// The rows that SubInput stands for; taken when it is built.
Result<OperatorPtr> make_sub_input(const Execution& execution) {
  const Chunk* rows = execution.sub_input();
  if (rows == nullptr) return Error(Errc::internal, "a subquery's input outside its operator");
  return OperatorPtr(std::make_unique<ChunkSource>(*rows));
}

Result<OperatorPtr> make_materialize(const kql::PlanPtr& plan, Execution& execution) {
  HARRIER_TRY(const TablePtr table, execution.materialized(plan));
  return OperatorPtr(std::make_unique<ChunkSource>(table->all()));
}

}  // namespace

Result<bool> ChunkSource::next(Chunk& out) {
  if (at_ >= rows_.rows) return false;
  const std::size_t count = std::min(kChunkRows, rows_.rows - at_);
  out = slice(rows_, at_, count);
  out.rows = count;
  at_ += count;
  return true;
}

Result<OperatorPtr> Execution::build(const kql::PlanPtr& plan) {
  if (const auto pipeline = scan_pipeline(plan)) return make_table_scan(*pipeline, *this);
  return std::visit(
      [&](const auto& node) -> Result<OperatorPtr> {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, kql::TableScan>) {
          return make_table_scan(ScanPipeline{plan.get(), {}}, *this);
        } else if constexpr (std::is_same_v<Node, kql::Values>) {
          return make_values(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::RangeRows>) {
          return make_range(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::ExternalData>) {
          return make_external(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::SubInput>) {
          return make_sub_input(*this);
        } else if constexpr (std::is_same_v<Node, kql::Filter>) {
          return make_filter(node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Project>) {
          return make_project(node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Aggregate>) {
          return make_aggregate(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Distinct>) {
          return make_distinct(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Sort>) {
          return make_sort(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Take>) {
          return make_take(node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Sample>) {
          return make_sample(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Materialize>) {
          return make_materialize(plan, *this);
        } else if constexpr (std::is_same_v<Node, kql::Join>) {
          return make_join(node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Union>) {
          return make_union(node, *this);
        } else if constexpr (std::is_same_v<Node, kql::MvExpand>) {
          return make_mv_expand(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::MvApply>) {
          return make_mv_apply(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Parse>) {
          return make_parse(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::ParseKv>) {
          return make_parse_kv(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::MakeSeries>) {
          return make_series(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::TopNested>) {
          return make_top_nested(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Partition>) {
          return make_partition(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::Scan>) {
          return make_scan(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::GraphTable>) {
          return make_graph_table(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::GraphMatch>) {
          return make_graph_match(*plan, node, *this);
        } else if constexpr (std::is_same_v<Node, kql::MakeGraph> ||
                             std::is_same_v<Node, kql::GraphComponents>) {
          return unsupported("a graph has no rows: `graph-match` or `graph-to-table` gives some");
        } else {
          return make_plugin(*plan, node, *this);
        }
      },
      plan->node);
}

Result<TablePtr> Execution::run(const kql::PlanPtr& plan) {
  HARRIER_TRY(const OperatorPtr input, build(plan));
  return drain(*input, types_of(plan->schema), context_);
}

Result<TablePtr> Execution::cached(const kql::PlanPtr& key, const kql::PlanPtr& plan) {
  const auto found = cache_.find(key.get());
  if (found != cache_.end()) return found->second;
  HARRIER_TRY(TablePtr table, run(plan));
  // Inside mv-apply and partition a plan over SubInput has other rows each time.
  if (sub_inputs_.empty()) {
    kept_.push_back(key);
    cache_[key.get()] = table;
  }
  return table;
}

Result<TablePtr> Execution::materialized(const kql::PlanPtr& plan) {
  return cached(plan, std::get<kql::Materialize>(plan->node).input);
}

Result<TablePtr> Execution::list(const kql::PlanPtr& plan) {
  return cached(plan, plan);
}

Result<Value> Execution::scalar(const kql::PlanPtr& plan, ScalarType type) {
  HARRIER_TRY(const TablePtr table, cached(plan, plan));
  if (table->rows() == 0) return Value::of_null(type);
  const Value value = table->at(0, 0);
  if (value.type == type) return value;
  auto heap = std::make_shared<StringHeap>();
  texts_.push_back(heap);
  return convert(value, type, *heap);
}

void Execution::warn(std::string sentence) {
  warnings_.push_back(std::move(sentence));
}

std::vector<ScalarType> types_of(const kql::Schema& schema) {
  std::vector<ScalarType> out;
  out.reserve(schema.size());
  for (const kql::OutColumn& column : schema) out.push_back(column.type);
  return out;
}

Result<TablePtr> drain(Operator& input, const std::vector<ScalarType>& types,
                       QueryContext& context) {
  struct Owned {
    Owned(const std::vector<ScalarType>& t, MemoryTracker& tracker) : memory(tracker), table(t) {}

    MemoryUse memory;
    Table table;
  };

  auto owned = std::make_shared<Owned>(types, context.memory());
  Chunk chunk;
  while (true) {
    HARRIER_TRYV(context.check());
    HARRIER_TRY(const bool more, input.next(chunk));
    if (!more) break;
    HARRIER_TRYV(owned->table.append(chunk));
    HARRIER_TRYV(owned->memory.set(owned->table.bytes()));
  }
  return TablePtr(owned, &owned->table);
}

}  // namespace harrier::query
