// evaluate active_users_count: ids that were there often enough before they came again.
#include "query/operators/make.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace harrier::query {

namespace {

constexpr std::size_t kFixed = 8;

struct Settings {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t lookback = 0;
  std::int64_t period = 0;
  std::int64_t periods = 0;
  std::int64_t step = 0;
};

/// The number of the length of time that `at` is in, counted from `origin`.
std::int64_t slot(std::int64_t at, std::int64_t origin, std::int64_t length) {
  const std::int64_t offset = at - origin;
  return offset / length - (offset % length < 0 ? 1 : 0);
}

Result<Settings> settings_of(const kql::Plugin& node, Execution& execution) {
  std::array<std::int64_t, 6> values{};
  StringHeap heap;
  for (std::size_t i = 0; i < values.size(); ++i) {
    HARRIER_TRY(const Value value, constant_of(node.args[2 + i], Scope{execution}, heap));
    if (value.null) return Error(Errc::query, "active_users_count: an argument is null");
    values[i] = value.i;
  }
  const Settings settings{values[0], values[1], values[2], values[3], values[4], values[5]};
  if (settings.lookback <= 0 || settings.period <= 0 || settings.step <= 0) {
    return Error(Errc::query, "active_users_count: lengths of time must be positive");
  }
  return settings;
}

/// When each id was there, by group of id and dimensions, in order.
using Timelines = std::vector<std::vector<std::int64_t>>;

/// The steps in which the id of a timeline counts as active.
std::set<std::int64_t> active_steps(const std::vector<std::int64_t>& times,
                                    const Settings& settings) {
  const auto period = [&](std::size_t i) {
    return slot(times[i], settings.start, settings.period);
  };
  std::set<std::int64_t> steps;
  std::size_t oldest = 0;
  std::int64_t periods = 0;  // different ones from the oldest time looked back to until now
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i == 0 || period(i) != period(i - 1)) ++periods;
    for (; times[oldest] <= times[i] - settings.lookback; ++oldest) {
      if (period(oldest) != period(oldest + 1)) --periods;
    }
    if (times[i] < settings.start || times[i] > settings.end) continue;
    if (periods >= settings.periods) steps.insert(slot(times[i], settings.start, settings.step));
  }
  return steps;
}

}  // namespace

Result<OperatorPtr> make_active_users(const kql::Plan& plan, const kql::Plugin& node,
                                      Execution& execution) {
  HARRIER_TRY(const Settings settings, settings_of(node, execution));
  std::vector<kql::ExprPtr> exprs{node.args[0]};
  exprs.insert(exprs.end(), node.args.begin() + kFixed, node.args.end());
  std::vector<ScalarType> types;
  for (const kql::ExprPtr& expr : exprs) types.push_back(expr->type);
  HARRIER_TRY(auto keys, compile_expressions(exprs, Scope{execution}));
  HARRIER_TRY(const ExpressionPtr time, compile_expression(node.args[1], Scope{execution}));
  HARRIER_TRY(const OperatorPtr input, execution.build(node.input));
  GroupTable users(types);
  Timelines timelines;
  MemoryUse memory(execution.context().memory());
  std::uint64_t kept = 0;
  std::vector<std::uint32_t> ids;
  Chunk chunk;
  while (true) {
    HARRIER_TRYV(execution.context().check());
    HARRIER_TRY(const bool more, input->next(chunk));
    if (!more) break;
    std::vector<VectorPtr> cells;
    for (const ExpressionPtr& key : keys) {
      HARRIER_TRY(VectorPtr vector, key->evaluate(chunk));
      cells.push_back(std::move(vector));
    }
    HARRIER_TRY(const VectorPtr times, time->evaluate(chunk));
    ids.resize(chunk.rows);
    if (chunk.rows > 0) users.insert(cells, chunk.rows, ids);
    timelines.resize(users.groups());
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      const Value at = times->at(row);
      if (!at.null) timelines[ids[row]].push_back(at.i);
    }
    kept += chunk.rows * sizeof(std::int64_t);
    HARRIER_TRYV(memory.set(users.bytes() + kept));
  }
  // A row for each step and dimensions, and how many ids were active in it.
  std::vector<ScalarType> row_types(types.begin() + 1, types.end());
  row_types.insert(row_types.begin(), ScalarType::datetime);
  GroupTable rows(row_types);
  std::vector<std::int64_t> counts;
  const Chunk known = users.keys().all();
  for (std::uint32_t user = 0; user < timelines.size(); ++user) {
    if (user % kChunkRows == 0) HARRIER_TRYV(execution.context().check());
    std::sort(timelines[user].begin(), timelines[user].end());
    for (const std::int64_t step : active_steps(timelines[user], settings)) {
      const std::int64_t at = settings.start + step * settings.step;
      std::vector<VectorPtr> cells{constant_vector(Value::of_int(ScalarType::datetime, at))};
      for (std::size_t c = 1; c < known.columns.size(); ++c) {
        cells.push_back(constant_vector(known.columns[c]->at(user)));
      }
      ids.assign(1, 0);
      rows.insert(cells, 1, ids);
      counts.resize(rows.groups(), 0);
      ++counts[ids[0]];
    }
  }
  Chunk out = rows.keys().all();
  out.rows = rows.groups();
  VectorBuilder count(plan.schema.back().type, out.rows);
  for (const std::int64_t one : counts) count.push_int(one);
  out.columns.push_back(count.finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

}  // namespace harrier::query
