#include "query/json.hpp"

#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/unicode.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

namespace harrier::query {

namespace {

constexpr int kMaxDepth = 512;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

/// Past the closing quote of the string that opens at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t skip_value(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return at;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' &&
           !is_blank(text[at])) {
      ++at;
    }
    return at;
  }
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return at;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The code unit of `\uXXXX` whose `u` stands at `at`; -1 when it is malformed.
int code_unit(std::string_view text, std::size_t at) noexcept {
  if (at + 4 >= text.size()) return -1;
  int unit = 0;
  for (std::size_t k = 1; k <= 4; ++k) {
    const int digit = hex_digit(text[at + k]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// Appends the character of the escape whose letter stands at `at`; moves `at` to its last
/// character.
bool append_escape(std::string& out, std::string_view text, std::size_t& at) {
  if (at >= text.size()) return false;
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeans = "\"\\/\b\f\n\r\t";
  const std::size_t simple = kLetters.find(text[at]);
  if (simple != std::string_view::npos) {
    out += kMeans[simple];
    return true;
  }
  if (text[at] != 'u') return false;
  int unit = code_unit(text, at);
  if (unit < 0) return false;
  at += 4;
  if (unit >= 0xD800 && unit < 0xDC00 && text.substr(at + 1, 2) == "\\u") {
    const int low = code_unit(text, at + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      at += 6;
      append_code(out, static_cast<char32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
      return true;
    }
  }
  append_code(out,
              unit >= 0xD800 && unit < 0xE000 ? char32_t{0xFFFD} : static_cast<char32_t>(unit));
  return true;
}

bool unescape(std::string& out, std::string_view inner) {
  for (std::size_t at = 0; at < inner.size(); ++at) {
    if (inner[at] != '\\') {
      out += inner[at];
    } else if (!append_escape(out, inner, ++at)) {
      return false;
    }
  }
  return true;
}

std::string_view inner_of(std::string_view json) noexcept {
  return json.size() >= 2 ? json.substr(1, json.size() - 2) : std::string_view();
}

/// Validates and writes compact JSON.
class Compactor {
 public:
  Compactor(std::string& out, std::string_view text) : out_(out), text_(text) {}

  bool run() {
    if (!value(0)) return false;
    at_ = skip_blanks(text_, at_);
    return at_ == text_.size();
  }

 private:
  bool value(int depth) {
    at_ = skip_blanks(text_, at_);
    if (at_ >= text_.size() || depth > kMaxDepth) return false;
    switch (text_[at_]) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    out_ += expected;
    return true;
  }

  bool string() {
    const std::size_t begin = at_ + 1;
    std::size_t at = begin;
    bool escaped = false;
    for (; at < text_.size() && text_[at] != '"'; ++at) {
      if (text_[at] == '\\') {
        escaped = true;
        ++at;
      }
    }
    if (at >= text_.size()) return false;
    at_ = at + 1;
    const std::string_view inner = text_.substr(begin, at - begin);
    if (!escaped && std::none_of(inner.begin(), inner.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
      out_ += '"';
      out_ += inner;
      out_ += '"';
      return true;
    }
    std::string decoded;
    if (!unescape(decoded, inner)) return false;
    append_json_string(out_, decoded);
    return true;
  }

  bool number() {
    const std::size_t end = skip_value(text_, at_);
    const std::string_view digits = text_.substr(at_, end - at_);
    if (digits.empty()) return false;
    const std::size_t first = digits[0] == '-' ? 1 : 0;
    if (first >= digits.size() || digits[first] < '0' || digits[first] > '9') return false;
    at_ = end;
    if (digits.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t value = 0;
      const auto [p, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error == std::errc() && p == digits.data() + digits.size()) {
        out_ += digits;
        return true;
      }
    }
    double value = 0;
    const auto [p, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (p != digits.data() + digits.size()) return false;
    append_real(out_, value);
    return true;
  }

  bool array(int depth) {
    out_ += text_[at_++];
    at_ = skip_blanks(text_, at_);
    if (at_ < text_.size() && text_[at_] == ']') return close(']');
    while (true) {
      if (!value(depth + 1)) return false;
      at_ = skip_blanks(text_, at_);
      if (at_ >= text_.size()) return false;
      if (text_[at_] == ']') return close(']');
      if (text_[at_] != ',') return false;
      out_ += text_[at_++];
    }
  }

  bool object(int depth) {
    out_ += text_[at_++];
    at_ = skip_blanks(text_, at_);
    if (at_ < text_.size() && text_[at_] == '}') return close('}');
    while (true) {
      at_ = skip_blanks(text_, at_);
      if (at_ >= text_.size() || text_[at_] != '"' || !string()) return false;
      at_ = skip_blanks(text_, at_);
      if (at_ >= text_.size() || text_[at_] != ':') return false;
      out_ += text_[at_++];
      if (!value(depth + 1)) return false;
      at_ = skip_blanks(text_, at_);
      if (at_ >= text_.size()) return false;
      if (text_[at_] == '}') return close('}');
      if (text_[at_] != ',') return false;
      out_ += text_[at_++];
    }
  }

  bool close(char c) {
    out_ += c;
    ++at_;
    return true;
  }

  std::string& out_;
  std::string_view text_;
  std::size_t at_ = 0;
};

double number_of(std::string_view json) noexcept {
  double value = 0;
  std::from_chars(json.data(), json.data() + json.size(), value);
  return value;
}

int rank_of(JsonKind kind) noexcept {
  switch (kind) {
    case JsonKind::null:
      return 0;
    case JsonKind::integer:
    case JsonKind::real:
      return 1;
    case JsonKind::boolean:
      return 2;
    case JsonKind::string:
      return 3;
    case JsonKind::array:
      return 4;
    case JsonKind::object:
      break;
  }
  return 5;
}

}  // namespace

JsonKind json_kind(std::string_view json) noexcept {
  if (json.empty()) return JsonKind::null;
  switch (json[0]) {
    case 'n':
      return JsonKind::null;
    case 't':
    case 'f':
      return JsonKind::boolean;
    case '"':
      return JsonKind::string;
    case '[':
      return JsonKind::array;
    case '{':
      return JsonKind::object;
    default:
      break;
  }
  return json.find_first_of(".eE") == std::string_view::npos ? JsonKind::integer : JsonKind::real;
}

JsonCursor::JsonCursor(std::string_view json) noexcept : text_(json) {
  if (json.empty() || (json[0] != '[' && json[0] != '{')) {
    at_ = text_.size();
    return;
  }
  object_ = json[0] == '{';
  at_ = 1;
}

bool JsonCursor::next() noexcept {
  at_ = skip_blanks(text_, at_);
  if (at_ < text_.size() && text_[at_] == ',') at_ = skip_blanks(text_, at_ + 1);
  if (at_ >= text_.size() || text_[at_] == ']' || text_[at_] == '}') return false;
  if (object_) {
    const std::size_t end = skip_string(text_, at_);
    key_ = inner_of(text_.substr(at_, end - at_));
    at_ = skip_blanks(text_, end);
    at_ = skip_blanks(text_, at_ + 1);
  }
  const std::size_t end = skip_value(text_, at_);
  if (end == at_) return false;
  value_ = text_.substr(at_, end - at_);
  at_ = end;
  return true;
}

std::string JsonCursor::key() const {
  std::string out;
  unescape(out, key_);
  return out;
}

std::string_view json_member(std::string_view json, std::string_view key) {
  if (json.empty() || json[0] != '{') return {};
  JsonCursor cursor(json);
  while (cursor.next()) {
    const std::string_view raw = cursor.raw_key();
    if (raw == key) return cursor.value();
    if (raw.find('\\') != std::string_view::npos && cursor.key() == key) return cursor.value();
  }
  return {};
}

std::string_view json_element(std::string_view json, std::int64_t index) noexcept {
  if (json.empty() || json[0] != '[') return {};
  if (index < 0) index += static_cast<std::int64_t>(json_length(json));
  if (index < 0) return {};
  JsonCursor cursor(json);
  for (std::int64_t k = 0; cursor.next(); ++k) {
    if (k == index) return cursor.value();
  }
  return {};
}

std::size_t json_length(std::string_view json) noexcept {
  std::size_t n = 0;
  JsonCursor cursor(json);
  while (cursor.next()) ++n;
  return n;
}

std::vector<std::string_view> json_elements(std::string_view json) {
  std::vector<std::string_view> out;
  if (json.empty() || json[0] != '[') return out;
  JsonCursor cursor(json);
  while (cursor.next()) out.push_back(cursor.value());
  return out;
}

std::string json_unquote(std::string_view json) {
  std::string out;
  unescape(out, inner_of(json));
  return out;
}

std::string_view json_unquote(std::string_view json, StringHeap& heap) {
  const std::string_view inner = inner_of(json);
  if (inner.find('\\') == std::string_view::npos) return inner;
  return heap.add(json_unquote(json));
}

bool append_compact_json(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  if (Compactor(out, text).run()) return true;
  out.resize(before);
  return false;
}

void append_json(std::string& out, const Value& value) {
  if (value.null && value.type != ScalarType::string) {
    out += "null";
    return;
  }
  switch (value.type) {
    case ScalarType::boolean:
      out += value.i != 0 ? "true" : "false";
      break;
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::real:
    case ScalarType::decimal:
      if (value.type == ScalarType::real && !std::isfinite(value.r)) {
        out += std::isnan(value.r) ? "\"NaN\"" : (value.r > 0 ? "\"Infinity\"" : "\"-Infinity\"");
      } else {
        append_text(out, value);
      }
      break;
    case ScalarType::dynamic:
      out += value.s;
      break;
    case ScalarType::string:
    case ScalarType::guid:
    case ScalarType::datetime:
    case ScalarType::timespan:
      append_json_string(out, text_of(value));
      break;
  }
}

std::string json_key(std::string_view json) {
  std::string out;
  switch (json_kind(json)) {
    case JsonKind::integer:
    case JsonKind::real:
      append_real(out, number_of(json));
      break;
    case JsonKind::string:
      append_json_string(out, json_unquote(json));
      break;
    case JsonKind::array: {
      out += '[';
      JsonCursor cursor(json);
      while (cursor.next()) out += json_key(cursor.value()) + ',';
      out += ']';
      break;
    }
    case JsonKind::object: {
      std::map<std::string, std::string> members;
      JsonCursor cursor(json);
      while (cursor.next()) members[cursor.key()] = json_key(cursor.value());
      out += '{';
      for (const auto& [key, value] : members) {
        append_json_string(out, key);
        out += ':' + value + ',';
      }
      out += '}';
      break;
    }
    case JsonKind::null:
    case JsonKind::boolean:
      out += json;
      break;
  }
  return out;
}

bool json_equal(std::string_view a, std::string_view b) {
  return a == b || json_key(a) == json_key(b);
}

int json_compare(std::string_view a, std::string_view b) {
  const JsonKind ka = json_kind(a);
  const JsonKind kb = json_kind(b);
  if (rank_of(ka) != rank_of(kb)) return rank_of(ka) < rank_of(kb) ? -1 : 1;
  if (ka == JsonKind::string) {
    const int order = json_unquote(a).compare(json_unquote(b));
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
  }
  if (rank_of(ka) == 1) {
    const double x = number_of(a);
    const double y = number_of(b);
    return x < y ? -1 : (x > y ? 1 : 0);
  }
  const int order = a.compare(b);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

Value json_scalar(std::string_view json, StringHeap& heap) {
  switch (json_kind(json)) {
    case JsonKind::null:
      return Value::of_null(ScalarType::dynamic);
    case JsonKind::boolean:
      return Value::of_bool(json == "true");
    case JsonKind::integer: {
      std::int64_t value = 0;
      const auto [p, error] = std::from_chars(json.data(), json.data() + json.size(), value);
      if (error == std::errc()) return Value::of_long(value);
      return Value::of_real(number_of(json));
    }
    case JsonKind::real:
      return Value::of_real(number_of(json));
    case JsonKind::string:
      return Value::of_string(json_unquote(json, heap));
    case JsonKind::array:
    case JsonKind::object:
      break;
  }
  return Value::of_text(ScalarType::dynamic, json);
}

Value dynamic_value(std::string_view json) noexcept {
  if (json.empty() || json == "null") return Value::of_null(ScalarType::dynamic);
  return Value::of_text(ScalarType::dynamic, json);
}

}  // namespace harrier::query
