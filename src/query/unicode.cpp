#include "query/unicode.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace harrier::query {

namespace {

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

struct CaseRun {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t delta;
};

#include "query/unicode/tables.inc"

template <std::size_t N>
char32_t mapped(const CaseRun (&runs)[N], char32_t code) noexcept {
  const auto* run = std::upper_bound(std::begin(runs), std::end(runs), code,
                                     [](char32_t c, const CaseRun& r) { return c < r.first; });
  if (run == std::begin(runs)) return code;
  --run;
  if (code > run->last || (code - run->first) % run->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int64_t>(code) + run->delta);
}

constexpr bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

template <class Map>
std::string map_text(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_code(out, map(next_code(text, at)));
  return out;
}

}  // namespace

char32_t next_code(std::string_view text, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at]);
  std::size_t length = 1;
  char32_t code = lead;
  if (lead >= 0xF0 && lead < 0xF8) {
    length = 4;
    code = lead & 0x07U;
  } else if (lead >= 0xE0) {
    length = 3;
    code = lead & 0x0FU;
  } else if (lead >= 0xC0) {
    length = 2;
    code = lead & 0x1FU;
  }
  if (length == 1 || at + length > text.size()) return static_cast<unsigned char>(text[at++]);
  for (std::size_t k = 1; k < length; ++k) {
    if (!is_continuation(text[at + k])) return static_cast<unsigned char>(text[at++]);
    code = (code << 6U) | (static_cast<unsigned char>(text[at + k]) & 0x3FU);
  }
  at += length;
  return code;
}

char32_t code_before(std::string_view text, std::size_t at) noexcept {
  std::size_t start = at - 1;
  while (start > 0 && at - start < 4 && is_continuation(text[start])) --start;
  return next_code(text, start);
}

void append_code(std::string& out, char32_t code) {
  const auto byte = [&](char32_t c) { out.push_back(static_cast<char>(c)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | (code >> 6U));
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | (code >> 12U));
    byte(0x80U | ((code >> 6U) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | (code >> 18U));
    byte(0x80U | ((code >> 12U) & 0x3FU));
    byte(0x80U | ((code >> 6U) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

std::size_t code_count(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

bool is_ascii(std::string_view text) noexcept {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080ULL) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0x80U) != 0) return false;
  }
  return true;
}

bool is_word(char32_t code) noexcept {
  if (code < 0x80) return is_ascii_word(static_cast<unsigned char>(code));
  const auto* range = std::upper_bound(std::begin(kWordRanges), std::end(kWordRanges), code,
                                       [](char32_t c, const CodeRange& r) { return c < r.first; });
  return range != std::begin(kWordRanges) && code <= std::prev(range)->last;
}

char32_t lower_code(char32_t code) noexcept {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  return mapped(kLower, code);
}

char32_t upper_code(char32_t code) noexcept {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 32 : code;
  return mapped(kUpper, code);
}

std::string lower_text(std::string_view text) {
  if (is_ascii(text)) {
    std::string out(text);
    for (char& c : out) c = lower_ascii(c);
    return out;
  }
  return map_text(text, lower_code);
}

std::string upper_text(std::string_view text) {
  return map_text(text, upper_code);
}

bool equals_fold(std::string_view a, std::string_view b) {
  if (is_ascii(a) && is_ascii(b)) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
             return lower_ascii(x) == lower_ascii(y);
           });
  }
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < a.size() && k < b.size()) {
    const char32_t x = next_code(a, i);
    const char32_t y = next_code(b, k);
    if (x != y && lower_code(x) != lower_code(y)) return false;
  }
  return i == a.size() && k == b.size();
}

}  // namespace harrier::query
