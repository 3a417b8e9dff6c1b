// arg_max, arg_min and take_any: values of one row of the group.
#include "query/aggregate.hpp"
#include "query/json.hpp"

#include <cmath>
#include <string>

namespace harrier::query {

namespace {

using Ids = std::vector<std::uint32_t>;
using Args = std::vector<VectorPtr>;

/// A value with its own text.
class Kept {
 public:
  Kept() = default;

  void set(const Value& value) {
    text_ = value.s;
    value_ = value;
  }

  [[nodiscard]] Value get() const {
    Value out = value_;
    out.s = text_;
    return out;
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept { return sizeof *this + text_.capacity(); }

 private:
  Value value_;
  std::string text_;
};

class ArgExtreme final : public Aggregator {
 public:
  ArgExtreme(bool max, std::vector<ScalarType> types) : max_(max), types_(std::move(types)) {}

  void grow(std::size_t groups) override {
    if (groups <= rows_.size()) return;
    rows_.resize(groups);
    best_in_batch_.resize(groups, kNoRow);
  }

  Result<> add(const Args& args, const Ids& ids) override {
    // The best row of each group in this batch first, so that its values are copied once.
    std::vector<std::uint32_t> touched;
    for (std::uint32_t row = 0; row < ids.size(); ++row) {
      std::uint32_t& best = best_in_batch_[ids[row]];
      if (best == kNoRow) {
        best = row;
        touched.push_back(ids[row]);
      } else if (better(args[0]->at(row), args[0]->at(best))) {
        best = row;
      }
    }
    for (const std::uint32_t id : touched) {
      const std::uint32_t row = best_in_batch_[id];
      best_in_batch_[id] = kNoRow;
      std::vector<Kept>& kept = rows_[id];
      if (!kept.empty() && !better(args[0]->at(row), kept[0].get())) continue;
      keep(kept, args, row);
    }
    return {};
  }

  bool mergeable() const noexcept override { return true; }

  void merge(const Aggregator& other, const Ids& ids) override {
    const auto& from = static_cast<const ArgExtreme&>(other);
    for (std::size_t k = 0; k < ids.size(); ++k) {
      const std::vector<Kept>& theirs = from.rows_[k];
      std::vector<Kept>& ours = rows_[ids[k]];
      if (theirs.empty() || (!ours.empty() && !better(theirs[0].get(), ours[0].get()))) continue;
      for (const Kept& value : ours) bytes_ -= value.bytes();
      ours.resize(theirs.size());
      for (std::size_t c = 0; c < theirs.size(); ++c) {
        ours[c].set(theirs[c].get());
        bytes_ += ours[c].bytes();
      }
    }
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    const std::vector<Kept>& kept = rows_[group];
    for (std::size_t c = 0; c < out.size(); ++c) {
      if (kept.empty()) {
        out[c].push_null();
      } else {
        out[c].push(kept[c].get());
      }
    }
  }

  std::uint64_t bytes() const noexcept override { return bytes_ + rows_.capacity() * 28; }

 private:
  /// A null never beats, and anything beats it.
  [[nodiscard]] bool better(const Value& a, const Value& b) const {
    if (a.null || b.null) return b.null && !a.null;
    if (a.type == ScalarType::real && (std::isnan(a.r) || std::isnan(b.r))) return !std::isnan(b.r);
    const int order = order_cells(a, b);
    return max_ ? order > 0 : order < 0;
  }

  void keep(std::vector<Kept>& kept, const Args& args, std::size_t row) {
    for (const Kept& value : kept) bytes_ -= value.bytes();
    kept.resize(args.size());
    for (std::size_t c = 0; c < args.size(); ++c) {
      kept[c].set(args[c]->at(row));
      bytes_ += kept[c].bytes();
    }
  }

  bool max_;
  std::vector<ScalarType> types_;
  std::uint64_t bytes_ = 0;
  std::vector<std::vector<Kept>> rows_;
  std::vector<std::uint32_t> best_in_batch_;
};

/// Of one expression: a value that is neither null nor empty where there is one. Of several: the
/// first row.
class TakeAny final : public Aggregator {
 public:
  void grow(std::size_t groups) override { rows_.resize(groups); }

  Result<> add(const Args& args, const Ids& ids) override {
    for (std::size_t row = 0; row < ids.size(); ++row) {
      std::vector<Kept>& kept = rows_[ids[row]];
      if (!kept.empty() && (args.size() > 1 || !is_empty(kept[0].get()))) continue;
      for (const Kept& value : kept) bytes_ -= value.bytes();
      kept.resize(args.size());
      for (std::size_t c = 0; c < args.size(); ++c) {
        kept[c].set(args[c]->at(row));
        bytes_ += kept[c].bytes();
      }
    }
    return {};
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    for (std::size_t c = 0; c < out.size(); ++c) {
      if (rows_[group].empty()) {
        out[c].push_null();
      } else {
        out[c].push(rows_[group][c].get());
      }
    }
  }

  std::uint64_t bytes() const noexcept override { return bytes_ + rows_.capacity() * 24; }

 private:
  static bool is_empty(const Value& value) {
    return value.null || (layout_of(value.type) == Layout::text && value.s.empty());
  }

  std::uint64_t bytes_ = 0;
  std::vector<std::vector<Kept>> rows_;
};

}  // namespace

AggregatorPtr make_pick_aggregator(const AggregateSpec& spec) {
  if (spec.name == "arg_max") return std::make_unique<ArgExtreme>(true, spec.arguments);
  if (spec.name == "arg_min") return std::make_unique<ArgExtreme>(false, spec.arguments);
  if (spec.name == "take_any") return std::make_unique<TakeAny>();
  return nullptr;
}

}  // namespace harrier::query
