// summarize.
#include "query/aggregate.hpp"

#include "query/operators/aggregation.hpp"
#include "query/operators/make.hpp"
#include "query/table_scan.hpp"

namespace harrier::query {

Result<std::unique_ptr<Aggregation>> Aggregation::make(const std::vector<kql::ExprPtr>& keys,
                                                       const std::vector<kql::AggregateCall>& calls,
                                                       const kql::Schema& schema, Scope scope) {
  auto out = std::unique_ptr<Aggregation>(new Aggregation(scope.execution.context()));
  std::vector<ScalarType> key_types;
  for (const kql::ExprPtr& key : keys) key_types.push_back(key->type);
  out->groups_ = std::make_unique<GroupTable>(key_types);
  HARRIER_TRY(out->keys_, compile_expressions(keys, scope));
  std::size_t column = keys.size();
  for (const kql::AggregateCall& call : calls) {
    Slot slot;
    HARRIER_TRY(slot.args, compile_expressions(call.args, scope));
    if (call.predicate) {
      HARRIER_TRY(slot.predicate, compile_expression(call.predicate, scope));
    }
    AggregateSpec spec;
    spec.name = call.function->name;
    for (const kql::ExprPtr& arg : call.args) spec.arguments.push_back(arg->type);
    for (const kql::Value& option : call.options) {
      spec.options.push_back(value_of(option, out->heap_));
    }
    for (std::size_t k = 0; k < call.outputs; ++k) {
      spec.results.push_back(schema[column++].type);
    }
    slot.results = spec.results;
    HARRIER_TRY(slot.aggregator, make_aggregator(spec));
    out->mergeable_ = out->mergeable_ && slot.aggregator->mergeable();
    out->slots_.push_back(std::move(slot));
  }
  if (keys.empty()) out->single_group();
  return out;
}

void Aggregation::single_group() {
  for (Slot& slot : slots_) slot.aggregator->grow(1);
}

Result<> Aggregation::add(const Chunk& chunk) {
  if (chunk.rows == 0) return {};
  if (keys_.empty()) {
    ids_.assign(chunk.rows, 0);
  } else {
    std::vector<VectorPtr> keys;
    for (const ExpressionPtr& key : keys_) {
      HARRIER_TRY(VectorPtr vector, key->evaluate(chunk));
      keys.push_back(std::move(vector));
    }
    groups_->insert(keys, chunk.rows, ids_);
  }
  return add(chunk, ids_);
}

Result<> Aggregation::add(const Chunk& chunk, const std::vector<std::uint32_t>& ids) {
  for (Slot& slot : slots_) {
    slot.aggregator->grow(groups());
    std::vector<VectorPtr> args;
    for (const ExpressionPtr& arg : slot.args) {
      HARRIER_TRY(VectorPtr vector, arg->evaluate(chunk));
      args.push_back(std::move(vector));
    }
    if (!slot.predicate) {
      HARRIER_TRYV(slot.aggregator->add(args, ids));
      continue;
    }
    HARRIER_TRY(const VectorPtr truth, slot.predicate->evaluate(chunk));
    const std::vector<std::uint32_t> rows = true_rows(*truth, chunk.rows);
    std::vector<std::uint32_t> chosen;
    for (const std::uint32_t row : rows) chosen.push_back(ids[row]);
    for (VectorPtr& arg : args) arg = gather(arg, rows);
    HARRIER_TRYV(slot.aggregator->add(args, chosen));
  }
  return memory_.set(bytes());
}

void Aggregation::reserve_groups(std::size_t count) {
  extra_groups_ = count;
  for (Slot& slot : slots_) slot.aggregator->grow(groups());
}

Result<> Aggregation::merge(const Aggregation& other) {
  std::vector<std::uint32_t> ids(1, 0);
  if (!keys_.empty()) groups_->insert(other.groups_->keys().all().columns, other.groups(), ids);
  for (std::size_t k = 0; k < slots_.size(); ++k) {
    slots_[k].aggregator->grow(groups());
    slots_[k].aggregator->merge(*other.slots_[k].aggregator, ids);
  }
  return memory_.set(bytes());
}

std::size_t Aggregation::groups() const noexcept {
  if (extra_groups_ > 0) return extra_groups_;
  return keys_.empty() ? 1 : groups_->groups();
}

std::uint64_t Aggregation::bytes() const noexcept {
  std::uint64_t out = groups_->bytes();
  for (const Slot& slot : slots_) out += slot.aggregator->bytes();
  return out;
}

std::vector<VectorPtr> Aggregation::values(std::size_t from, std::size_t count) {
  std::vector<VectorPtr> out;
  for (Slot& slot : slots_) {
    std::vector<VectorBuilder> builders;
    for (const ScalarType type : slot.results) builders.emplace_back(type, count);
    for (std::size_t group = from; group < from + count; ++group) {
      slot.aggregator->finish(group, builders);
    }
    for (VectorBuilder& builder : builders) out.push_back(builder.finish());
  }
  return out;
}

Chunk Aggregation::result(std::size_t from, std::size_t count) {
  Chunk out;
  if (!keys_.empty()) out = slice(groups_->keys().all(), from, count);
  out.rows = count;
  for (VectorPtr& vector : values(from, count)) out.columns.push_back(std::move(vector));
  return out;
}

namespace {

class AggregateOperator final : public Operator {
 public:
  AggregateOperator(std::unique_ptr<Aggregation> aggregation, OperatorPtr input,
                    QueryContext& context)
      : aggregation_(std::move(aggregation)), input_(std::move(input)), context_(context) {}

  Result<bool> next(Chunk& out) override {
    if (input_) {
      Chunk chunk;
      while (true) {
        HARRIER_TRYV(context_.check());
        HARRIER_TRY(const bool more, input_->next(chunk));
        if (!more) break;
        HARRIER_TRYV(aggregation_->add(chunk));
      }
      input_.reset();
    }
    const std::size_t count = std::min(kChunkRows, aggregation_->groups() - at_);
    if (count == 0) return false;
    out = aggregation_->result(at_, count);
    at_ += count;
    return true;
  }

 private:
  std::unique_ptr<Aggregation> aggregation_;
  OperatorPtr input_;
  QueryContext& context_;
  std::size_t at_ = 0;
};

}  // namespace

Result<OperatorPtr> make_aggregate(const kql::Plan& plan, const kql::Aggregate& node,
                                   Execution& execution) {
  const auto make = [&] {
    return Aggregation::make(node.keys, node.aggregates, plan.schema, Scope{execution});
  };
  HARRIER_TRY(std::unique_ptr<Aggregation> total, make());
  const auto pipeline = scan_pipeline(node.input);
  if (pipeline && total->mergeable()) {
    std::vector<std::unique_ptr<Aggregation>> parts;
    for (std::size_t k = 0; k < scan_workers(execution); ++k) {
      HARRIER_TRY(std::unique_ptr<Aggregation> part, make());
      parts.push_back(std::move(part));
    }
    HARRIER_TRYV(for_each_batch(*pipeline, execution, [&](std::size_t worker, Chunk& batch) {
      return parts[worker]->add(batch);
    }));
    for (std::unique_ptr<Aggregation>& part : parts) {
      HARRIER_TRYV(total->merge(*part));
      part.reset();
    }
    return OperatorPtr(
        std::make_unique<AggregateOperator>(std::move(total), nullptr, execution.context()));
  }
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  return OperatorPtr(
      std::make_unique<AggregateOperator>(std::move(total), std::move(input), execution.context()));
}

}  // namespace harrier::query
