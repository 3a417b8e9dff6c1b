// Property bags inside dynamic values.
#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"

#include <algorithm>
#include <set>

namespace harrier::query {

namespace {

bool is_bag(const Value& value) {
  return !value.null && value.type == ScalarType::dynamic && json_kind(value.s) == JsonKind::object;
}

/// Collects members in order; the first value of a key stays.
class BagWriter {
 public:
  void add(const std::string& key, std::string_view json, bool replace = false) {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const auto& member) { return member.first == key; });
    if (found == members_.end()) {
      members_.emplace_back(key, json.empty() ? "null" : std::string(json));
    } else if (replace) {
      found->second = json;
    }
  }

  void add_all(std::string_view bag) {
    JsonCursor cursor(bag);
    while (cursor.next()) add(cursor.key(), cursor.value());
  }

  [[nodiscard]] std::string text() const {
    std::string out = "{";
    for (const auto& [key, value] : members_) {
      if (out.size() > 1) out += ',';
      append_json_string(out, key);
      out += ':';
      out += value;
    }
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

std::string json_of(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

void bag_keys(Frame& f) {
  if (!is_bag(f.args[0])) return;
  std::string out = "[";
  JsonCursor cursor(f.args[0].s);
  while (cursor.next()) {
    if (out.size() > 1) out += ',';
    append_json_string(out, cursor.key());
  }
  f.set_text(out + "]");
}

void bag_pack(Frame& f) {
  BagWriter bag;
  for (std::size_t k = 0; k + 1 < f.args.size(); k += 2) {
    bag.add(std::string(f.text(k)), json_of(f.args[k + 1]));
  }
  f.set_text(bag.text());
}

/// A flag, then names and values: true leaves out what is null or empty.
void pack_all(Frame& f) {
  const bool full_only = !f.args[0].null && f.args[0].i != 0;
  BagWriter bag;
  for (std::size_t k = 1; k + 1 < f.args.size(); k += 2) {
    const Value& value = f.args[k + 1];
    const bool empty = value.null || (layout_of(value.type) == Layout::text && value.s.empty());
    if (!(full_only && empty)) bag.add(std::string(f.text(k)), json_of(value));
  }
  f.set_text(bag.text());
}

void bag_merge(Frame& f) {
  BagWriter bag;
  bool any = false;
  for (const Value& arg : f.args) {
    if (!is_bag(arg)) continue;
    any = true;
    bag.add_all(arg.s);
  }
  if (any) f.set_text(bag.text());
}

void bag_has_key(Frame& f) {
  if (!is_bag(f.args[0])) return;
  std::string_view at = f.args[0].s;
  std::string_view key = f.text(1);
  if (!json_member(at, key).empty()) return f.set_bool(true);
  if (key.substr(0, 2) != "$.") return f.set_bool(false);
  for (key.remove_prefix(2); !at.empty();) {
    const std::size_t dot = key.find('.');
    at = json_member(at, key.substr(0, dot));
    if (dot == std::string_view::npos) break;
    key.remove_prefix(dot + 1);
  }
  f.set_bool(!at.empty());
}

/// `bag` without the path `key` (dotted after `$.`).
std::string without(std::string_view bag, std::string_view key, bool path) {
  const std::size_t dot = path ? key.find('.') : std::string_view::npos;
  const std::string_view first = key.substr(0, dot);
  BagWriter out;
  JsonCursor cursor(bag);
  while (cursor.next()) {
    const std::string name = cursor.key();
    if (name != first) {
      out.add(name, cursor.value());
    } else if (dot != std::string_view::npos && json_kind(cursor.value()) == JsonKind::object) {
      out.add(name, without(cursor.value(), key.substr(dot + 1), true));
    }
  }
  return out.text();
}

void bag_remove_keys(Frame& f) {
  if (!is_bag(f.args[0])) return;
  std::string bag(f.args[0].s);
  for (const std::string_view element : json_elements(f.args[1].s)) {
    const std::string key = text_of(dynamic_value(element));
    const bool path = key.rfind("$.", 0) == 0;
    bag = without(bag, path ? std::string_view(key).substr(2) : std::string_view(key), path);
  }
  f.set_text(bag);
}

void bag_set_key(Frame& f) {
  if (!is_bag(f.args[0])) return;

  struct Setter {
    static std::string set(std::string_view bag, std::string_view path, const std::string& json,
                           bool nested) {
      const std::size_t dot = nested ? path.find('.') : std::string_view::npos;
      const std::string key(path.substr(0, dot));
      BagWriter out;
      if (json_kind(bag) == JsonKind::object) out.add_all(bag);
      const std::string value = dot == std::string_view::npos
                                    ? json
                                    : set(json_member(bag, key), path.substr(dot + 1), json, true);
      out.add(key, value, true);
      return out.text();
    }
  };

  std::string_view key = f.text(1);
  const bool nested = key.substr(0, 2) == "$.";
  if (nested) key.remove_prefix(2);
  f.set_text(Setter::set(f.args[0].s, key, json_of(f.args[2]), nested));
}

void bag_zip(Frame& f) {
  if (f.args[0].null || json_kind(f.args[0].s) != JsonKind::array) return;
  BagWriter bag;
  const auto values = json_elements(f.args[1].s);
  std::size_t k = 0;
  for (const std::string_view key : json_elements(f.args[0].s)) {
    const std::string_view value = k < values.size() ? values[k] : std::string_view("null");
    ++k;
    if (json_kind(key) != JsonKind::string) continue;
    bag.add(json_unquote(key), value, true);
  }
  f.set_text(bag.text());
}

void collect_paths(std::string_view json, const std::string& prefix,
                   std::vector<std::string>& out) {
  JsonCursor cursor(json);
  const bool object = json_kind(json) == JsonKind::object;
  while (cursor.next()) {
    std::string path = prefix;
    if (object) {
      path += "['" + cursor.key() + "']";
    } else {
      path += "[0]";
    }
    if (std::find(out.begin(), out.end(), path) == out.end()) out.push_back(path);
    collect_paths(cursor.value(), path, out);
  }
}

void treepath(Frame& f) {
  std::vector<std::string> paths;
  collect_paths(f.args[0].s, "", paths);
  std::string out = "[";
  for (const std::string& path : paths) {
    if (out.size() > 1) out += ',';
    append_json_string(out, path);
  }
  f.set_text(out + "]");
}

constexpr Kernel kKernels[] = {
    lenient("bag_keys", bag_keys),       lenient("bag_pack", bag_pack),
    lenient("pack_all", pack_all),       lenient("bag_merge", bag_merge),
    lenient("bag_has_key", bag_has_key), lenient("bag_remove_keys", bag_remove_keys),
    lenient("bag_set_key", bag_set_key), lenient("bag_zip", bag_zip),
    strict("treepath", treepath),
};

}  // namespace

std::span<const Kernel> bag_kernels() {
  return kKernels;
}

}  // namespace harrier::query
