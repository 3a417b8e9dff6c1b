// evaluate dcount_intersect, rows_near, rolling_percentile, sliding_window_counts and
// sequence_detect.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/operators/make.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace harrier::query {

namespace {

/// All input rows, and the arguments over them.
struct Input {
  TablePtr table;
  std::vector<VectorPtr> args;
  std::size_t rows = 0;
};

Result<Input> read_input(const kql::Plugin& node, Execution& execution) {
  Input input;
  HARRIER_TRY(input.table, execution.run(node.input));
  input.rows = input.table->rows();
  HARRIER_TRY(const auto expressions, compile_expressions(node.args, Scope{execution}));
  const Chunk all = input.table->all();
  for (const ExpressionPtr& expression : expressions) {
    HARRIER_TRY(VectorPtr vector, expression->evaluate(all));
    input.args.push_back(std::move(vector));
  }
  return input;
}

Result<std::int64_t> number_at(const kql::Plugin& node, std::size_t arg, Execution& execution) {
  StringHeap heap;
  HARRIER_TRY(const Value value, constant_of(node.args[arg], Scope{execution}, heap));
  if (value.null) return Error(Errc::query, node.name + ": an argument is null");
  return value.i;
}

/// The same, of a length of time or a count that must be above zero.
Result<std::int64_t> length_at(const kql::Plugin& node, std::size_t arg, Execution& execution) {
  HARRIER_TRY(const std::int64_t length, number_at(node, arg, execution));
  if (length <= 0) return Error(Errc::query, node.name + ": lengths must be positive");
  return length;
}

/// Numbers the rows by the arguments from `first` on; one number where there are none.
class Dimensions {
 public:
  Dimensions(const kql::Plugin& node, const Input& input, std::size_t first)
      : groups_(types(node, first)) {
    ids_.assign(input.rows, 0);
    const std::vector<VectorPtr> keys(input.args.begin() + static_cast<std::ptrdiff_t>(first),
                                      input.args.end());
    if (keys.empty()) return;
    if (input.rows > 0) groups_.insert(keys, input.rows, ids_);
  }

  [[nodiscard]] std::uint32_t of(std::size_t row) const { return ids_[row]; }

  /// The columns of rows that belong to the given groups.
  void append(Chunk& out, const std::vector<std::uint32_t>& groups) const {
    for (const VectorPtr& column : groups_.keys().all().columns) {
      out.columns.push_back(gather(column, groups));
    }
  }

 private:
  static std::vector<ScalarType> types(const kql::Plugin& node, std::size_t first) {
    std::vector<ScalarType> out;
    for (std::size_t i = first; i < node.args.size(); ++i) out.push_back(node.args[i]->type);
    return out;
  }

  GroupTable groups_;
  std::vector<std::uint32_t> ids_;
};

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

/// The nearest number there is.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? (b > 0 ? kLast : kFirst) : out;
}

std::int64_t minus(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_sub_overflow(a, b, &out) ? (b < 0 ? kLast : kFirst) : out;
}

/// The start of the bin that `at` is in.
std::int64_t floored(std::int64_t at, std::int64_t origin, std::int64_t size) {
  const std::int64_t rest = minus(at, origin) % size;
  return minus(at, rest < 0 ? rest + size : rest);
}

}  // namespace

Result<OperatorPtr> make_rows_near(const kql::Plugin& node, Execution& execution) {
  HARRIER_TRY(const Input input, read_input(node, execution));
  HARRIER_TRY(const std::int64_t before, number_at(node, 1, execution));
  HARRIER_TRY(const std::int64_t after, number_at(node, 2, execution));
  if (before < 0 || after < 0) return Error(Errc::query, "rows_near: a count is negative");
  std::vector<std::uint32_t> kept;
  const auto rows = static_cast<std::int64_t>(input.rows);
  std::int64_t next = 0;
  for (const std::uint32_t row : true_rows(*input.args[0], input.rows)) {
    const auto at = static_cast<std::int64_t>(row);
    next = std::max(next, at > before ? at - before : 0);
    const std::int64_t last = std::min(rows - 1, after > rows ? rows : at + after);
    for (; next <= last; ++next) kept.push_back(static_cast<std::uint32_t>(next));
  }
  return OperatorPtr(std::make_unique<ChunkSource>(gather(input.table->all(), kept)));
}

Result<OperatorPtr> make_dcount_intersect(const kql::Plugin& node, Execution& execution) {
  HARRIER_TRY(const Input input, read_input(node, execution));
  Chunk out;
  out.rows = input.rows;
  std::vector<VectorBuilder> counts;
  for (std::size_t i = 0; i < node.args.size(); ++i) counts.emplace_back(ScalarType::long_);
  for (std::size_t row = 0; row < input.rows; ++row) {
    std::set<std::string> common;
    for (std::size_t i = 0; i < node.args.size(); ++i) {
      std::set<std::string> here;
      for (const std::string_view value : json_elements(input.args[i]->at(row).s)) {
        std::string key = json_key(value);
        if (i == 0 || common.contains(key)) here.insert(std::move(key));
      }
      common = std::move(here);
      counts[i].push_int(static_cast<std::int64_t>(common.size()));
    }
  }
  for (VectorBuilder& builder : counts) out.columns.push_back(builder.finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

Result<OperatorPtr> make_rolling_percentile(const kql::Plan& plan, const kql::Plugin& node,
                                            Execution& execution) {
  constexpr std::size_t kFixed = 5;
  HARRIER_TRY(const Input input, read_input(node, execution));
  HARRIER_TRY(const std::int64_t size, length_at(node, 3, execution));
  HARRIER_TRY(const std::int64_t window, length_at(node, 4, execution));
  StringHeap heap;
  HARRIER_TRY(const Value percent, constant_of(node.args[1], Scope{execution}, heap));
  if (percent.null || !(percent.r >= 0 && percent.r <= 100)) {
    return Error(Errc::query, "rolling_percentile: the percentile is from 0 to 100");
  }
  const Dimensions dimensions(node, input, kFixed);
  std::map<std::pair<std::uint32_t, std::int64_t>, std::vector<Value>> bins;
  for (std::size_t row = 0; row < input.rows; ++row) {
    const Value value = input.args[0]->at(row);
    const Value at = input.args[2]->at(row);
    if (at.null) continue;
    auto& values = bins[{dimensions.of(row), floored(at.i, 0, size)}];
    if (!value.null) values.push_back(value);
  }
  const auto below = [](const Value& a, const Value& b) { return order_cells(a, b) < 0; };
  VectorBuilder places(plan.schema.front().type, bins.size());
  VectorBuilder results(plan.schema.back().type, bins.size());
  std::vector<std::uint32_t> groups;
  for (const auto& [key, own] : bins) {
    HARRIER_TRYV(execution.context().check());
    std::vector<Value> values;
    const std::int64_t reach =
        window - 1 > kLast / size ? kFirst : minus(key.second, (window - 1) * size);
    for (auto it = bins.lower_bound({key.first, reach}); it != bins.end() && it->first <= key;
         ++it) {
      values.insert(values.end(), it->second.begin(), it->second.end());
    }
    places.push_int(key.second);
    groups.push_back(key.first);
    if (values.empty()) {
      results.push_null();
      continue;
    }
    const double rank = std::ceil(percent.r / 100 * static_cast<double>(values.size()));
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(std::max(1.0, rank)) - 1;
    std::nth_element(values.begin(), nth, values.end(), below);
    results.push(*nth);
  }
  Chunk out;
  out.rows = bins.size();
  out.columns.push_back(places.finish());
  dimensions.append(out, groups);
  out.columns.push_back(results.finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

Result<OperatorPtr> make_sliding_window(const kql::Plan& plan, const kql::Plugin& node,
                                        Execution& execution) {
  constexpr std::size_t kFixed = 6;
  constexpr std::int64_t kMostWindows = 10'000;
  HARRIER_TRY(const Input input, read_input(node, execution));
  HARRIER_TRY(const std::int64_t start, number_at(node, 2, execution));
  HARRIER_TRY(const std::int64_t end, number_at(node, 3, execution));
  HARRIER_TRY(const std::int64_t lookback, length_at(node, 4, execution));
  HARRIER_TRY(const std::int64_t bin, length_at(node, 5, execution));
  if (lookback / bin > kMostWindows) {
    return Error(Errc::query, "sliding_window_counts: a lookback of more than 10000 bins");
  }
  const Dimensions dimensions(node, input, kFixed);
  GroupTable ids({node.args[0]->type});
  std::vector<std::uint32_t> who(input.rows, 0);
  if (input.rows > 0) ids.insert({input.args[0]}, input.rows, who);

  struct Tally {
    std::int64_t count = 0;
    std::set<std::uint32_t> who;
  };

  std::map<std::pair<std::uint32_t, std::int64_t>, Tally> windows;
  MemoryUse memory(execution.context().memory());
  std::uint64_t kept = 0;
  for (std::size_t row = 0; row < input.rows; ++row) {
    if (row % kChunkRows == 0) {
      HARRIER_TRYV(execution.context().check());
      HARRIER_TRYV(memory.set(ids.bytes() + kept * 64));
    }
    const Value at = input.args[1]->at(row);
    if (at.null || at.i > end || at.i < minus(start, lookback)) continue;
    const std::int64_t own = floored(at.i, start, bin);
    const std::int64_t last = plus(own, lookback);
    for (std::int64_t to = own; to < last && to <= end; to = plus(to, bin)) {
      if (to < start) continue;
      Tally& tally = windows[{dimensions.of(row), to}];
      ++tally.count;
      const bool counted = input.args[0]->at(row).null;
      if (!counted && tally.who.insert(who[row]).second) ++kept;
    }
  }
  VectorBuilder places(plan.schema.front().type, windows.size());
  VectorBuilder counts(ScalarType::long_, windows.size());
  VectorBuilder distinct(ScalarType::long_, windows.size());
  std::vector<std::uint32_t> groups;
  for (const auto& [key, tally] : windows) {
    groups.push_back(key.first);
    places.push_int(key.second);
    counts.push_int(tally.count);
    distinct.push_int(static_cast<std::int64_t>(tally.who.size()));
  }
  Chunk out;
  out.rows = windows.size();
  out.columns.push_back(places.finish());
  dimensions.append(out, groups);
  out.columns.push_back(counts.finish());
  out.columns.push_back(distinct.finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

namespace {

/// The times at which each condition holds, in order, of one group.
using Steps = std::vector<std::vector<std::int64_t>>;

/// Every choice of one time for each step, each at or after the one before and within the lengths.
class Sequences {
 public:
  Sequences(const Steps& steps, std::int64_t step, std::int64_t whole)
      : steps_(steps), step_(step), whole_(whole) {}

  /// False when `use` is.
  template <class Use>
  bool each(Use&& use) {
    std::vector<std::int64_t> chosen;
    return next(chosen, use);
  }

 private:
  template <class Use>
  bool next(std::vector<std::int64_t>& chosen, Use& use) {
    if (chosen.size() == steps_.size()) return use(chosen);
    const auto& times = steps_[chosen.size()];
    auto it = chosen.empty() ? times.begin()
                             : std::lower_bound(times.begin(), times.end(), chosen.back());
    for (; it != times.end(); ++it) {
      if (!chosen.empty() &&
          (minus(*it, chosen.back()) > step_ || minus(*it, chosen.front()) > whole_)) {
        break;
      }
      chosen.push_back(*it);
      const bool more = next(chosen, use);
      chosen.pop_back();
      if (!more) return false;
    }
    return true;
  }

  const Steps& steps_;
  std::int64_t step_;
  std::int64_t whole_;
};

}  // namespace

Result<OperatorPtr> make_sequence_detect(const kql::Plan& plan, const kql::Plugin& node,
                                         Execution& execution) {
  constexpr std::size_t kFixed = 4;
  HARRIER_TRY(const Input input, read_input(node, execution));
  HARRIER_TRY(const std::int64_t step, number_at(node, 1, execution));
  HARRIER_TRY(const std::int64_t whole, number_at(node, 2, execution));
  HARRIER_TRY(const std::int64_t conditions, number_at(node, 3, execution));
  const auto count = static_cast<std::size_t>(conditions);
  const Dimensions dimensions(node, input, kFixed + count);
  std::map<std::uint32_t, Steps> groups;
  for (std::size_t c = 0; c < count; ++c) {
    for (const std::uint32_t row : true_rows(*input.args[kFixed + c], input.rows)) {
      const Value at = input.args[0]->at(row);
      if (at.null) continue;
      Steps& steps = groups[dimensions.of(row)];
      steps.resize(count);
      steps[c].push_back(at.i);
    }
  }
  std::vector<std::uint32_t> found;
  std::vector<VectorBuilder> times;
  for (std::size_t c = 0; c < count; ++c) times.emplace_back(node.args[0]->type);
  VectorBuilder durations(plan.schema.back().type);
  MemoryUse memory(execution.context().memory());
  for (auto& [group, steps] : groups) {
    for (auto& one : steps) {
      std::sort(one.begin(), one.end());
      one.erase(std::unique(one.begin(), one.end()), one.end());
    }
    Result<> state;
    Sequences(steps, step, whole).each([&](const std::vector<std::int64_t>& chosen) {
      found.push_back(group);
      for (std::size_t c = 0; c < count; ++c) times[c].push_int(chosen[c]);
      durations.push_int(minus(chosen.back(), chosen.front()));
      if (found.size() % kChunkRows != 0) return true;
      state = execution.context().check();
      if (state.has_value()) state = memory.set(found.size() * (count + 2) * 8);
      return state.has_value();
    });
    HARRIER_TRYV(state);
  }
  Chunk out;
  out.rows = found.size();
  dimensions.append(out, found);
  for (VectorBuilder& builder : times) out.columns.push_back(builder.finish());
  out.columns.push_back(durations.finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

}  // namespace harrier::query
