#include "ingest/compact_json.hpp"

#include "ingest/json_walk.hpp"

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <utility>
#include <vector>

namespace harrier::ingest {

namespace {

// Copies sound JSON in one pass.
class Compactor {
 public:
  Compactor(std::string& out, std::string_view raw) noexcept : out_(out), rest_(raw) {}

  void run() {
    value();
    while (depth_ > 0) item();
  }

 private:
  // The next member, element or closing bracket of the innermost container.
  void item() {
    rest_ = skip_json_space(rest_);
    if (rest_.front() == ',') rest_ = skip_json_space(rest_.substr(1));
    if (rest_.front() == '}' || rest_.front() == ']') {
      out_ += rest_.front();
      rest_.remove_prefix(1);
      --depth_;
      return;
    }
    const bool dropped = in_object_[level()] && !key();
    if (dropped) return;
    if (!in_object_[level()]) separate();
    value();
  }

  // Copies a key and its colon; false when the member was an annotation and is stepped over.
  bool key() {
    const std::string_view quoted = take();
    rest_ = skip_json_space(skip_json_space(rest_).substr(1));
    if (is_odata_annotation(quoted)) {
      take();
      return false;
    }
    separate();
    out_ += quoted;
    out_ += ':';
    return true;
  }

  void value() {
    const char c = rest_.front();
    if (c != '{' && c != '[') {
      out_ += take();
      return;
    }
    out_ += c;
    rest_.remove_prefix(1);
    ++depth_;
    in_object_[level()] = c == '{';
    any_[level()] = false;
  }

  void separate() {
    if (any_[level()]) out_ += ',';
    any_[level()] = true;
  }

  std::string_view take() {
    const std::string_view whole = rest_.substr(0, check_json_value(rest_).size);
    rest_.remove_prefix(whole.size());
    return whole;
  }

  [[nodiscard]] std::size_t level() const noexcept { return depth_ - 1; }

  std::string& out_;
  std::string_view rest_;
  std::size_t depth_ = 0;
  std::bitset<kMaxJsonDepth> in_object_;
  std::bitset<kMaxJsonDepth> any_;
};

// True when nothing outside strings is white space and no key can be an annotation: the value is
// compact as it is.
bool is_compact(std::string_view raw) noexcept {
  bool in_string = false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      return false;
    }
  }
  return raw.find("odata.") == std::string_view::npos && raw.find("\\u") == std::string_view::npos;
}

void append_ordered(std::string& out, std::string_view json, int depth) {
  const char opening = depth < kMaxOrderedDepth && !json.empty() ? json.front() : '\0';
  if (opening == '{') {
    std::vector<std::pair<std::string_view, std::string_view>> members;
    for (JsonObjectReader reader(json); reader.next();)
      members.emplace_back(reader.key(), reader.value());
    std::stable_sort(members.begin(), members.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    char separator = '{';
    for (const auto& [key, value] : members) {
      out += separator;
      out.append(key.data() - 1, key.size() + 2);
      out += ':';
      append_ordered(out, value, depth + 1);
      separator = ',';
    }
    out += separator == '{' ? "{}" : "}";
  } else if (opening == '[') {
    char separator = '[';
    for (JsonArrayReader reader(json); reader.next(); separator = ',') {
      out += separator;
      append_ordered(out, reader.value(), depth + 1);
    }
    out += separator == '[' ? "[]" : "]";
  } else {
    out += json;
  }
}

}  // namespace

bool is_odata_annotation(std::string_view key) noexcept {
  if (key.find("@odata.") != std::string_view::npos) return true;
  // An escaped spelling of the same key.
  return key.find("\\u") != std::string_view::npos &&
         unescaped(key).find("@odata.") != std::string::npos;
}

bool append_compact_json(std::string& out, std::string_view raw) {
  raw = skip_json_space(raw);
  const JsonExtent extent = check_json_value(raw);
  if (extent.state != JsonState::complete || !skip_json_space(raw.substr(extent.size)).empty())
    return false;
  raw = raw.substr(0, extent.size);
  if (is_compact(raw)) {
    out += raw;
  } else {
    Compactor(out, raw).run();
  }
  return true;
}

void append_ordered_json(std::string& out, std::string_view compact) {
  append_ordered(out, compact, 0);
}

}  // namespace harrier::ingest
