// Arrays as sets: elements are equal by type and value, results keep the order of first appearance.
#include "query/functions/shared.hpp"
#include "query/json.hpp"

#include <unordered_set>

namespace harrier::query {

namespace {

using Keys = std::unordered_set<std::string>;

Keys keys_of(const Value& value) {
  Keys out;
  if (is_array(value)) {
    for (const std::string_view element : json_elements(value.s)) out.insert(json_key(element));
  }
  return out;
}

/// Adds the elements of `value` that `wanted` accepts and that are new to `seen`.
template <class Wanted>
void add(std::string& out, const Value& value, Keys& seen, Wanted wanted) {
  for (const std::string_view element : json_elements(value.s)) {
    std::string key = json_key(element);
    if (!wanted(key) || !seen.insert(std::move(key)).second) continue;
    if (out.size() > 1) out += ',';
    out += element;
  }
}

bool all_arrays(const Frame& f) {
  for (const Value& arg : f.args) {
    if (!is_array(arg)) return false;
  }
  return true;
}

void set_union(Frame& f) {
  std::string out = "[";
  Keys seen;
  bool any = false;
  for (const Value& arg : f.args) {
    if (!is_array(arg)) continue;
    any = true;
    add(out, arg, seen, [](const std::string&) { return true; });
  }
  if (any) f.set_text(out + "]");
}

void set_intersect(Frame& f) {
  if (!all_arrays(f)) return;
  std::vector<Keys> others;
  for (std::size_t k = 1; k < f.args.size(); ++k) others.push_back(keys_of(f.args[k]));
  std::string out = "[";
  Keys seen;
  add(out, f.args[0], seen, [&](const std::string& key) {
    for (const Keys& other : others) {
      if (other.count(key) == 0) return false;
    }
    return true;
  });
  f.set_text(out + "]");
}

void set_difference(Frame& f) {
  if (!is_array(f.args[0])) return;
  Keys removed;
  for (std::size_t k = 1; k < f.args.size(); ++k) removed.merge(keys_of(f.args[k]));
  std::string out = "[";
  Keys seen;
  add(out, f.args[0], seen, [&](const std::string& key) { return removed.count(key) == 0; });
  f.set_text(out + "]");
}

void set_has_element(Frame& f) {
  if (!is_array(f.args[0])) return;
  std::string wanted;
  append_json(wanted, f.args[1]);
  f.set_bool(keys_of(f.args[0]).count(json_key(wanted)) != 0);
}

void set_equals(Frame& f) {
  if (all_arrays(f)) f.set_bool(keys_of(f.args[0]) == keys_of(f.args[1]));
}

void jaccard_index(Frame& f) {
  if (!all_arrays(f)) return;
  Keys a = keys_of(f.args[0]);
  const Keys b = keys_of(f.args[1]);
  std::size_t shared = 0;
  for (const std::string& key : b) shared += a.count(key);
  const std::size_t all = a.size() + b.size() - shared;
  if (all != 0) f.set_real(static_cast<double>(shared) / static_cast<double>(all));
}

constexpr Kernel kKernels[] = {
    lenient("set_union", set_union),
    lenient("hll_merge", set_union),
    lenient("set_intersect", set_intersect),
    lenient("set_difference", set_difference),
    lenient("set_has_element", set_has_element),
    lenient("set_equals", set_equals),
    lenient("jaccard_index", jaccard_index),
};

}  // namespace

std::span<const Kernel> set_kernels() {
  return kKernels;
}

}  // namespace harrier::query
