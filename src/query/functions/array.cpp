// Arrays inside dynamic values.
#include "query/convert.hpp"
#include "query/functions/shared.hpp"
#include "query/json.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace harrier::query {

namespace {

using Elements = std::vector<std::string_view>;

std::string joined(const Elements& elements) {
  std::string out = "[";
  for (std::size_t k = 0; k < elements.size(); ++k) {
    if (k > 0) out += ',';
    out += elements[k].empty() ? std::string_view("null") : elements[k];
  }
  return out + "]";
}

std::string json_of(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

void array_length(Frame& f) {
  if (is_array(f.args[0])) f.set_int(static_cast<std::int64_t>(json_length(f.args[0].s)));
}

void pack_array(Frame& f) {
  std::string out = "[";
  for (std::size_t k = 0; k < f.args.size(); ++k) {
    if (k > 0) out += ',';
    append_json(out, f.args[k]);
  }
  f.set_text(out + "]");
}

void array_concat(Frame& f) {
  Elements out;
  bool any = false;
  for (const Value& arg : f.args) {
    if (!is_array(arg)) continue;
    any = true;
    const Elements elements = json_elements(arg.s);
    out.insert(out.end(), elements.begin(), elements.end());
  }
  if (any) f.set_text(joined(out));
}

void array_slice(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Elements elements = json_elements(f.args[0].s);
  const auto size = static_cast<std::int64_t>(elements.size());
  std::int64_t from = f.integer(1, 0);
  std::int64_t to = f.integer(2, -1);
  if (from < 0) from += size;
  if (to < 0) to += size;
  from = std::max<std::int64_t>(from, 0);
  to = std::min(to, size - 1);
  Elements out;
  for (std::int64_t k = from; k <= to; ++k) out.push_back(elements[static_cast<std::size_t>(k)]);
  f.set_text(joined(out));
}

void array_split(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Elements elements = json_elements(f.args[0].s);
  const auto size = static_cast<std::int64_t>(elements.size());
  std::vector<std::int64_t> cuts;
  const auto add = [&](std::int64_t index) {
    cuts.push_back(std::clamp<std::int64_t>(index < 0 ? index + size : index, 0, size));
  };
  if (is_array(f.args[1])) {
    for (const std::string_view e : json_elements(f.args[1].s)) {
      add(convert(dynamic_value(e), ScalarType::long_, f.heap).i);
    }
  } else {
    add(f.integer(1, 0));
  }
  cuts.push_back(size);
  std::string out = "[";
  std::int64_t begin = 0;
  for (const std::int64_t cut : cuts) {
    if (out.size() > 1) out += ',';
    const std::int64_t end = std::max(begin, cut);
    out += joined(Elements(elements.begin() + begin, elements.begin() + end));
    begin = end;
  }
  f.set_text(out + "]");
}

void array_reverse(Frame& f) {
  if (!is_array(f.args[0])) return;
  Elements elements = json_elements(f.args[0].s);
  std::reverse(elements.begin(), elements.end());
  f.set_text(joined(elements));
}

void rotate(Frame& f, std::int64_t count) {
  if (!is_array(f.args[0])) return;
  Elements elements = json_elements(f.args[0].s);
  const auto size = static_cast<std::int64_t>(elements.size());
  if (size > 0) {
    const std::int64_t shift = (count % size + size) % size;
    std::rotate(elements.begin(), elements.begin() + shift, elements.end());
  }
  f.set_text(joined(elements));
}

void array_rotate_left(Frame& f) {
  rotate(f, f.integer(1, 0));
}

void array_rotate_right(Frame& f) {
  rotate(f, -f.integer(1, 0));
}

void shift(Frame& f, std::int64_t count) {
  if (!is_array(f.args[0])) return;
  const Elements elements = json_elements(f.args[0].s);
  const std::string fill = f.args.size() > 2 ? json_of(f.args[2]) : "null";
  const auto size = static_cast<std::int64_t>(elements.size());
  Elements out;
  for (std::int64_t k = 0; k < size; ++k) {
    const std::int64_t from = k + count;
    out.push_back(from >= 0 && from < size ? elements[static_cast<std::size_t>(from)]
                                           : std::string_view(fill));
  }
  f.set_text(joined(out));
}

void array_shift_left(Frame& f) {
  shift(f, f.integer(1, 0));
}

void array_shift_right(Frame& f) {
  shift(f, -f.integer(1, 0));
}

void array_index_of(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Elements elements = json_elements(f.args[0].s);
  const auto size = static_cast<std::int64_t>(elements.size());
  const std::string wanted = json_key(json_of(f.args[1]));
  std::int64_t start = f.integer(2, 0);
  const std::int64_t length = f.integer(3, -1);
  std::int64_t occurrence = f.integer(4, 1);
  f.set_int(-1);
  if (start < 0) start = std::max<std::int64_t>(0, start + size);
  const std::int64_t end = length < 0 ? size : std::min(size, start + length);
  for (std::int64_t k = start; k < end; ++k) {
    if (json_key(elements[static_cast<std::size_t>(k)]) == wanted && --occurrence == 0) {
      return f.set_int(k);
    }
  }
}

void array_sum(Frame& f) {
  if (!is_array(f.args[0])) return;
  double sum = 0;
  for (const std::string_view e : json_elements(f.args[0].s)) {
    const Value value = convert(dynamic_value(e), ScalarType::real, f.heap);
    if (!value.null) sum += value.r;
  }
  f.set_real(sum);
}

/// Sorts the first array and carries the others along.
void sort_arrays(Frame& f, bool descending) {
  bool nulls_last = true;
  std::vector<Elements> arrays;
  for (const Value& arg : f.args) {
    if (arg.type == ScalarType::boolean) {
      nulls_last = arg.i != 0;
    } else if (is_array(arg)) {
      arrays.push_back(json_elements(arg.s));
    } else {
      return;
    }
  }
  if (arrays.empty()) return;
  std::vector<std::size_t> order(arrays[0].size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const std::string_view x = arrays[0][a];
    const std::string_view y = arrays[0][b];
    const bool null_x = json_kind(x) == JsonKind::null;
    const bool null_y = json_kind(y) == JsonKind::null;
    if (null_x || null_y) return null_x != null_y && (nulls_last ? null_y : null_x);
    return descending ? json_compare(x, y) > 0 : json_compare(x, y) < 0;
  });
  std::string out;
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    if (arrays[k].size() != order.size()) {
      out += k > 0 ? ",null" : "null";
      continue;
    }
    Elements sorted;
    for (const std::size_t at : order) sorted.push_back(arrays[k][at]);
    if (k > 0) out += ',';
    out += joined(sorted);
  }
  f.set_text(arrays.size() > 1 ? "[" + out + "]" : out);
}

void array_sort_asc(Frame& f) {
  sort_arrays(f, false);
}

void array_sort_desc(Frame& f) {
  sort_arrays(f, true);
}

void array_iff(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Elements conditions = json_elements(f.args[0].s);
  const auto pick = [&](std::size_t arg, std::size_t k) -> std::string {
    const Value& value = f.args[arg];
    if (!is_array(value)) return json_of(value);
    const auto element = json_element(value.s, static_cast<std::int64_t>(k));
    return element.empty() ? "null" : std::string(element);
  };
  std::string out = "[";
  for (std::size_t k = 0; k < conditions.size(); ++k) {
    if (k > 0) out += ',';
    const Value condition = convert(dynamic_value(conditions[k]), ScalarType::boolean, f.heap);
    out += condition.null ? "null" : pick(condition.i != 0 ? 1 : 2, k);
  }
  f.set_text(out + "]");
}

void zip(Frame& f) {
  std::vector<Elements> arrays;
  std::size_t longest = 0;
  for (const Value& arg : f.args) {
    arrays.push_back(is_array(arg) ? json_elements(arg.s) : Elements());
    longest = std::max(longest, arrays.back().size());
  }
  std::string out = "[";
  for (std::size_t k = 0; k < longest; ++k) {
    if (k > 0) out += ',';
    Elements row;
    for (const Elements& array : arrays) {
      row.push_back(k < array.size() ? array[k] : std::string_view("null"));
    }
    out += joined(row);
  }
  f.set_text(out + "]");
}

void repeat(Frame& f) {
  const std::int64_t count = f.integer(1, -1);
  if (count < 0 || f.args[1].null) return;
  const std::string one = json_of(f.args[0]);
  const Elements all(static_cast<std::size_t>(std::min<std::int64_t>(count, 1'048'576)), one);
  f.set_text(joined(all));
}

constexpr std::int64_t kMostSteps = 1'048'576;

void range(Frame& f) {
  const Value& from = f.args[0];
  const Value& to = f.args[1];
  std::string out = "[";
  if (from.type == ScalarType::real || to.type == ScalarType::real ||
      (f.args.size() > 2 && f.args[2].type == ScalarType::real)) {
    const double start = f.real(0, 0);
    const double end = f.real(1, 0);
    const double step = f.args.size() > 2 ? f.real(2, 1) : 1;
    if (step == 0) return;
    for (std::int64_t k = 0; k < kMostSteps; ++k) {
      const double value = start + static_cast<double>(k) * step;
      if (step > 0 ? value > end : value < end) break;
      if (k > 0) out += ',';
      append_json(out, Value::of_real(value));
    }
    return f.set_text(out + "]");
  }
  const bool time = from.type == ScalarType::datetime || from.type == ScalarType::timespan;
  const std::int64_t unit = from.type == ScalarType::datetime   ? 864'000'000'000LL
                            : from.type == ScalarType::timespan ? 36'000'000'000LL
                                                                : 1;
  const std::int64_t start = time ? from.i : f.integer(0, 0);
  const std::int64_t end = time ? to.i : f.integer(1, 0);
  const std::int64_t step = f.args.size() > 2 ? (time ? f.args[2].i : f.integer(2, 1)) : unit;
  if (step == 0) return;
  std::int64_t value = start;
  for (std::int64_t k = 0; k < kMostSteps && (step > 0 ? value <= end : value >= end); ++k) {
    if (k > 0) out += ',';
    append_json(out, Value::of_int(time ? from.type : ScalarType::long_, value));
    if (__builtin_add_overflow(value, step, &value)) break;
  }
  f.set_text(out + "]");
}

constexpr Kernel kKernels[] = {
    lenient("array_length", array_length),
    lenient("pack_array", pack_array),
    lenient("array_concat", array_concat),
    lenient("tdigest_merge", array_concat),
    lenient("array_slice", array_slice),
    lenient("array_split", array_split),
    lenient("array_reverse", array_reverse),
    lenient("array_rotate_left", array_rotate_left),
    lenient("array_rotate_right", array_rotate_right),
    lenient("array_shift_left", array_shift_left),
    lenient("array_shift_right", array_shift_right),
    lenient("array_index_of", array_index_of),
    lenient("array_sum", array_sum),
    lenient("array_sort_asc", array_sort_asc),
    lenient("array_sort_desc", array_sort_desc),
    lenient("array_iff", array_iff),
    lenient("zip", zip),
    lenient("repeat", repeat),
    strict("range", range),
};

}  // namespace

std::span<const Kernel> array_kernels() {
  return kKernels;
}

}  // namespace harrier::query
