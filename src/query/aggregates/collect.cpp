// make_list, make_set and make_bag; hll and tdigest, which keep every value.
#include "base/text.hpp"
#include "query/aggregate.hpp"
#include "query/json.hpp"

#include <string>
#include <unordered_set>

namespace harrier::query {

namespace {

using Ids = std::vector<std::uint32_t>;
using Args = std::vector<VectorPtr>;

constexpr std::size_t kMostElements = 1'048'576;

std::size_t limit_of(const AggregateSpec& spec) {
  if (spec.options.empty() || spec.options[0].null || spec.options[0].i < 0) return kMostElements;
  return std::min(kMostElements, static_cast<std::size_t>(spec.options[0].i));
}

/// An array of a group's values in input order; elements of arrays are taken singly.
class List final : public Aggregator {
 public:
  List(const AggregateSpec& spec, bool set, bool nulls)
      : limit_(limit_of(spec)), set_(set), nulls_(nulls) {}

  /// Whose answer would be wrong without some of the values: more than fit are an error.
  static std::unique_ptr<List> complete(const AggregateSpec& spec, bool set) {
    auto list = std::make_unique<List>(spec, set, false);
    list->limit_ = kMostElements;
    list->complete_ = spec.name;
    return list;
  }

  void grow(std::size_t groups) override {
    texts_.resize(groups, "[");
    counts_.resize(groups, 0);
    if (set_) seen_.resize(groups);
  }

  Result<> add(const Args& args, const Ids& ids) override {
    std::string json;
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const Value value = args[0]->at(row);
      // A list keeps dynamic nulls, a set does not.
      const bool kept_null =
          nulls_ || (!set_ && complete_.empty() && value.type == ScalarType::dynamic);
      if (value.null && !kept_null) continue;
      if (!value.null && value.type == ScalarType::dynamic &&
          json_kind(value.s) == JsonKind::array) {
        JsonCursor cursor(value.s);
        while (cursor.next()) {
          if (json_kind(cursor.value()) != JsonKind::null || nulls_) take(ids[row], cursor.value());
        }
        continue;
      }
      json.clear();
      append_json(json, value);
      take(ids[row], json);
    }
    if (left_out_ && !complete_.empty()) {
      return Error(Errc::limit, std::string(complete_) + "() of more than " +
                                    std::to_string(kMostElements) +
                                    " values is not supported; dcount() and percentile() are");
    }
    return {};
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    out[0].push_text(texts_[group] + "]");
  }

  std::uint64_t bytes() const noexcept override {
    return bytes_ + texts_.capacity() * (sizeof(std::string) + 8);
  }

 private:
  void take(std::uint32_t id, std::string_view json) {
    if (counts_[id] >= limit_) {
      left_out_ = true;
      return;
    }
    if (set_ && !seen_[id].insert(json_key(json)).second) return;
    if (counts_[id]++ > 0) texts_[id] += ',';
    texts_[id] += json;
    bytes_ += json.size() + (set_ ? json.size() + 64 : 1);
  }

  std::size_t limit_;
  bool set_;
  bool nulls_;
  bool left_out_ = false;
  std::string_view complete_;  ///< the aggregate's name; empty: values may be left out
  std::uint64_t bytes_ = 0;
  std::vector<std::string> texts_;
  std::vector<std::size_t> counts_;
  std::vector<std::unordered_set<std::string>> seen_;
};

/// One object of many; the first value of a key stays.
class Bag final : public Aggregator {
 public:
  explicit Bag(const AggregateSpec& spec) : limit_(limit_of(spec)) {}

  void grow(std::size_t groups) override {
    texts_.resize(groups, "{");
    keys_.resize(groups);
  }

  Result<> add(const Args& args, const Ids& ids) override {
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const Value value = args[0]->at(row);
      if (value.null || json_kind(value.s) != JsonKind::object) continue;
      JsonCursor cursor(value.s);
      while (cursor.next()) take(ids[row], cursor.key(), cursor.value());
    }
    return {};
  }

  void finish(std::size_t group, std::vector<VectorBuilder>& out) override {
    out[0].push_text(texts_[group] + "}");
  }

  std::uint64_t bytes() const noexcept override {
    return bytes_ + texts_.capacity() * (sizeof(std::string) + 56);
  }

 private:
  void take(std::uint32_t id, const std::string& key, std::string_view json) {
    if (keys_[id].size() >= limit_ || !keys_[id].insert(key).second) return;
    std::string& text = texts_[id];
    if (text.size() > 1) text += ',';
    append_json_string(text, key);
    text += ':';
    text += json;
    bytes_ += 2 * key.size() + json.size() + 64;
  }

  std::size_t limit_;
  std::uint64_t bytes_ = 0;
  std::vector<std::string> texts_;
  std::vector<std::unordered_set<std::string>> keys_;
};

}  // namespace

AggregatorPtr make_collect_aggregator(const AggregateSpec& spec) {
  if (spec.name == "make_list") return std::make_unique<List>(spec, false, false);
  if (spec.name == "make_list_with_nulls") return std::make_unique<List>(spec, false, true);
  if (spec.name == "make_set") return std::make_unique<List>(spec, true, false);
  if (spec.name == "hll" || spec.name == "hll_merge") return List::complete(spec, true);
  if (spec.name == "tdigest" || spec.name == "tdigest_merge") return List::complete(spec, false);
  if (spec.name == "make_bag") return std::make_unique<Bag>(spec);
  return nullptr;
}

}  // namespace harrier::query
