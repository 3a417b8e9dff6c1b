// evaluate basket: combinations of values that many rows have.
#include "query/json.hpp"
#include "query/operators/make.hpp"

#include <algorithm>
#include <map>

namespace harrier::query {

namespace {

using Rows = std::vector<std::uint32_t>;

/// A value of a column, and the rows that have it.
struct Item {
  std::size_t column = 0;
  std::uint32_t example = 0;  ///< one of its rows
  Rows rows;
};

struct Basket {
  std::vector<std::size_t> items;
  double weight = 0;
};

Rows common(const Rows& a, const Rows& b) {
  Rows out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

/// Searches depth first; of combinations that the same rows have only the fullest is kept.
class Search {
 public:
  Search(std::vector<Item> items, std::vector<double> weights, double least, std::size_t most,
         QueryContext& context)
      : items_(std::move(items)),
        weights_(std::move(weights)),
        least_(least),
        most_(most),
        context_(context) {}

  Result<std::vector<Basket>> found() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      std::vector<std::size_t> chosen{i};
      HARRIER_TRYV(extend(chosen, items_[i].rows));
    }
    std::stable_sort(baskets_.begin(), baskets_.end(),
                     [](const Basket& a, const Basket& b) { return a.weight > b.weight; });
    return std::move(baskets_);
  }

  [[nodiscard]] const std::vector<Item>& items() const { return items_; }

 private:
  static constexpr std::size_t kMostBaskets = 100'000;

  Result<> extend(std::vector<std::size_t>& chosen, const Rows& rows) {
    HARRIER_TRYV(context_.check());
    bool fullest = true;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (has_column(chosen, items_[i].column)) continue;
      const bool later = i > chosen.back();
      if (!later && !fullest) continue;
      Rows both = common(rows, items_[i].rows);
      if (both.size() == rows.size() && chosen.size() < most_) fullest = false;
      if (!later || chosen.size() == most_ || weight_of(both) < least_) continue;
      chosen.push_back(i);
      HARRIER_TRYV(extend(chosen, both));
      chosen.pop_back();
    }
    if (!fullest) return {};
    if (baskets_.size() == kMostBaskets) {
      return Error(Errc::limit,
                   "basket: more than 100000 combinations; give a higher threshold or project "
                   "fewer columns");
    }
    baskets_.push_back({chosen, weight_of(rows)});
    return {};
  }

  [[nodiscard]] bool has_column(const std::vector<std::size_t>& chosen, std::size_t column) const {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](std::size_t i) { return items_[i].column == column; });
  }

  [[nodiscard]] double weight_of(const Rows& rows) const {
    if (weights_.empty()) return static_cast<double>(rows.size());
    double sum = 0;
    for (const std::uint32_t row : rows) sum += weights_[row];
    return sum;
  }

  std::vector<Item> items_;
  std::vector<double> weights_;
  double least_;
  std::size_t most_;
  QueryContext& context_;
  std::vector<Basket> baskets_;
};

double weight_at(const Vector& column, std::size_t row) {
  const Value value = column.at(row);
  if (value.null) return 0;
  return layout_of(value.type) == Layout::real ? value.r : static_cast<double>(value.i);
}

}  // namespace

Result<OperatorPtr> make_basket(const kql::Plan& plan, const kql::Plugin& node,
                                Execution& execution) {
  constexpr std::size_t kOwn = 3;  // columns before those of the input
  HARRIER_TRY(const TablePtr table, execution.run(node.input));
  StringHeap heap;
  HARRIER_TRY(const Value threshold, constant_of(node.args[0], Scope{execution}, heap));
  HARRIER_TRY(const Value most, constant_of(node.args[1], Scope{execution}, heap));
  if (threshold.null || !(threshold.r > 0 && threshold.r <= 1) || most.null || most.i < 1) {
    return Error(Errc::query, "basket: the threshold is above 0 and at most 1");
  }
  const Chunk all = table->all();
  std::vector<double> weights;
  double total = static_cast<double>(table->rows());
  if (node.args.size() > 2) {
    HARRIER_TRY(const ExpressionPtr weight, compile_expression(node.args[2], Scope{execution}));
    HARRIER_TRY(const VectorPtr column, weight->evaluate(all));
    total = 0;
    for (std::size_t row = 0; row < table->rows(); ++row) {
      weights.push_back(weight_at(*column, row));
      total += weights.back();
    }
  }
  const double least = threshold.r * total;
  MemoryUse memory(execution.context().memory());
  std::vector<Item> items;
  for (std::size_t c = 0; c + kOwn < plan.schema.size(); ++c) {
    std::map<std::string, Rows> values;
    for (std::uint32_t row = 0; row < table->rows(); ++row) {
      if (row % kChunkRows == 0) HARRIER_TRYV(execution.context().check());
      const Value value = table->at(c, row);
      // Nothing is what a combination shows where any value will do.
      if (value.null || (value.type == ScalarType::string && value.s.empty())) continue;
      std::string key;
      append_json(key, value);
      values[std::move(key)].push_back(row);
    }
    for (auto& [key, rows] : values) {
      double weight = weights.empty() ? static_cast<double>(rows.size()) : 0;
      if (!weights.empty()) {
        for (const std::uint32_t row : rows) weight += weights[row];
      }
      if (weight >= least) items.push_back({c, rows.front(), std::move(rows)});
    }
    HARRIER_TRYV(memory.set(items.size() * table->rows() * sizeof(std::uint32_t)));
  }
  Search search(std::move(items), std::move(weights), least, static_cast<std::size_t>(most.i),
                execution.context());
  HARRIER_TRY(const std::vector<Basket> baskets, search.found());
  VectorBuilder number(ScalarType::long_, baskets.size());
  VectorBuilder count(ScalarType::long_, baskets.size());
  VectorBuilder percent(ScalarType::real, baskets.size());
  std::vector<Rows> cells(plan.schema.size() - kOwn, Rows(baskets.size(), kNoRow));
  for (std::size_t b = 0; b < baskets.size(); ++b) {
    number.push_int(static_cast<std::int64_t>(b));
    count.push_int(static_cast<std::int64_t>(baskets[b].weight));
    percent.push_real(100 * baskets[b].weight / total);
    for (const std::size_t item : baskets[b].items) {
      cells[search.items()[item].column][b] = search.items()[item].example;
    }
  }
  Chunk out;
  out.rows = baskets.size();
  out.columns = {number.finish(), count.finish(), percent.finish()};
  for (std::size_t c = 0; c < cells.size(); ++c) {
    out.columns.push_back(gather_outer(all.columns[c], cells[c]));
  }
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

}  // namespace harrier::query
