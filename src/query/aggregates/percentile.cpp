// Percentiles by nearest rank, exact.
#include "query/aggregate.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/table.hpp"

#include <algorithm>
#include <cmath>

namespace harrier::query {

namespace {

using Ids = std::vector<std::uint32_t>;
using Args = std::vector<VectorPtr>;

class Percentile final : public Aggregator {
 public:
  Percentile(std::vector<double> percents, ScalarType type, bool weighted, bool array)
      : percents_(std::move(percents)), type_(type), weighted_(weighted), array_(array) {}

  void grow(std::size_t groups) override { values_.resize(groups); }

  Result<> add(const Args& args, const Ids& ids) override {
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const Value value = args[0]->at(row);
      if (value.null) continue;
      std::int64_t weight = 1;
      if (weighted_) {
        const Value w = args[1]->at(row);
        if (w.null || w.i <= 0) continue;
        weight = w.i;
      }
      values_[ids[row]].push_back({value.i, value.r, weight});
      ++count_;
    }
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const Percentile&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      auto& ours = values_[ids[k]];
      ours.insert(ours.end(), from.values_[k].begin(), from.values_[k].end());
      count_ += from.values_[k].size();
    }
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    auto& values = values_[group];
    std::sort(values.begin(), values.end(), [&](const Item& a, const Item& b) {
      return type_ == ScalarType::real ? a.r < b.r : a.i < b.i;
    });
    if (!array_) {
      for (std::size_t k = 0; k < percents_.size() && k < out.size(); ++k) {
        out[k].push(ranked(values, percents_[k]));
      }
      return;
    }
    std::string json = "[";
    for (const double percent : percents_) {
      if (json.size() > 1) json += ',';
      append_json(json, ranked(values, percent));
    }
    out[0].push_text(json + "]");
  }

  std::uint64_t bytes() const noexcept override {
    return count_ * 2 * sizeof(Item) + values_.capacity() * 24;
  }

 private:
  struct Item {
    std::int64_t i;
    double r;
    std::int64_t weight;
  };

  [[nodiscard]] Value ranked(const std::vector<Item>& values, double percent) const {
    double total = 0;
    for (const Item& item : values) total += static_cast<double>(item.weight);
    const double rank = std::ceil(std::clamp(percent, 0.0, 100.0) / 100 * total);
    double reached = 0;
    for (const Item& item : values) {
      reached += static_cast<double>(item.weight);
      if (reached < std::max(1.0, rank)) continue;
      return type_ == ScalarType::real ? Value::of_real(item.r) : Value::of_int(type_, item.i);
    }
    return Value::of_null(type_);
  }

  std::vector<double> percents_;
  ScalarType type_;
  bool weighted_;
  bool array_;
  std::size_t count_ = 0;
  std::vector<std::vector<Item>> values_;
};

}  // namespace

AggregatorPtr make_percentile_aggregator(const AggregateSpec& spec) {
  const bool array = spec.name == "percentiles_array" || spec.name == "percentilesw_array";
  const bool weighted = spec.name == "percentilew" || spec.name == "percentilesw" ||
                        spec.name == "percentilesw_array";
  if (!array && !weighted && spec.name != "percentile" && spec.name != "percentiles")
    return nullptr;
  if (layout_of(spec.arguments[0]) == Layout::text) return nullptr;
  std::vector<double> percents;
  StringHeap heap;
  for (const Value& option : spec.options) {
    if (option.type == ScalarType::dynamic) {
      for (const std::string_view e : json_elements(option.s)) {
        percents.push_back(convert(dynamic_value(e), ScalarType::real, heap).r);
      }
    } else {
      percents.push_back(convert(option, ScalarType::real, heap).r);
    }
  }
  return std::make_unique<Percentile>(std::move(percents), spec.arguments[0], weighted, array);
}

}  // namespace harrier::query
