#include "query/match.hpp"

#include "query/unicode.hpp"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace harrier::query {

namespace {

bool is_letter(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

bool same(const char* text, std::string_view needle, bool fold) noexcept {
  if (!fold) return std::memcmp(text, needle.data(), needle.size()) == 0;
  for (std::size_t k = 0; k < needle.size(); ++k) {
    if (lower_ascii(text[k]) != needle[k]) return false;
  }
  return true;
}

#if defined(__SSE2__)
/// Compares 16 bytes with one character, in either case when `bit` is 0x20.
struct Probe {
  __m128i wanted;
  __m128i bit;

  Probe(char c, bool fold)
      : wanted(_mm_set1_epi8(c)), bit(_mm_set1_epi8(fold && is_letter(c) ? 0x20 : 0)) {}

  [[nodiscard]] __m128i at(const char* text) const noexcept {
    __m128i block;
    std::memcpy(&block, text, sizeof block);
    return _mm_cmpeq_epi8(_mm_or_si128(block, bit), wanted);
  }
};
#endif

std::size_t find_slow(std::string_view text, std::string_view needle, std::size_t from,
                      bool fold) noexcept {
  for (std::size_t at = from; at + needle.size() <= text.size(); ++at) {
    if (same(text.data() + at, needle, fold)) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t find_ascii(std::string_view text, std::string_view needle, std::size_t from,
                       bool fold) noexcept {
  if (needle.empty()) return from <= text.size() ? from : std::string_view::npos;
  std::size_t at = from;
#if defined(__SSE2__)
  const std::size_t span = needle.size() - 1;
  const Probe first(needle.front(), fold);
  const Probe last(needle.back(), fold);
  while (at + span + 16 <= text.size()) {
    auto hits = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_and_si128(first.at(text.data() + at), last.at(text.data() + at + span))));
    while (hits != 0) {
      const auto k = static_cast<std::size_t>(std::countr_zero(hits));
      if (same(text.data() + at + k, needle, fold)) return at + k;
      hits &= hits - 1;
    }
    at += 16;
  }
#endif
  return find_slow(text, needle, at, fold);
}

Needle::Needle(MatchKind kind, bool case_sensitive, std::string_view needle)
    : kind_(kind),
      case_sensitive_(case_sensitive),
      ascii_(is_ascii(needle)),
      needle_(case_sensitive ? std::string(needle) : lower_text(needle)) {
  if (needle_.empty()) return;
  std::size_t begin = 0;
  const bool first = is_word(next_code(needle_, begin));
  const bool last = is_word(code_before(needle_, needle_.size()));
  left_ = first && (kind == MatchKind::has || kind == MatchKind::hasprefix);
  right_ = last && (kind == MatchKind::has || kind == MatchKind::hassuffix);
}

bool Needle::bounded(std::string_view text, std::size_t at) const {
  if (left_ && at > 0) {
    const auto before = static_cast<unsigned char>(text[at - 1]);
    if (before < 0x80 ? is_ascii_word(before) : is_word(code_before(text, at))) return false;
  }
  std::size_t end = at + needle_.size();
  if (right_ && end < text.size()) {
    const auto after = static_cast<unsigned char>(text[end]);
    if (after < 0x80 ? is_ascii_word(after) : is_word(next_code(text, end))) return false;
  }
  return true;
}

bool Needle::search(std::string_view text) const {
  const bool fold = !case_sensitive_;
  std::size_t at = find_ascii(text, needle_, 0, fold);
  while (at != std::string_view::npos) {
    if (bounded(text, at)) return true;
    at = find_ascii(text, needle_, at + 1, fold);
  }
  return false;
}

bool Needle::in(std::string_view text) const {
  if (!ascii_ && !case_sensitive_) return !is_ascii(text) && in_folded(lower_text(text));
  if (kind_ == MatchKind::equals ? text.size() != needle_.size() : text.size() < needle_.size()) {
    return false;
  }
  switch (kind_) {
    case MatchKind::startswith:
    case MatchKind::equals:
      return same(text.data(), needle_, !case_sensitive_);
    case MatchKind::endswith:
      return same(text.data() + (text.size() - needle_.size()), needle_, !case_sensitive_);
    case MatchKind::has:
    case MatchKind::hasprefix:
    case MatchKind::hassuffix:
    case MatchKind::contains:
      break;
  }
  return needle_.empty() || search(text);
}

bool Needle::in_folded(std::string_view text) const {
  switch (kind_) {
    case MatchKind::startswith:
      return text.substr(0, needle_.size()) == needle_;
    case MatchKind::equals:
      return text == needle_;
    case MatchKind::endswith:
      return text.size() >= needle_.size() && text.substr(text.size() - needle_.size()) == needle_;
    case MatchKind::has:
    case MatchKind::hasprefix:
    case MatchKind::hassuffix:
    case MatchKind::contains:
      break;
  }
  for (std::size_t at = text.find(needle_); at != std::string_view::npos;
       at = text.find(needle_, at + 1)) {
    if (bounded(text, at)) return true;
  }
  return false;
}

}  // namespace harrier::query
