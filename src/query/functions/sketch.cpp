// What dcount_hll and the tdigest functions read off the values that hll() and tdigest() have kept.
#include "kql/literals.hpp"
#include "query/convert.hpp"
#include "query/functions/shared.hpp"
#include "query/json.hpp"

#include <algorithm>
#include <cmath>

namespace harrier::query {

namespace {

/// An element of a digest and what it is ordered by.
struct Item {
  double order = 0;
  std::string_view json;
};

/// A number, or the ticks of a time; NaN for anything else.
double order_of(std::string_view json, StringHeap& heap) {
  if (json_kind(json) != JsonKind::string) return number_of(json, heap);
  const std::string text = json_unquote(json);
  if (const auto span = kql::parse_timespan(text)) return static_cast<double>(*span);
  if (const auto time = parse_datetime(text)) return static_cast<double>(*time);
  return NAN;
}

std::vector<Item> sorted_items(Frame& f) {
  std::vector<Item> items;
  if (!is_array(f.args[0])) return items;
  for (const std::string_view json : json_elements(f.args[0].s)) {
    const double order = order_of(json, f.heap);
    if (!std::isnan(order)) items.push_back({order, json});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.order < b.order; });
  return items;
}

/// By nearest rank, as percentile() does.
std::string_view ranked(const std::vector<Item>& items, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(items.size()));
  const double last = static_cast<double>(items.size());
  return items[static_cast<std::size_t>(std::clamp(rank, 1.0, last)) - 1].json;
}

void dcount_hll(Frame& f) {
  f.set_int(is_array(f.args[0]) ? static_cast<std::int64_t>(json_length(f.args[0].s)) : 0);
}

void percentile_tdigest(Frame& f) {
  const auto items = sorted_items(f);
  const double percent = f.real(1, NAN);
  if (items.empty() || std::isnan(percent)) return;
  f.result = convert(dynamic_value(ranked(items, percent)), f.type, f.heap);
}

void percentiles_array_tdigest(Frame& f) {
  const auto items = sorted_items(f);
  if (items.empty()) return;
  Series percents;
  if (f.args.size() == 2 && is_array(f.args[1])) {
    percents = series_of(f.args[1], f.heap);
  } else {
    for (std::size_t arg = 1; arg < f.args.size(); ++arg) percents.push_back(f.real(arg, NAN));
  }
  std::string json = "[";
  for (const double percent : percents) {
    if (json.size() > 1) json += ',';
    json += std::isnan(percent) ? std::string_view("null") : ranked(items, percent);
  }
  f.set_text(json + "]");
}

/// How many items are at most the second argument; NaN where it is no number or time.
double rank_of(Frame& f, const std::vector<Item>& items) {
  std::string json;
  append_json(json, f.args[1]);
  const double value = order_of(json, f.heap);
  if (std::isnan(value)) return NAN;
  const auto above = std::upper_bound(items.begin(), items.end(), value,
                                      [](double v, const Item& item) { return v < item.order; });
  return static_cast<double>(above - items.begin());
}

void rank_tdigest(Frame& f) {
  const double rank = rank_of(f, sorted_items(f));
  if (!std::isnan(rank)) f.set_real(rank);
}

void percentrank_tdigest(Frame& f) {
  const auto items = sorted_items(f);
  const double rank = rank_of(f, items);
  if (!std::isnan(rank) && !items.empty()) {
    f.set_real(100 * rank / static_cast<double>(items.size()));
  }
}

constexpr Kernel kKernels[] = {
    lenient("dcount_hll", dcount_hll),
    lenient("percentile_tdigest", percentile_tdigest),
    lenient("percentiles_array_tdigest", percentiles_array_tdigest),
    strict("rank_tdigest", rank_tdigest),
    strict("percentrank_tdigest", percentrank_tdigest),
};

}  // namespace

std::span<const Kernel> sketch_kernels() {
  return kKernels;
}

}  // namespace harrier::query
