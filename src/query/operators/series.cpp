// make-series: aggregates over a fixed grid.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/operators/aggregation.hpp"
#include "query/operators/make.hpp"

#include <cmath>

namespace harrier::query {

namespace {

constexpr std::size_t kMostBins = 1'048'576;

/// The grid of the axis; numbers as doubles for real axes, ticks or integers else.
struct Grid {
  ScalarType type = ScalarType::datetime;
  Value from;
  Value step;
  std::size_t bins = 0;

  [[nodiscard]] std::optional<std::size_t> bin_of(const Value& value) const {
    if (value.null) return std::nullopt;
    if (type == ScalarType::real) {
      const double at = std::floor((value.r - from.r) / step.r);
      if (!(at >= 0) || at >= static_cast<double>(bins)) return std::nullopt;
      return static_cast<std::size_t>(at);
    }
    if (value.i < from.i) return std::nullopt;
    const auto at = static_cast<std::size_t>((value.i - from.i) / step.i);
    return at < bins ? std::optional<std::size_t>(at) : std::nullopt;
  }

  [[nodiscard]] std::string axis() const {
    std::string out = "[";
    for (std::size_t k = 0; k < bins; ++k) {
      if (k > 0) out += ',';
      append_json(out, type == ScalarType::real
                           ? Value::of_real(from.r + static_cast<double>(k) * step.r)
                           : Value::of_int(type, from.i + static_cast<std::int64_t>(k) * step.i));
    }
    return out + "]";
  }
};

class SeriesOperator final : public Operator {
 public:
  SeriesOperator(const kql::Plan& plan, const kql::MakeSeries& node, OperatorPtr input,
                 Execution& execution)
      : plan_(plan), node_(node), input_(std::move(input)), execution_(execution) {}

  Result<bool> next(Chunk& out) override {
    if (!rows_) {
      HARRIER_TRYV(run());
    }
    return rows_->next(out);
  }

 private:
  Result<> run() {
    const Scope scope{execution_};
    HARRIER_TRY(const std::vector<ExpressionPtr> keys, compile_expressions(node_.keys, scope));
    HARRIER_TRY(const ExpressionPtr axis, compile_expression(node_.axis, scope));
    HARRIER_TRY(const TablePtr table,
                drain(*input_, types_of(node_.input->schema), execution_.context()));
    const Chunk all = table->all();
    HARRIER_TRY(const VectorPtr axis_values, axis->evaluate(all));
    HARRIER_TRY(const Grid grid, make_grid(*axis_values, all.rows));
    std::vector<ScalarType> key_types;
    for (const kql::ExprPtr& key : node_.keys) key_types.push_back(key->type);
    std::vector<VectorPtr> key_values;
    for (const ExpressionPtr& key : keys) {
      HARRIER_TRY(VectorPtr vector, key->evaluate(all));
      key_values.push_back(std::move(vector));
    }
    // Rows outside the grid make no group of their own.
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> bins;
    for (std::uint32_t row = 0; row < all.rows; ++row) {
      const auto bin = grid.bin_of(axis_values->at(row));
      if (!bin) continue;
      rows.push_back(row);
      bins.push_back(static_cast<std::uint32_t>(*bin));
    }
    for (VectorPtr& key : key_values) key = gather(key, rows);
    GroupTable groups(key_types);
    std::vector<std::uint32_t> cells(rows.size(), 0);
    if (!key_values.empty()) groups.insert(key_values, rows.size(), cells);
    const std::size_t group_count = key_values.empty() ? (rows.empty() ? 0 : 1) : groups.groups();
    if (group_count * grid.bins > 20'000'000) {
      return Error(Errc::limit,
                   "make-series would give more than 20 million points; take a larger step");
    }
    for (std::size_t k = 0; k < cells.size(); ++k) {
      cells[k] = static_cast<std::uint32_t>(cells[k] * grid.bins + bins[k]);
    }
    Chunk out;
    if (!key_values.empty()) out = groups.keys().all();
    out.rows = group_count;
    HARRIER_TRYV(append_series(gather(all, rows), cells, group_count, grid, out));
    out.columns.push_back(constant_vector(Value::of_text(ScalarType::dynamic, grid.axis())));
    rows_ = std::make_unique<ChunkSource>(std::move(out));
    return {};
  }

  Result<> append_series(const Chunk& rows, const std::vector<std::uint32_t>& cells,
                         std::size_t groups, const Grid& grid, Chunk& out) {
    std::vector<bool> touched(groups * grid.bins, false);
    for (const std::uint32_t cell : cells) touched[cell] = true;
    for (const kql::SeriesAggregate& series : node_.series) {
      kql::Schema schema{kql::OutColumn("value", result_type(series))};
      HARRIER_TRY(const auto aggregation,
                  Aggregation::make({}, {series.call}, schema, Scope{execution_}));
      aggregation->reserve_groups(groups * grid.bins);
      if (rows.rows > 0) HARRIER_TRYV(aggregation->add(rows, cells));
      StringHeap heap;
      Value fallback = Value::of_null(schema[0].type);
      if (series.default_value) {
        HARRIER_TRY(fallback, constant_of(series.default_value, Scope{execution_}, heap));
        fallback = convert(fallback, schema[0].type, heap);
      }
      VectorBuilder arrays(ScalarType::dynamic, groups);
      for (std::size_t group = 0; group < groups; ++group) {
        const std::vector<VectorPtr> values = aggregation->values(group * grid.bins, grid.bins);
        std::string json = "[";
        for (std::size_t bin = 0; bin < grid.bins; ++bin) {
          if (bin > 0) json += ',';
          append_json(json, touched[group * grid.bins + bin] ? values[0]->at(bin) : fallback);
        }
        arrays.push_text(json + "]");
      }
      out.columns.push_back(arrays.finish());
    }
    return {};
  }

  /// The series' column is dynamic; its elements have the aggregate's own type.
  static ScalarType result_type(const kql::SeriesAggregate& series) {
    if (series.default_value) return series.default_value->type;
    return series.call.function->result;
  }

  Result<Grid> make_grid(const Vector& axis, std::size_t rows) {
    StringHeap heap;
    Grid grid;
    grid.type = node_.axis->type;
    const ScalarType step_type =
        grid.type == ScalarType::datetime ? ScalarType::timespan : grid.type;
    HARRIER_TRY(const Value step, constant_of(node_.step, Scope{execution_}, heap));
    grid.step = convert(step, step_type, heap);
    const bool real = grid.type == ScalarType::real;
    if (grid.step.null || (real ? !(grid.step.r > 0) : grid.step.i <= 0)) {
      return Error(Errc::query, "the step of make-series must be greater than zero");
    }
    Value low;
    Value high;
    for (std::size_t row = 0; row < rows; ++row) {
      const Value value = axis.at(row);
      if (value.null) continue;
      if (low.null || order_cells(value, low) < 0) low = value;
      if (high.null || order_cells(value, high) > 0) high = value;
    }
    grid.from = Value::of_null(grid.type);
    if (node_.from) {
      HARRIER_TRY(const Value from, constant_of(node_.from, Scope{execution_}, heap));
      grid.from = convert(from, grid.type, heap);
    }
    if (grid.from.null) {
      if (low.null) return grid;
      grid.from = low;
      if (real) {
        grid.from.r = std::floor(low.r / grid.step.r) * grid.step.r;
      } else {
        grid.from.i = low.i - ((low.i % grid.step.i) + grid.step.i) % grid.step.i;
      }
    }
    Value to = Value::of_null(grid.type);
    if (node_.to) {
      HARRIER_TRY(const Value end, constant_of(node_.to, Scope{execution_}, heap));
      to = convert(end, grid.type, heap);
    }
    const bool included = to.null || node_.in_range;
    if (to.null) to = high;
    if (to.null) return grid;
    const double span =
        real ? (to.r - grid.from.r) / grid.step.r
             : static_cast<double>(to.i - grid.from.i) / static_cast<double>(grid.step.i);
    if (span > static_cast<double>(kMostBins)) {
      return Error(Errc::limit,
                   "make-series would give more than 1,048,576 points; take a larger step");
    }
    const double bins = included ? std::floor(span) + 1 : std::ceil(span);
    grid.bins = bins > 0 ? static_cast<std::size_t>(bins) : 0;
    return grid;
  }

  const kql::Plan& plan_;
  const kql::MakeSeries& node_;
  OperatorPtr input_;
  Execution& execution_;
  std::unique_ptr<ChunkSource> rows_;
};

}  // namespace

Result<OperatorPtr> make_series(const kql::Plan& plan, const kql::MakeSeries& node,
                                Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  return OperatorPtr(std::make_unique<SeriesOperator>(plan, node, std::move(input), execution));
}

}  // namespace harrier::query
