// scan: matches sequences of rows against steps, in the order of the input.
//
// Every row is tried on the steps from the last to the first. A step takes it when its condition
// holds and either the step before it has a sequence (which then moves on to this step), or it has
// one itself, or it is the first step.
#include "query/convert.hpp"
#include "query/operators/make.hpp"

namespace harrier::query {

namespace {

class ScanOperator final : public Operator {
 public:
  ScanOperator(const kql::Plan& plan, const kql::Scan& node, OperatorPtr input,
               Execution& execution)
      : plan_(plan), node_(node), input_(std::move(input)), execution_(execution) {}

  Result<bool> next(Chunk& out) override {
    if (!rows_) {
      HARRIER_TRYV(run());
    }
    return rows_->next(out);
  }

 private:
  struct Step {
    ExpressionPtr condition;
    std::vector<std::pair<std::size_t, ExpressionPtr>> assignments;
  };

  Result<> prepare() {
    inputs_ = node_.input->schema.size();
    for (const kql::OutColumn& column : node_.input->schema) types_.push_back(column.type);
    for (const kql::ExprPtr& value : node_.defaults) {
      types_.push_back(value->type);
      HARRIER_TRY(const Value fallback, constant_of(value, Scope{execution_}, heap_));
      defaults_.push_back(fallback);
    }
    states_.resize(node_.steps.size());
    active_.resize(node_.steps.size());
    match_ids_.resize(node_.steps.size());
    const Scope scope{execution_, &states_};
    for (const kql::ScanStep& step : node_.steps) {
      if (step.output == kql::ScanStep::Output::last) return unsupported("scan with output=last");
      Step compiled;
      HARRIER_TRY(compiled.condition, compile_expression(step.condition, scope));
      for (const kql::ScanAssignment& assignment : step.assignments) {
        HARRIER_TRY(ExpressionPtr value, compile_expression(assignment.value, scope));
        compiled.assignments.emplace_back(assignment.column, std::move(value));
      }
      steps_.push_back(std::move(compiled));
    }
    return {};
  }

  void clear_states() {
    for (std::size_t s = 0; s < states_.size(); ++s) clear(s);
  }

  void clear(std::size_t step) {
    active_[step] = false;
    states_[step].clear();
    for (std::size_t c = 0; c < inputs_; ++c) states_[step].push_back(Value::of_null(types_[c]));
    states_[step].insert(states_[step].end(), defaults_.begin(), defaults_.end());
  }

  Result<> run() {
    HARRIER_TRYV(prepare());
    HARRIER_TRY(const TablePtr table,
                drain(*input_, types_of(node_.input->schema), execution_.context()));
    const Chunk all = table->all();
    for (const kql::OutColumn& column : plan_.schema) builders_.emplace_back(column.type);
    HARRIER_TRY(const std::vector<std::vector<std::uint32_t>> parts, partitions(all));
    for (const auto& rows : parts) {
      clear_states();
      for (const std::uint32_t row : rows) {
        if (row % kChunkRows == 0) HARRIER_TRYV(execution_.context().check());
        HARRIER_TRYV(take(all, row));
      }
    }
    Chunk out;
    out.rows = count_;
    for (VectorBuilder& builder : builders_) out.columns.push_back(builder.finish());
    rows_ = std::make_unique<ChunkSource>(std::move(out));
    return {};
  }

  Result<std::vector<std::vector<std::uint32_t>>> partitions(const Chunk& all) {
    HARRIER_TRY(const std::vector<ExpressionPtr> keys,
                compile_expressions(node_.partition_by, Scope{execution_}));
    std::vector<ScalarType> types;
    std::vector<VectorPtr> values;
    for (std::size_t k = 0; k < keys.size(); ++k) {
      types.push_back(node_.partition_by[k]->type);
      HARRIER_TRY(VectorPtr vector, keys[k]->evaluate(all));
      values.push_back(std::move(vector));
    }
    std::vector<std::uint32_t> ids(all.rows, 0);
    GroupTable groups(types);
    if (!keys.empty()) groups.insert(values, all.rows, ids);
    std::vector<std::vector<std::uint32_t>> out(keys.empty() ? 1 : groups.groups());
    for (std::uint32_t row = 0; row < all.rows; ++row) out[ids[row]].push_back(row);
    return out;
  }

  Result<Value> value_of_row(Expression& expression, const std::vector<Value>& row) {
    Chunk one;
    one.rows = 1;
    for (const Value& value : row) one.columns.push_back(constant_vector(value));
    HARRIER_TRY(const VectorPtr vector, expression.evaluate(one));
    Value value = vector->at(0);
    value.s = heap_.add(value.s);
    return value;
  }

  Result<> take(const Chunk& all, std::uint32_t row) {
    std::vector<Value> current;
    for (const VectorPtr& column : all.columns) current.push_back(column->at(row));
    current.insert(current.end(), defaults_.begin(), defaults_.end());
    for (std::size_t s = node_.steps.size(); s-- > 0;) {
      const std::size_t before = step_before(s);
      const bool moves = before != kNoStep && active_[before];
      const bool begins = before == kNoStep;
      if (!moves && !active_[s] && !begins) continue;
      // The condition and the assignments read the state that the row would join.
      const std::vector<Value> own = states_[s];
      const bool was_active = active_[s];
      if (moves) states_[s] = states_[before];
      HARRIER_TRY(bool holds, met(s, current));
      const bool moved = holds && moves;
      if (!holds && moves) {
        states_[s] = own;
        if (!was_active) continue;
        HARRIER_TRY(holds, met(s, current));
      }
      if (!holds) continue;
      if (moved) {
        match_ids_[s] = match_ids_[before];
      } else if (!was_active) {
        match_ids_[s] = next_match_++;
      }
      HARRIER_TRYV(match(s, current));
      if (moved) clear(before);
    }
    return {};
  }

  static constexpr std::size_t kNoStep = static_cast<std::size_t>(-1);

  /// The step whose sequence may move on to `step`: optional ones without a sequence are passed
  /// over.
  [[nodiscard]] std::size_t step_before(std::size_t step) const {
    while (step > 0) {
      --step;
      if (active_[step] || !node_.steps[step].optional) return step;
    }
    return kNoStep;
  }

  Result<bool> met(std::size_t step, const std::vector<Value>& current) {
    HARRIER_TRY(const Value truth, value_of_row(*steps_[step].condition, current));
    return !truth.null && truth.i != 0;
  }

  Result<> match(std::size_t s, const std::vector<Value>& current) {
    std::vector<Value> extended = current;
    for (const auto& [column, expression] : steps_[s].assignments) {
      HARRIER_TRY(const Value value, value_of_row(*expression, current));
      extended[column] =
          value.type == types_[column] ? value : convert(value, types_[column], heap_);
    }
    states_[s] = extended;
    active_[s] = true;
    if (node_.steps[s].output == kql::ScanStep::Output::none) return {};
    for (std::size_t c = 0; c < extended.size(); ++c) builders_[c].push(extended[c]);
    if (node_.match_id) builders_.back().push_int(match_ids_[s]);
    ++count_;
    return {};
  }

  const kql::Plan& plan_;
  const kql::Scan& node_;
  OperatorPtr input_;
  Execution& execution_;
  StringHeap heap_;
  std::size_t inputs_ = 0;
  std::vector<ScalarType> types_;
  std::vector<Value> defaults_;
  std::vector<Step> steps_;
  std::vector<std::vector<Value>> states_;
  std::vector<bool> active_;
  std::vector<std::int64_t> match_ids_;
  std::int64_t next_match_ = 0;
  std::vector<VectorBuilder> builders_;
  std::size_t count_ = 0;
  std::unique_ptr<ChunkSource> rows_;
};

}  // namespace

Result<OperatorPtr> make_scan(const kql::Plan& plan, const kql::Scan& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  return OperatorPtr(std::make_unique<ScanOperator>(plan, node, std::move(input), execution));
}

}  // namespace harrier::query
