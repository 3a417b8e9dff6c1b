// The text that a JSON string stands for.
#include "base/text.hpp"
#include "ingest/json_walk.hpp"

#include <algorithm>

namespace harrier::ingest {

namespace {

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Code point of four hexadecimal digits at `pos`, or -1.
int code_unit(std::string_view raw, std::size_t pos) noexcept {
  if (raw.size() < pos + 4) return -1;
  int unit = 0;
  for (std::size_t i = pos; i < pos + 4; ++i) {
    const int digit = hex_value(raw[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

char* put_code_point(char* out, int point) noexcept {
  const auto put = [&](int byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  return out;
}

// Decodes the escape at raw[pos] (behind the backslash) into `out` and returns how many bytes it
// had; 0 for an unknown one.
std::size_t put_escape(char*& out, std::string_view raw, std::size_t pos) noexcept {
  constexpr int kReplacement = 0xFFFD;
  const char c = raw[pos];
  switch (c) {
    case 'b':
      *out++ = '\b';
      return 1;
    case 'f':
      *out++ = '\f';
      return 1;
    case 'n':
      *out++ = '\n';
      return 1;
    case 'r':
      *out++ = '\r';
      return 1;
    case 't':
      *out++ = '\t';
      return 1;
    case '"':
    case '\\':
    case '/':
      *out++ = c;
      return 1;
    default:
      break;
  }
  const int unit = c == 'u' ? code_unit(raw, pos + 1) : -1;
  if (unit < 0) return 0;
  if (unit < 0xD800 || unit > 0xDFFF) {
    out = put_code_point(out, unit);
    return 5;
  }
  const bool pair =
      unit < 0xDC00 && raw.size() > pos + 6 && raw[pos + 5] == '\\' && raw[pos + 6] == 'u';
  const int low = pair ? code_unit(raw, pos + 7) : -1;
  if (low < 0xDC00 || low > 0xDFFF) {
    out = put_code_point(out, kReplacement);
    return 5;
  }
  out = put_code_point(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
  return 11;
}

}  // namespace

char* unescape_to(char* out, std::string_view raw) noexcept {
  constexpr std::size_t kShortRun = 16;
  std::size_t pos = 0;
  for (;;) {
    const std::size_t near = std::min(pos + kShortRun, raw.size());
    while (pos != near && raw[pos] != '\\') *out++ = raw[pos++];
    if (pos == near && pos != raw.size()) {
      const std::size_t next = std::min(raw.find('\\', pos), raw.size());
      out += raw.copy(out, next - pos, pos);
      pos = next;
    }
    if (pos == raw.size()) return out;
    if (++pos == raw.size()) return nullptr;
    const std::size_t length = put_escape(out, raw, pos);
    if (length == 0) return nullptr;
    pos += length;
  }
}

bool append_unescaped(std::string& out, std::string_view raw) {
  const std::size_t before = out.size();
  out.resize(before + raw.size());
  char* const begin = out.data() + before;
  char* const end = unescape_to(begin, raw);
  out.resize(before + (end == nullptr ? 0 : static_cast<std::size_t>(end - begin)));
  if (end == nullptr) return false;
  if (const auto text = std::string_view(out).substr(before); !is_valid_utf8(text)) {
    const std::string clean = to_valid_utf8(text);
    out.resize(before);
    out += clean;
  }
  return true;
}

std::string unescaped(std::string_view raw) {
  std::string out;
  if (!append_unescaped(out, raw)) out = raw;
  return out;
}

}  // namespace harrier::ingest
