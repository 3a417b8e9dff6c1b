#include "ingest/record_map.hpp"

#include "base/text.hpp"
#include "ingest/compact_json.hpp"
#include "ingest/json_walk.hpp"
#include "ingest/row_splitter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace harrier::ingest {

namespace {

bool is_nothing(std::string_view raw) noexcept {
  return raw.empty() || raw == "null" || raw == "\"\"";
}

// `json`, whose buffer then has the padding that conversions read over.
std::string_view with_padding(std::string& json) {
  json.reserve(json.size() + kJsonPadding);
  return json;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  with_padding(out);
  return out;
}

struct Segment {
  std::string name;
  std::string lookup;  // between the brackets
  bool has_lookup = false;
};

// Splits `a.b[Name=x.y].c` at the dots outside brackets. False when brackets do not match.
bool split_path(std::string_view path, std::vector<Segment>& out) {
  while (!path.empty()) {
    const std::size_t stop = path.find_first_of(".[");
    Segment segment;
    segment.name = path.substr(0, stop);
    path.remove_prefix(std::min(stop, path.size()));
    if (segment.name.empty()) return false;
    if (!path.empty() && path.front() == '[') {
      const std::size_t close = path.find(']');
      if (close == std::string_view::npos || close == 1) return false;
      segment.lookup = path.substr(1, close - 1);
      segment.has_lookup = true;
      path.remove_prefix(close + 1);
      if (!path.empty() && path.front() != '.') return false;
    }
    out.push_back(std::move(segment));
    if (path.empty()) return true;
    path.remove_prefix(1);
    if (path.empty()) return false;
  }
  return !out.empty();
}

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

MapRule parse_map_rule(std::string column, std::string_view text) {
  MapRule rule;
  rule.column = std::move(column);
  text = trim(text);
  if (text.starts_with('{') && text.ends_with('}')) {
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
      const std::string_view member = text.substr(0, text.find(','));
      const std::size_t colon = std::min(member.find(':'), member.size());
      rule.members.emplace_back(trim(member.substr(0, colon)));
      rule.paths.emplace_back(trim(member.substr(std::min(colon + 1, member.size()))));
      text.remove_prefix(std::min(member.size() + 1, text.size()));
    }
    return rule;
  }
  while (!text.empty()) {
    const std::string_view part = trim(text.substr(0, text.find('|')));
    if (part.starts_with('=')) {
      rule.constant = trim(text).substr(1);
      return rule;
    }
    if (!part.empty()) rule.paths.emplace_back(part);
    text.remove_prefix(std::min(
        text.size(), text.find('|') == std::string_view::npos ? text.size() : text.find('|') + 1));
  }
  return rule;
}

Result<std::shared_ptr<const RecordMap>> RecordMap::make(std::vector<MapRule> rules) {
  auto map = std::make_shared<RecordMap>();
  std::set<std::string, std::less<>> columns;
  for (MapRule& from : rules) {
    if (!columns.insert(from.column).second)
      return Error(Errc::config, fmt::format("column {} has two rules", from.column));
    Rule rule;
    rule.column = std::move(from.column);
    rule.first = map->alternatives_.size();
    for (std::string& path : from.paths) {
      map->alternatives_.push_back({map->rules_.size(), path, path.find("[*]") != std::string::npos,
                                    path.find('[') != std::string::npos});
      if (auto added = map->add_path(path, map->alternatives_.size() - 1); !added)
        return with_context(added.error(), fmt::format("column {}", rule.column));
    }
    rule.last = map->alternatives_.size();
    for (const std::string& name : from.members) rule.members.push_back(json_string(name));
    if (!from.constant.empty()) rule.constant = json_string(from.constant);
    for (auto& [code, name] : from.names)
      rule.names.emplace_back(std::move(code), json_string(name));
    std::sort(rule.names.begin(), rule.names.end());
    map->rules_.push_back(std::move(rule));
  }
  return std::shared_ptr<const RecordMap>(std::move(map));
}

Result<> RecordMap::add_path(const std::string& path, std::size_t alternative) {
  if (path == "$") {
    whole_.push_back(alternative);
    return {};
  }
  std::vector<Segment> segments;
  if (!split_path(path, segments))
    return Error(Errc::config, fmt::format("\"{}\" is no path to a property", path));
  const auto child_of = [](Node& parent, const std::string& name) -> Node& {
    for (Node& child : parent.children) {
      if (equals_ignore_case(child.name, name)) return child;
    }
    parent.children.emplace_back().name = name;
    return parent.children.back();
  };
  Node* node = &root_;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    node = &child_of(*node, segment.name);
    if (!segment.has_lookup) continue;
    Node& element = node->lookups.emplace_back();
    if (segment.lookup == "*") {
      element.lookup_all = true;
    } else if (is_number(segment.lookup)) {
      std::from_chars(segment.lookup.data(), segment.lookup.data() + segment.lookup.size(),
                      element.lookup_index);
    } else {
      const auto equals = segment.lookup.find('=');
      if (equals == std::string::npos || equals == 0)
        return Error(Errc::config,
                     fmt::format("\"[{}]\" is neither an index nor Name=Value", segment.lookup));
      element.lookup_key = segment.lookup.substr(0, equals);
      element.lookup_value = segment.lookup.substr(equals + 1);
    }
    node = &element;
    if (!element.lookup_key.empty() && i + 1 == segments.size()) node = &child_of(*node, "Value");
  }
  node->takes.push_back(alternative);
  return {};
}

RecordMapping::RecordMapping(std::shared_ptr<const RecordMap> map, const model::RowLayout& layout)
    : map_(std::move(map)),
      fields_(layout),
      has_rule_(layout.columns.size()),
      found_(map_->alternatives_.size()),
      chosen_(map_->rules_.size()),
      built_(map_->rules_.size()),
      lists_(map_->alternatives_.size()) {
  for (const auto& rule : map_->rules_) {
    const int column = layout.index_of(rule.column);
    rule_columns_.push_back(column);
    if (column >= 0) has_rule_[static_cast<std::size_t>(column)] = true;
  }
}

bool RecordMapping::read(std::string_view record, const PutColumn& column, const PutOther& other) {
  std::fill(found_.begin(), found_.end(), std::string_view());
  for (std::string& list : lists_) list.clear();
  fields_.rewind();
  JsonObjectReader members(record);
  while (members.next(fields_.expected())) {
    const std::string_view key = members.key();
    const std::string_view raw = members.value();
    RecordFields::Field& field = fields_.match(members);
    if (field.column == RecordFields::kDrop) continue;
    if (!field.child_known) {
      field.child_known = true;
      field.child = child_of(map_->root_, key);
    }
    if (field.child != nullptr) {
      rest_.clear();
      if (!visit(*field.child, key, raw, rest_)) return false;
      // `rest_` is one member: its quoted key and its value.
      if (!rest_.empty() && map_->whole_.empty()) {
        const std::size_t colon = key.size() + 2;
        if (!other(std::string_view(rest_).substr(0, colon),
                   std::string_view(rest_).substr(colon + 1)))
          return false;
      }
    } else if (field.column >= 0 && !has_rule_[static_cast<std::size_t>(field.column)]) {
      if (!column(field.column, key, raw)) return false;
    } else if (map_->whole_.empty()) {
      if (!other({key.data() - 1, key.size() + 2}, raw)) return false;
    }
  }
  if (!members.ok()) return false;
  for (const std::size_t alternative : map_->whole_) found_[alternative] = record;
  for (std::size_t i = 0; i < map_->rules_.size(); ++i) choose(i);
  for (std::size_t i = 0; i < map_->rules_.size(); ++i) {
    if (!put_rule(i, column, other)) return false;
  }
  return true;
}

const RecordMapping::Node* RecordMapping::child_of(const Node& node, std::string_view key) {
  for (const Node& child : node.children) {
    if (child.name == key) return &child;
  }
  for (const Node& child : node.children) {
    if (equals_ignore_case(child.name, key)) return &child;
  }
  return nullptr;
}

// Finds the values below `node`; what no rule takes of it is appended to `rest` as a member
// `"key":value`.
bool RecordMapping::visit(const Node& node, std::string_view key, std::string_view raw,
                          std::string& rest) {
  std::string_view earlier;  // of a property that is sent twice
  for (const std::size_t alternative : node.takes) {
    if (map_->alternatives_[alternative].collects) {
      if (is_nothing(raw)) continue;
      lists_[alternative] += lists_[alternative].empty() ? '[' : ',';
      lists_[alternative] += raw;
      continue;
    }
    if (!is_nothing(found_[alternative]) && found_[alternative] != raw)
      earlier = found_[alternative];
    found_[alternative] = raw;
  }
  if (!node.lookups.empty() && raw.front() == '[' && !walk_array(node, raw)) return false;
  const std::size_t before = rest.size();
  rest += '"';
  rest += key;
  rest += "\":";
  if (raw.front() == '{' && !node.children.empty()) {
    const std::size_t empty = rest.size();
    if (!walk_object(node, raw, rest)) return false;
    if (rest.size() == empty || !node.takes.empty()) rest.resize(before);
  } else if (!earlier.empty()) {
    rest += earlier;
  } else if (!node.takes.empty() || is_nothing(raw)) {
    rest.resize(before);
  } else {
    rest += raw;
  }
  return true;
}

// Appends `{...}` with the members that no rule takes, or nothing where all are taken.
bool RecordMapping::walk_object(const Node& node, std::string_view raw, std::string& rest) {
  const std::size_t before = rest.size();
  JsonObjectReader members(raw);
  while (members.next()) {
    if (is_odata_annotation(members.key())) continue;
    const std::size_t mark = rest.size();
    rest += mark == before ? '{' : ',';
    const std::size_t begin = rest.size();
    if (const Node* child = child_of(node, members.key()); child != nullptr) {
      if (!visit(*child, members.key(), members.value(), rest)) return false;
    } else if (!is_nothing(members.value())) {
      rest += '"';
      rest += members.key();
      rest += "\":";
      rest += members.value();
    }
    if (rest.size() == begin) rest.resize(mark);
  }
  if (rest.size() != before) rest += '}';
  return members.ok();
}

bool RecordMapping::walk_array(const Node& node, std::string_view raw) {
  JsonArrayReader elements(raw);
  for (std::size_t index = 0; elements.next(); ++index) {
    for (const Node& lookup : node.lookups) {
      if (!lookup.lookup_all && (lookup.lookup_key.empty() ? lookup.lookup_index != index
                                                           : !has_member(elements.value(), lookup)))
        continue;
      std::string ignored;
      if (!visit(lookup, {}, elements.value(), ignored)) return false;
    }
  }
  return elements.ok();
}

bool RecordMapping::has_member(std::string_view element, const Node& lookup) {
  JsonObjectReader members(element);
  while (members.next()) {
    if (!equals_ignore_case(members.key(), lookup.lookup_key) || members.value().front() != '"')
      continue;
    const std::string_view value = members.value();
    return unescaped(value.substr(1, value.size() - 2)) == lookup.lookup_value;
  }
  return false;
}

// Finds the value of one rule: of the first alternative that has one, or an object of all.
void RecordMapping::choose(std::size_t index) {
  const RecordMap::Rule& rule = map_->rules_[index];
  for (std::size_t i = rule.first; i < rule.last; ++i) {
    if (lists_[i].empty()) continue;
    lists_[i] += ']';
    found_[i] = with_padding(lists_[i]);
  }
  std::string_view& value = chosen_[index];
  value = {};
  if (rule.members.empty()) {
    for (std::size_t i = rule.first; i < rule.last; ++i) {
      const std::string_view candidate = found_[i];
      if (is_nothing(value) && !(candidate.empty() || (candidate == "null" && !value.empty())))
        value = candidate;
    }
    return;
  }
  std::string& object = built_[index];
  object.clear();
  for (std::size_t i = rule.first; i < rule.last; ++i) {
    if (is_nothing(found_[i])) continue;
    object += object.empty() ? '{' : ',';
    object += rule.members[i - rule.first];
    object += ':';
    object += found_[i];
  }
  if (object.empty()) return;
  object += '}';
  value = with_padding(object);
}

// Whether a column of some rule has what an alternative found.
bool RecordMapping::is_stored(std::string_view found) const {
  for (std::size_t rule = 0; rule < chosen_.size(); ++rule) {
    if (rule_columns_[rule] < 0) continue;
    if (chosen_[rule].data() == found.data()) return true;
    if (map_->rules_[rule].members.empty()) continue;
    for (std::size_t i = map_->rules_[rule].first; i < map_->rules_[rule].last; ++i) {
      if (found_[i].data() == found.data()) return true;
    }
  }
  return false;
}

// Hands on the value of one rule; the values of later alternatives, where they differ and no other
// column has them, stay in `_Other` by their path.
bool RecordMapping::put_rule(std::size_t index, const PutColumn& column, const PutOther& other) {
  const RecordMap::Rule& rule = map_->rules_[index];
  std::string_view value = chosen_[index];
  for (std::size_t i = rule.first; i < rule.last && map_->whole_.empty(); ++i) {
    if (is_nothing(found_[i]) || map_->alternatives_[i].looked_up ||
        (found_[i] == value && rule_columns_[index] >= 0) || is_stored(found_[i]))
      continue;
    code_.clear();
    append_json_string(code_, map_->alternatives_[i].path);
    if (!other(code_, found_[i])) return false;
  }
  if (is_nothing(value) && !rule.constant.empty()) value = rule.constant;
  if (value.empty() || rule_columns_[index] < 0) return true;
  if (!rule.names.empty() && value.front() != '{' && value.front() != '[') {
    code_ =
        value.front() == '"' ? unescaped(value.substr(1, value.size() - 2)) : std::string(value);
    const auto named = std::lower_bound(
        rule.names.begin(), rule.names.end(), code_,
        [](const auto& entry, const std::string& code) { return entry.first < code; });
    if (named != rule.names.end() && named->first == code_) value = named->second;
  }
  return column(rule_columns_[index], rule.column, value);
}

}  // namespace harrier::ingest
