// count, sum, avg, min, max, dcount, variance and bitwise aggregates.
#include "query/aggregate.hpp"
#include "query/convert.hpp"
#include "query/decimal.hpp"

#include <cmath>
#include <string>

namespace harrier::query {

namespace {

using Ids = std::vector<std::uint32_t>;
using Args = std::vector<VectorPtr>;

class Count final : public Aggregator {
 public:
  void grow(std::size_t groups) override { counts_.resize(groups, 0); }

  Result<> add(const Args&, const Ids& ids) override {
    for (const std::uint32_t id : ids) ++counts_[id];
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const Count&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) counts_[ids[k]] += from.counts_[k];
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    out[0].push_int(counts_[group]);
  }

  std::uint64_t bytes() const noexcept override { return counts_.capacity() * 8; }

 private:
  std::vector<std::int64_t> counts_;
};

/// sum and avg; the sum of nothing is 0, its average NaN (null for other types than real).
template <bool kAverage>
class Sum final : public Aggregator {
 public:
  explicit Sum(ScalarType type) : type_(type) {}

  void grow(std::size_t groups) override {
    counts_.resize(groups, 0);
    if (type_ == ScalarType::real) {
      reals_.resize(groups, 0);
    } else if (type_ == ScalarType::decimal) {
      decimals_.resize(groups);
    } else {
      ints_.resize(groups, 0);
    }
  }

  Result<> add(const Args& args, const Ids& ids) override {
    const Vector& v = *args[0];
    for (std::size_t row = 0; row < ids.size(); ++row) {
      if (v.is_null(row)) continue;
      const std::uint32_t id = ids[row];
      ++counts_[id];
      if (type_ == ScalarType::real) {
        reals_[id] += v.constant ? v.reals[0] : v.reals[row];
      } else if (type_ == ScalarType::decimal) {
        const auto number = Decimal::parse(v.at(row).s);
        if (number) decimals_[id] = decimals_[id] + *number;
      } else {
        add_int(id, v.constant ? v.ints[0] : v.ints[row]);
      }
    }
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const Sum&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const std::uint32_t id = ids[k];
      counts_[id] += from.counts_[k];
      if (type_ == ScalarType::real) {
        reals_[id] += from.reals_[k];
      } else if (type_ == ScalarType::decimal) {
        decimals_[id] = decimals_[id] + from.decimals_[k];
      } else {
        add_int(id, from.ints_[k]);
        if (k < from.days_.size()) days_[id] += from.days_[k];
      }
    }
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    const std::int64_t count = counts_[group];
    const auto n = static_cast<double>(count);
    if (type_ == ScalarType::real)
      return out[0].push_real(kAverage ? reals_[group] / n : reals_[group]);
    if (type_ == ScalarType::decimal) {
      if (kAverage && count == 0) return out[0].push_null();
      const Decimal total = decimals_[group];
      return out[0].push_text((kAverage ? total / Decimal::of(count) : total).text());
    }
    if (!kAverage) return out[0].push_int(ints_[group]);
    if (out[0].type() == ScalarType::real) {
      return out[0].push_real(static_cast<double>(ints_[group]) / n);
    }
    if (count == 0) return out[0].push_null();
    out[0].push_int(mean(group, count));
  }

  std::uint64_t bytes() const noexcept override {
    return counts_.capacity() * 8 + ints_.capacity() * 8 + reals_.capacity() * 8 +
           decimals_.capacity() * sizeof(Decimal);
  }

 private:
  void add_int(std::uint32_t id, std::int64_t value) {
    // Averages of times need more than 64 bits: whole days and ticks of the day are kept apart.
    if constexpr (kAverage) {
      if (days_.size() < ints_.size()) days_.resize(ints_.size(), 0);
      if (type_ == ScalarType::datetime || type_ == ScalarType::timespan) {
        days_[id] += value / kDay;
        ints_[id] += value % kDay;
        return;
      }
    }
    ints_[id] = static_cast<std::int64_t>(static_cast<std::uint64_t>(ints_[id]) +
                                          static_cast<std::uint64_t>(value));
  }

  [[nodiscard]] std::int64_t mean(std::size_t group, std::int64_t count) const {
    const std::int64_t days = group < days_.size() ? days_[group] : 0;
    const auto rest = static_cast<double>(days % count) * static_cast<double>(kDay) +
                      static_cast<double>(ints_[group]);
    return days / count * kDay + std::llround(rest / static_cast<double>(count));
  }

  static constexpr std::int64_t kDay = 864'000'000'000LL;

  ScalarType type_;
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> ints_;
  std::vector<std::int64_t> days_;
  std::vector<double> reals_;
  std::vector<Decimal> decimals_;
};

/// min and max of every type.
class Extreme final : public Aggregator {
 public:
  Extreme(bool max, ScalarType type) : max_(max), type_(type) {}

  void grow(std::size_t groups) override { best_.resize(groups); }

  Result<> add(const Args& args, const Ids& ids) override {
    for (std::size_t row = 0; row < ids.size(); ++row) {
      if (!args[0]->is_null(row)) offer(ids[row], args[0]->at(row));
    }
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const Extreme&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (from.best_[k].set) offer(ids[k], from.value(from.best_[k]));
    }
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    if (!best_[group].set) return out[0].push_null();
    out[0].push(value(best_[group]));
  }

  std::uint64_t bytes() const noexcept override { return best_.capacity() * sizeof(Best); }

 private:
  struct Best {
    bool set = false;
    std::int64_t i = 0;
    double r = 0;
    std::string s;
  };

  [[nodiscard]] Value value(const Best& best) const {
    Value out;
    out.type = type_;
    out.null = false;
    out.i = best.i;
    out.r = best.r;
    out.s = best.s;
    return out;
  }

  void offer(std::uint32_t id, const Value& candidate) {
    Best& best = best_[id];
    if (best.set && type_ == ScalarType::real && std::isnan(best.r)) return;  // NaN stays
    const bool nan = type_ == ScalarType::real && std::isnan(candidate.r);
    if (best.set && !nan) {
      const int order = order_cells(candidate, value(best));
      if (max_ ? order <= 0 : order >= 0) return;
    }
    best.set = true;
    best.i = candidate.i;
    best.r = candidate.r;
    best.s = candidate.s;
  }

  bool max_;
  ScalarType type_;
  std::vector<Best> best_;
};

/// Exact: every pair of group and value is kept once.
class DistinctCount final : public Aggregator {
 public:
  explicit DistinctCount(ScalarType type) : seen_({ScalarType::long_, type}) {}

  void grow(std::size_t groups) override { counts_.resize(groups, 0); }

  Result<> add(const Args& args, const Ids& ids) override {
    auto group = std::make_shared<Vector>();
    group->type = ScalarType::long_;
    group->ints.assign(ids.begin(), ids.end());
    take(group, args[0], ids);
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const DistinctCount&>(other);
    const Table& keys = from.seen_.keys();
    Ids mapped(keys.rows());
    auto group = std::make_shared<Vector>();
    group->type = ScalarType::long_;
    group->ints.resize(keys.rows());
    for (std::size_t row = 0; row < keys.rows(); ++row) {
      mapped[row] = ids[static_cast<std::size_t>(keys.column(0).ints[row])];
      group->ints[row] = mapped[row];
    }
    take(group, keys.all().columns[1], mapped);
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    out[0].push_int(counts_[group]);
  }

  std::uint64_t bytes() const noexcept override { return seen_.bytes() + counts_.capacity() * 8; }

 private:
  void take(const VectorPtr& groups, const VectorPtr& values, const Ids& ids) {
    std::size_t known = seen_.groups();
    Ids found;
    seen_.insert({groups, values}, ids.size(), found);
    for (std::size_t row = 0; row < ids.size(); ++row) {
      if (found[row] != known) continue;
      ++known;
      if (!values->is_null(row)) ++counts_[ids[row]];
    }
  }

  GroupTable seen_;
  std::vector<std::int64_t> counts_;
};

enum class Spread : std::uint8_t { stdev, stdevp, variance, variancep };

class Variance final : public Aggregator {
 public:
  explicit Variance(Spread kind) : kind_(kind) {}

  void grow(std::size_t groups) override { states_.resize(groups); }

  Result<> add(const Args& args, const Ids& ids) override {
    StringHeap heap;
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const Value value = convert(args[0]->at(row), ScalarType::real, heap);
      if (value.null) continue;
      State& s = states_[ids[row]];
      s.n += 1;
      const double delta = value.r - s.mean;
      s.mean += delta / s.n;
      s.squares += delta * (value.r - s.mean);
    }
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const Variance&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      State& a = states_[ids[k]];
      const State& b = from.states_[k];
      if (b.n == 0) continue;
      const double n = a.n + b.n;
      const double delta = b.mean - a.mean;
      a.squares += b.squares + delta * delta * a.n * b.n / n;
      a.mean += delta * b.n / n;
      a.n = n;
    }
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    const State& s = states_[group];
    const bool sample = kind_ == Spread::stdev || kind_ == Spread::variance;
    double variance = 0;
    if (s.n > 1) variance = s.squares / (sample ? s.n - 1 : s.n);
    const bool root = kind_ == Spread::stdev || kind_ == Spread::stdevp;
    out[0].push_real(root ? std::sqrt(variance) : variance);
  }

  std::uint64_t bytes() const noexcept override { return states_.capacity() * sizeof(State); }

 private:
  struct State {
    double n = 0;
    double mean = 0;
    double squares = 0;
  };

  Spread kind_;
  std::vector<State> states_;
};

class Covariance final : public Aggregator {
 public:
  explicit Covariance(bool sample) : sample_(sample) {}

  void grow(std::size_t groups) override { states_.resize(groups); }

  Result<> add(const Args& args, const Ids& ids) override {
    StringHeap heap;
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const Value x = convert(args[0]->at(row), ScalarType::real, heap);
      const Value y = convert(args[1]->at(row), ScalarType::real, heap);
      if (x.null || y.null) continue;
      State& s = states_[ids[row]];
      s.n += 1;
      const double dx = x.r - s.mx;
      s.mx += dx / s.n;
      s.my += (y.r - s.my) / s.n;
      s.products += dx * (y.r - s.my);
    }
    return {};
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    const State& s = states_[group];
    out[0].push_real(s.n > 1 ? s.products / (sample_ ? s.n - 1 : s.n) : 0);
  }

  std::uint64_t bytes() const noexcept override { return states_.capacity() * sizeof(State); }

 private:
  struct State {
    double n = 0;
    double mx = 0;
    double my = 0;
    double products = 0;
  };

  bool sample_;
  std::vector<State> states_;
};

/// binary_all_and, _or and _xor; null over nothing.
class Bits final : public Aggregator {
 public:
  explicit Bits(char kind) : kind_(kind) {}

  void grow(std::size_t groups) override {
    values_.resize(groups, kind_ == '&' ? -1 : 0);
    set_.resize(groups, false);
  }

  Result<> add(const Args& args, const Ids& ids) override {
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const Value value = args[0]->at(row);
      if (value.null) continue;
      take(ids[row], value.i);
    }
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const Bits&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (from.set_[k]) take(ids[k], from.values_[k]);
    }
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    if (!set_[group]) return out[0].push_null();
    out[0].push_int(values_[group]);
  }

  std::uint64_t bytes() const noexcept override { return values_.capacity() * 9; }

 private:
  void take(std::uint32_t id, std::int64_t value) {
    set_[id] = true;
    if (kind_ == '&') values_[id] &= value;
    if (kind_ == '|') values_[id] |= value;
    if (kind_ == '^') values_[id] ^= value;
  }

  char kind_;
  std::vector<std::int64_t> values_;
  std::vector<bool> set_;
};

}  // namespace

AggregatorPtr make_number_aggregator(const AggregateSpec& spec) {
  const std::string_view name = spec.name;
  const ScalarType type = spec.arguments.empty() ? ScalarType::long_ : spec.arguments[0];
  if (name == "count" || name == "cnt") return std::make_unique<Count>();
  if (name == "sum") return std::make_unique<Sum<false>>(type);
  if (name == "avg") return std::make_unique<Sum<true>>(type);
  if (name == "min") return std::make_unique<Extreme>(false, type);
  if (name == "max") return std::make_unique<Extreme>(true, type);
  if (name == "dcount" || name == "count_distinct") return std::make_unique<DistinctCount>(type);
  if (name == "stdev") return std::make_unique<Variance>(Spread::stdev);
  if (name == "stdevp") return std::make_unique<Variance>(Spread::stdevp);
  if (name == "variance") return std::make_unique<Variance>(Spread::variance);
  if (name == "variancep") return std::make_unique<Variance>(Spread::variancep);
  if (name == "covariance") return std::make_unique<Covariance>(true);
  if (name == "covariancep") return std::make_unique<Covariance>(false);
  if (name == "binary_all_and") return std::make_unique<Bits>('&');
  if (name == "binary_all_or") return std::make_unique<Bits>('|');
  if (name == "binary_all_xor") return std::make_unique<Bits>('^');
  return nullptr;
}

}  // namespace harrier::query
