#include "ingest/conversions.hpp"

#include "base/text.hpp"
#include "ingest/compact_json.hpp"
#include "ingest/json_walk.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace harrier::ingest {

namespace {

using model::Cell;
using model::ScalarType;

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Copies `size` bytes, a little more where that is faster, up to the first backslash; returns how
// many bytes stand in front of it. Both sides have `RowText::kSlack` spare bytes.
std::size_t copy_plain(char* out, const char* in, std::size_t size) noexcept {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  for (std::size_t i = 0; i < size; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash));
    if (mask != 0)
      return std::min(size,
                      i + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask))));
  }
  return size;
#else
  const auto* found = static_cast<const char*>(std::memchr(in, '\\', size));
  const std::size_t plain = found == nullptr ? size : static_cast<std::size_t>(found - in);
  std::memcpy(out, in, plain);
  return plain;
#endif
}

bool is_scalar_token(std::string_view raw) noexcept {
  return raw == "true" || raw == "false" || is_json_number(raw);
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  if (const auto [stop, code] = std::from_chars(text.data(), end, value);
      code == std::errc() && stop == end)
    return value;
  // 5.0 and 1e3 are integers too, as far as a double holds them exactly.
  constexpr double kExact = 9007199254740992.0;
  double real = 0;
  const auto [stop, code] = std::from_chars(text.data(), end, real);
  if (code != std::errc() || stop != end || std::abs(real) >= kExact || std::trunc(real) != real)
    return std::nullopt;
  if (text.find_first_of(".eE") == std::string_view::npos) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

std::optional<double> parse_real(std::string_view text) noexcept {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<bool> parse_bool(std::string_view text) noexcept {
  if (text == "1" || equals_ignore_case(text, "true")) return true;
  if (text == "0" || equals_ignore_case(text, "false")) return false;
  return std::nullopt;
}

// Writes the lower-case form with hyphens; false when `text` is no GUID (braces and missing hyphens
// are allowed).
bool write_guid(std::string_view text, char* out) noexcept {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  const bool hyphens = text.size() == 36;
  if (!hyphens && text.size() != 32) return false;
  for (std::size_t i = 0, at = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (hyphens && text[at++] != '-') return false;
      out[i] = '-';
      continue;
    }
    const char c = text[at++];
    const char low = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    if (!is_digit(low) && (low < 'a' || low > 'f')) return false;
    out[i] = low;
  }
  return true;
}

int two_digits(const char* p) noexcept {
  return (p[0] - '0') * 10 + (p[1] - '0');
}

// The common form YYYY-MM-DDThh:mm:ss[.f{1,7}]Z straight into `out`; false for every other form,
// valid or not.
bool write_plain_time(std::string_view text, char* out) noexcept {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() < 20 || text.size() > 28 || text.back() != 'Z') return false;
  bool plain = true;
  for (std::size_t i = 0; i < kShape.size(); ++i)
    plain = plain && (kShape[i] == '0' ? is_digit(text[i]) : text[i] == kShape[i]);
  const std::string_view fraction = text.substr(19, text.size() - 20);
  plain = plain && (fraction.empty() || (fraction.front() == '.' && fraction.size() > 1));
  for (std::size_t i = 1; i < fraction.size(); ++i) plain = plain && is_digit(fraction[i]);
  if (!plain) return false;
  const int year = two_digits(text.data()) * 100 + two_digits(text.data() + 2);
  const int month = two_digits(text.data() + 5);
  const int day = two_digits(text.data() + 8);
  // Days that not every month has are left to the full parser.
  if (year < 2 || month < 1 || month > 12 || day < 1 || day > 28) return false;
  if (two_digits(text.data() + 11) > 23 || two_digits(text.data() + 14) > 59 ||
      two_digits(text.data() + 17) > 59)
    return false;
  std::memcpy(out, "0000-00-00T00:00:00.0000000Z", kInstantTextSize);
  std::memcpy(out, text.data(), 19);
  if (!fraction.empty()) std::memcpy(out + 19, fraction.data(), fraction.size());
  return true;
}

bool write_time(std::string_view text, char* out, bool& absent) noexcept {
  absent = trim(text).starts_with("0001-01-01");
  if (absent) return true;
  if (write_plain_time(text, out)) return true;
  auto instant = parse_instant(text);
  if (!instant) instant = parse_other_time(text);
  if (!instant) return false;
  format_instant(*instant, out);
  return true;
}

Conversion number_cell(ScalarType type, std::string_view text, Cell& cell) noexcept {
  if (type == ScalarType::boolean) {
    const auto value = parse_bool(text);
    if (value) cell = Cell::of_integer(*value ? 1 : 0);
    return value ? Conversion::done : Conversion::failed;
  }
  if (text == "true" || text == "false") text = text == "true" ? "1" : "0";
  if (type == ScalarType::real || type == ScalarType::decimal) {
    const auto value = parse_real(text);
    if (value) cell = Cell::of_real(*value);
    return value ? Conversion::done : Conversion::failed;
  }
  auto value = type == ScalarType::timespan ? parse_timespan(text) : std::nullopt;
  if (!value) value = parse_integer(text);
  if (value) cell = Cell::of_integer(*value);
  return value ? Conversion::done : Conversion::failed;
}

}  // namespace

RowText::RowText(model::Arena& arena, std::size_t expected) : arena_(arena) {
  next_ = arena_.allocate(expected + kSlack);
  end_ = next_ + expected + kSlack;
}

void RowText::grow(std::size_t size) {
  release();
  constexpr std::size_t kStep = 4096;
  const std::size_t taken = std::max(size, kStep) + kSlack;
  next_ = arena_.allocate(taken);
  end_ = next_ + taken;
}

std::string_view RowText::copy(std::string_view text) {
  char* out = reserve(text.size());
  std::memcpy(out, text.data(), text.size());
  return keep(out + text.size());
}

Conversion Converter::convert(ScalarType type, std::string_view raw, RowText& text, Cell& cell) {
  if (raw.front() == 'n') {
    cell = Cell();
    return raw == "null" ? Conversion::done : Conversion::broken;
  }
  switch (type) {
    case ScalarType::string:
      return to_text(raw, text, cell);
    case ScalarType::dynamic:
      return to_dynamic(raw, text, cell);
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::real:
    case ScalarType::decimal:
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::guid:
      break;
  }
  return to_typed(type, raw, text, cell);
}

Conversion Converter::to_text(std::string_view raw, RowText& text, Cell& cell) {
  if (raw.front() == '"') {
    const std::string_view inner = raw.substr(1, raw.size() - 2);
    char* const out = text.reserve(inner.size());
    char* end = out + copy_plain(out, inner.data(), inner.size());
    if (const auto plain = static_cast<std::size_t>(end - out); plain < inner.size()) {
      end = unescape_to(end, inner.substr(plain));
      if (end == nullptr) return Conversion::broken;
    }
    cell = Cell::of_text(text.keep(end));
    return Conversion::done;
  }
  if (raw.front() == '{' || raw.front() == '[') {
    json_.clear();
    if (!append_compact_json(json_, raw)) return Conversion::broken;
    cell = Cell::of_text(text.copy(json_));
    return Conversion::done;
  }
  if (!is_scalar_token(raw)) return Conversion::broken;
  cell = Cell::of_text(text.copy(raw));
  return Conversion::done;
}

Conversion Converter::to_dynamic(std::string_view raw, RowText& text, Cell& cell) {
  cell = Cell();
  json_.clear();
  if (raw.front() == '"') {
    if (raw.size() == 2) return Conversion::done;
    value_.clear();
    if (!append_unescaped(value_, raw.substr(1, raw.size() - 2))) return Conversion::broken;
    const std::string_view inner = skip_json_space(value_);
    const bool nested = !inner.empty() && (inner.front() == '{' || inner.front() == '[');
    if (!nested || !append_compact_json(json_, inner)) append_json_string(json_, value_);
  } else if (raw.front() == '{' || raw.front() == '[') {
    if (!append_compact_json(json_, raw)) return Conversion::broken;
    if (json_ == "{}") return Conversion::done;
  } else {
    if (!is_scalar_token(raw)) return Conversion::broken;
    json_ = raw;
  }
  cell = Cell::of_text(text.copy(json_));
  return Conversion::done;
}

Conversion Converter::to_typed(ScalarType type, std::string_view raw, RowText& text, Cell& cell) {
  cell = Cell();
  std::string_view value = raw;
  if (raw.front() == '{' || raw.front() == '[') {
    json_.clear();
    if (!append_compact_json(json_, raw)) return Conversion::broken;
    return json_ == "{}" ? Conversion::done : Conversion::failed;
  }
  if (raw.front() == '"') {
    value = raw.substr(1, raw.size() - 2);
    if (value.empty()) return Conversion::done;
    if (value.find('\\') != std::string_view::npos) {
      value_.clear();
      if (!append_unescaped(value_, value)) return Conversion::broken;
      value = value_;
    }
  } else if (!is_scalar_token(raw)) {
    return Conversion::broken;
  }
  if (type == ScalarType::datetime) {
    char* const out = text.reserve(kInstantTextSize);
    bool absent = false;
    if (!write_time(value, out, absent)) return Conversion::failed;
    if (!absent) cell = Cell::of_text(text.keep(out + kInstantTextSize));
    return Conversion::done;
  }
  if (type == ScalarType::guid) {
    constexpr std::size_t kGuidSize = 36;
    char* const out = text.reserve(kGuidSize);
    if (!write_guid(trim(value), out)) return Conversion::failed;
    cell = Cell::of_text(text.keep(out + kGuidSize));
    return Conversion::done;
  }
  return number_cell(type, trim(value), cell);
}

}  // namespace harrier::ingest
