#include "ingest/json_walk.hpp"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace harrier::ingest {

namespace {

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The first byte in [p, end) that ends plain string text: a quote, a backslash or a control
// character.
const char* plain_end(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const int mask = _mm_movemask_epi8(_mm_or_si128(special, control));
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (p != end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) ++p;
  return p;
}

// One strict pass. After a failure `p` stands where the walk came to; at `end` the text was merely
// cut off.
class Walk {
 public:
  explicit Walk(std::string_view text) noexcept
      : p_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] const char* position() const noexcept { return p_; }

  [[nodiscard]] bool at_end() const noexcept { return p_ == end_; }

  void skip(std::size_t size) noexcept { p_ += size; }

  void skip_space() noexcept {
    while (p_ != end_ && is_space(*p_)) ++p_;
  }

  // Steps over `c`.
  bool take(char c) noexcept {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }

  bool string() noexcept {
    if (!take('"')) return false;
    for (;;) {
      p_ = plain_end(p_, end_);
      if (p_ == end_) return false;
      if (*p_ == '"') {
        ++p_;
        return true;
      }
      if (*p_ != '\\' || !escape()) return false;
    }
  }

  bool value(int depth) noexcept {
    if (p_ == end_) return false;
    switch (*p_) {
      case '"':
        return string();
      case '{':
        return container(depth, '}');
      case '[':
        return container(depth, ']');
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  bool number() noexcept {
    if (p_ != end_ && *p_ == '-') ++p_;
    if (p_ == end_ || !is_digit(*p_)) return false;
    if (*p_ == '0') {
      ++p_;
    } else {
      digits();
    }
    if (p_ != end_ && *p_ == '.') {
      ++p_;
      if (!digits()) return false;
    }
    if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!digits()) return false;
    }
    return true;
  }

 private:
  bool digits() noexcept {
    const char* begin = p_;
    while (p_ != end_ && is_digit(*p_)) ++p_;
    return p_ != begin;
  }

  bool literal(std::string_view word) noexcept {
    for (const char c : word) {
      if (!take(c)) return false;
    }
    return true;
  }

  bool escape() noexcept {
    ++p_;
    if (p_ == end_) return false;
    const char c = *p_;
    if (c == 'u') {
      ++p_;
      for (int i = 0; i < 4; ++i, ++p_) {
        if (p_ == end_ || !is_hex(*p_)) return false;
      }
      return true;
    }
    if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return false;
    ++p_;
    return true;
  }

  bool container(int depth, char close) noexcept {
    if (depth >= kMaxJsonDepth) return false;
    ++p_;
    skip_space();
    if (take(close)) return true;
    for (;;) {
      if (close == '}') {
        if (!string()) return false;
        skip_space();
        if (!take(':')) return false;
        skip_space();
      }
      if (!value(depth + 1)) return false;
      skip_space();
      if (take(close)) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  const char* p_;
  const char* end_;
};

std::string_view cut(std::string_view text, std::size_t from, std::size_t to) {
  return text.substr(from, to - from);
}

// Steps `rest` over the separator in front of the next item. False at `close` (then `ok` tells
// whether the text ends well) and on anything else.
bool step(std::string_view& rest, bool& first, bool& open, bool& ok, char close) noexcept {
  if (!open) return false;
  rest = skip_json_space(rest);
  if (!rest.empty() && rest.front() == close) {
    open = false;
    ok = skip_json_space(rest.substr(1)).empty();
    return false;
  }
  if (!first) {
    if (rest.empty() || rest.front() != ',') {
      open = false;
      return false;
    }
    rest = skip_json_space(rest.substr(1));
  }
  first = false;
  return true;
}

}  // namespace

JsonExtent check_json_value(std::string_view text) noexcept {
  Walk walk(text);
  JsonExtent extent;
  const bool complete = walk.value(0);
  extent.size = static_cast<std::size_t>(walk.position() - text.data());
  if (complete) {
    extent.state = JsonState::complete;
  } else {
    extent.state = walk.at_end() ? JsonState::truncated : JsonState::invalid;
  }
  return extent;
}

bool is_json_number(std::string_view text) noexcept {
  Walk walk(text);
  return walk.number() && walk.at_end();
}

std::string_view skip_json_space(std::string_view text) noexcept {
  std::size_t pos = 0;
  while (pos < text.size() && is_space(text[pos])) ++pos;
  return text.substr(pos);
}

JsonObjectReader::JsonObjectReader(std::string_view object) noexcept {
  object = skip_json_space(object);
  open_ = !object.empty() && object.front() == '{';
  if (open_) rest_ = object.substr(1);
}

bool JsonObjectReader::next(std::string_view expected) noexcept {
  if (!step(rest_, first_, open_, ok_, '}')) return false;
  open_ = false;  // until this member has proved sound
  Walk walk(rest_);
  expected_ = !expected.empty() && rest_.size() > expected.size() && rest_.front() == '"' &&
              std::memcmp(rest_.data() + 1, expected.data(), expected.size()) == 0;
  if (expected_) {
    walk.skip(expected.size() + 1);
  } else if (!walk.string()) {
    return false;
  }
  const auto offset = [&] { return static_cast<std::size_t>(walk.position() - rest_.data()); };
  key_ = cut(rest_, 1, offset() - 1);
  walk.skip_space();
  if (!walk.take(':')) return false;
  walk.skip_space();
  const std::size_t begin = offset();
  if (!walk.value(1)) return false;
  value_ = cut(rest_, begin, offset());
  rest_.remove_prefix(offset());
  open_ = true;
  return true;
}

JsonArrayReader::JsonArrayReader(std::string_view array) noexcept {
  array = skip_json_space(array);
  open_ = !array.empty() && array.front() == '[';
  if (open_) rest_ = array.substr(1);
}

bool JsonArrayReader::next() noexcept {
  if (!step(rest_, first_, open_, ok_, ']')) return false;
  const JsonExtent extent = check_json_value(rest_);
  open_ = extent.state == JsonState::complete;
  if (!open_) return false;
  value_ = rest_.substr(0, extent.size);
  rest_ = rest_.substr(extent.size);
  return true;
}

}  // namespace harrier::ingest
