#include "kql/lexer.hpp"

#include "base/text.hpp"
#include "kql/diagnostic.hpp"
#include "kql/literals.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name_char(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '_';
}

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

unsigned hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10U;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// Bytes of the blank at the front of `text`: ASCII blanks, no-break and typographic spaces,
/// zero-width ones, the byte order mark.
std::size_t blank_size(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 7> kWide{
      "\xC2\xA0",     "\xE2\x80\xAF", "\xE3\x80\x80", "\xEF\xBB\xBF",
      "\xE2\x81\xA0", "\xE2\x80\xA8", "\xE2\x80\xA9"};
  const char c = text.front();
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  for (const std::string_view wide : kWide) {
    if (text.starts_with(wide)) return wide.size();
  }
  const bool general = text.size() >= 3 && text.starts_with("\xE2\x80") &&
                       static_cast<unsigned char>(text[2]) >= 0x80 &&
                       static_cast<unsigned char>(text[2]) <= 0x8D;
  return general ? 3 : 0;
}

constexpr std::array<std::string_view, 12> kTypedLiterals{
    "datetime", "date", "timespan", "time",    "guid", "int",
    "long",     "real", "double",   "decimal", "bool", "boolean"};

ScalarType literal_type(std::string_view name) noexcept {
  if (name == "date") return ScalarType::datetime;
  if (name == "time") return ScalarType::timespan;
  if (name == "double") return ScalarType::real;
  if (name == "boolean") return ScalarType::boolean;
  return model::parse_scalar_type(name).value_or(ScalarType::string);
}

constexpr std::array<std::string_view, 22> kSymbols{"!contains_cs",
                                                    "!startswith_cs",
                                                    "!endswith_cs",
                                                    "!hasprefix_cs",
                                                    "!hassuffix_cs",
                                                    "!has_cs",
                                                    "!contains",
                                                    "!startswith",
                                                    "!endswith",
                                                    "!hasprefix",
                                                    "!hassuffix",
                                                    "!between",
                                                    "!has",
                                                    "!in~",
                                                    "!in",
                                                    "==",
                                                    "=~",
                                                    "=>",
                                                    "!=",
                                                    "!~",
                                                    "<=",
                                                    ">="};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    while (true) {
      skip_blanks();
      if (at_ >= text_.size()) break;
      HARRIER_TRYV(next());
      last_end_ = at_;
    }
    add(TokenKind::end, at_, "the end of the query");
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  [[nodiscard]] std::string_view rest() const noexcept { return text_.substr(at_); }

  [[nodiscard]] Error fail(std::size_t begin, std::size_t end, std::string_view what) const {
    return error_at(text_, span(begin, end), what);
  }

  static Span span(std::size_t begin, std::size_t end) noexcept {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }

  Token& add(TokenKind kind, std::size_t begin, std::string text) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.span = span(begin, at_);
    token.text = std::move(text);
    token.glued = begin == last_end_ && tokens_.size() > 1;
    return token;
  }

  void add_literal(std::size_t begin, Value value) {
    std::string source(text_.substr(begin, std::min<std::size_t>(at_ - begin, 40)));
    add(TokenKind::literal, begin, std::move(source)).value = std::move(value);
  }

  void skip_blanks() noexcept {
    while (at_ < text_.size()) {
      if (const std::size_t blank = blank_size(rest()); blank != 0) {
        at_ += blank;
      } else if (rest().starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  Result<> next() {
    const char c = peek();
    if (c == '"' || c == '\'') return string_literal(at_);
    if (rest().starts_with("```") || rest().starts_with("~~~")) return multi_line(at_);
    if (c == '@' && (peek(1) == '"' || peek(1) == '\'')) return string_literal(at_);
    if ((c == 'h' || c == 'H') && hidden_string()) {
      const std::size_t begin = at_++;
      return peek() == '`' || peek() == '~' ? multi_line(begin) : string_literal(begin);
    }
    if (is_digit(c)) return number();
    if (is_letter(c) || c == '_' || c == '$') return name();
    return symbol();
  }

  [[nodiscard]] bool hidden_string() const noexcept {
    const std::string_view after = rest().substr(1);
    return after.starts_with('"') || after.starts_with('\'') || after.starts_with("@\"") ||
           after.starts_with("@'") || after.starts_with("```") || after.starts_with("~~~");
  }

  Result<> multi_line(std::size_t begin) {
    const std::string_view fence = text_.substr(at_, 3);
    const auto end = text_.find(fence, at_ + 3);
    if (end == std::string_view::npos) {
      return fail(begin, at_ + 3, "this multi-line string is not closed");
    }
    std::string value(text_.substr(at_ + 3, end - at_ - 3));
    at_ = end + 3;
    add_literal(begin, Value::of_string(std::move(value)));
    return {};
  }

  Result<> string_literal(std::size_t begin) {
    const bool verbatim = peek() == '@';
    if (verbatim) ++at_;
    std::string value;
    HARRIER_TRYV(verbatim ? verbatim_text(begin, value) : escaped_text(begin, value));
    add_literal(begin, Value::of_string(std::move(value)));
    return {};
  }

  Result<> verbatim_text(std::size_t begin, std::string& value) {
    const char quote = text_[at_++];
    while (true) {
      const char c = peek();
      if (at_ >= text_.size() || c == '\n' || c == '\r') {
        return fail(begin, at_, "this string is not closed on its line");
      }
      ++at_;
      if (c != quote) {
        value += c;
      } else if (peek() == quote) {
        value += quote;
        ++at_;
      } else {
        return {};
      }
    }
  }

  Result<> escaped_text(std::size_t begin, std::string& value) {
    const char quote = text_[at_++];
    while (true) {
      const char c = peek();
      if (at_ >= text_.size() || c == '\n' || c == '\r') {
        return fail(begin, at_, "this string is not closed on its line");
      }
      ++at_;
      if (c == quote) return {};
      if (c != '\\') {
        value += c;
      } else {
        HARRIER_TRYV(escape(value));
      }
    }
  }

  Result<> escape(std::string& value) {
    const std::size_t begin = at_ - 1;
    const char c = peek();
    ++at_;
    switch (c) {
      case '\\':
      case '"':
      case '\'':
        value += c;
        return {};
      case 't':
        value += '\t';
        return {};
      case 'r':
        value += '\r';
        return {};
      case 'n':
        value += '\n';
        return {};
      case 'a':
        value += '\a';
        return {};
      case 'b':
        value += '\b';
        return {};
      case 'f':
        value += '\f';
        return {};
      case 'v':
        value += '\v';
        return {};
      case 'x':
        return hex_escape(begin, 2, value);
      case 'u':
        return hex_escape(begin, 4, value);
      case 'U':
        return hex_escape(begin, 8, value);
      default:
        break;
    }
    if (c >= '0' && c <= '7') {
      std::uint32_t code = static_cast<std::uint32_t>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
        code = code * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
      }
      append_utf8(value, code);
      return {};
    }
    return fail(begin, std::min(at_, text_.size()),
                "unknown escape in a string; write `\\\\` for a backslash or put `@` before the "
                "quote");
  }

  Result<> hex_escape(std::size_t begin, std::size_t digits, std::string& value) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      if (!is_hex(peek())) return fail(begin, at_, "this escape needs more hexadecimal digits");
      code = code * 16U + hex_value(peek());
    }
    // A pair of surrogates is one character.
    if (code >= 0xD800 && code < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
      std::uint32_t low = 0;
      std::size_t i = 0;
      for (; i < 4 && is_hex(peek(2 + i)); ++i) low = low * 16U + hex_value(peek(2 + i));
      if (i == 4 && low >= 0xDC00 && low < 0xE000) {
        code = 0x10000U + ((code - 0xD800U) << 10U) + (low - 0xDC00U);
        at_ += 6;
      }
    }
    append_utf8(value, code > 0x10FFFF ? 0xFFFD : code);
    return {};
  }

  Result<> number() {
    const std::size_t begin = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
      at_ += 2;
      while (is_hex(peek())) ++at_;
      return finish_number(begin, false);
    }
    while (is_digit(peek())) ++at_;
    bool real = false;
    if (peek() == '.' && peek(1) != '.' && !is_letter(peek(1)) && peek(1) != '_') {
      real = true;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    const std::size_t digits_end = at_;
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && is_digit(peek(2))))) {
      at_ += 2;
      while (is_digit(peek())) ++at_;
      real = true;
      if (!is_name_char(peek())) return finish_number(begin, true);
      at_ = digits_end;
      real = text_.substr(begin, at_ - begin).find('.') != std::string_view::npos;
    }
    std::size_t unit_end = at_;
    while (unit_end < text_.size() && is_name_char(text_[unit_end])) ++unit_end;
    const std::string_view unit = text_.substr(at_, unit_end - at_);
    if (unit.empty()) return finish_number(begin, real);
    const auto ticks = parse_timespan(text_.substr(begin, unit_end - begin));
    at_ = unit_end;
    if (ticks && !is_digit(unit.front())) {
      add_literal(begin, Value::of_timespan(*ticks));
      return {};
    }
    if (real) return fail(begin, at_, "not a number; units of time are d, h, m, s, ms, tick");
    add(TokenKind::name, begin, std::string(text_.substr(begin, at_ - begin)));
    return {};
  }

  Result<> finish_number(std::size_t begin, bool real) {
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (real) {
      std::string whole(digits);
      if (whole.back() == '.') whole += '0';
      const auto value = parse_real(whole);
      if (!value) return fail(begin, at_, "this number is out of range");
      add_literal(begin, Value::of_real(*value));
      return {};
    }
    auto value = parse_long(digits);
    // The least long is written as a minus and a number one too great.
    if (!value) value = parse_long("-" + std::string(digits));
    if (!value || (*value < 0 && digits.find_first_of("xX") == std::string_view::npos &&
                   digits != "9223372036854775808"))
      return fail(begin, at_, "this number does not fit into 64 bits");
    add_literal(begin, Value::of_long(*value));
    return {};
  }

  Result<> name() {
    const std::size_t begin = at_++;
    while (is_name_char(peek())) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    const bool after_dot =
        !tokens_.empty() && tokens_.back().text == "." && tokens_.back().kind == TokenKind::symbol;
    if (!after_dot) {
      if (word == "true" || word == "false") {
        add_literal(begin, Value::of_bool(word == "true"));
        return {};
      }
      if (std::find(kTypedLiterals.begin(), kTypedLiterals.end(), word) != kTypedLiterals.end()) {
        std::size_t open = at_;
        while (open < text_.size() && (text_[open] == ' ' || text_[open] == '\t')) ++open;
        if (open < text_.size() && text_[open] == '(') return typed_literal(begin, word, open);
      }
    }
    if (peek() == '~' && (word == "in" || word == "has_any" || word == "has_all")) ++at_;
    const bool infix = at_ > begin + word.size();
    add(infix ? TokenKind::symbol : TokenKind::name, begin,
        std::string(text_.substr(begin, at_ - begin)));
    return {};
  }

  Result<> typed_literal(std::size_t begin, std::string_view word, std::size_t open) {
    std::size_t close = open + 1;
    int depth = 0;
    char quote = '\0';
    for (; close < text_.size() && text_[close] != '\n'; ++close) {
      const char c = text_[close];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && depth-- == 0) {
        break;
      }
    }
    if (close >= text_.size() || text_[close] != ')') {
      return fail(begin, open + 1, "this literal has no closing `)`");
    }
    const std::string_view inner = trim(text_.substr(open + 1, close - open - 1));
    at_ = close + 1;
    const ScalarType type = literal_type(word);
    if (inner.empty() && type == ScalarType::datetime) {
      // `datetime()` is now.
      at_ = begin;
      add(TokenKind::name, begin, "now");
      at_ = open + 1;
      add(TokenKind::symbol, open, "(");
      at_ = close + 1;
      add(TokenKind::symbol, close, ")");
      return {};
    }
    const auto value = inner.empty() ? std::optional(Value::null(type)) : parse_typed(type, inner);
    if (!value) {
      return fail(begin, at_, "not a valid " + std::string(model::to_string(type)) + " literal");
    }
    add_literal(begin, *value);
    return {};
  }

  Result<> symbol() {
    const std::size_t begin = at_;
    for (const std::string_view symbol : kSymbols) {
      if (!rest().starts_with(symbol)) continue;
      const bool word = is_letter(symbol[1]) && symbol.back() != '~';
      if (word && is_name_char(peek(symbol.size()))) continue;
      at_ += symbol.size();
      add(TokenKind::symbol, begin, std::string(symbol));
      return {};
    }
    if (rest().starts_with("<>") || rest().starts_with("..")) {
      at_ += 2;
      add(TokenKind::symbol, begin, text_[begin] == '<' ? "!=" : "..");
      return {};
    }
    static constexpr std::string_view kSingle = "()[]{}|,;:.=<>+-*/%?";
    if (kSingle.find(peek()) == std::string_view::npos) return unknown(begin);
    ++at_;
    add(TokenKind::symbol, begin, std::string(1, text_[begin]));
    return {};
  }

  Result<> unknown(std::size_t begin) {
    const std::string_view here = rest();
    for (const std::string_view word : {"!has_any", "!has_all"}) {
      if (!here.starts_with(word)) continue;
      const std::string plain(word.substr(1));
      return fail(begin, begin + word.size(),
                  "there is no negated form of `" + plain + "`: write `not(x " + plain + " (…))`");
    }
    if (here.starts_with("\xE2\x80\x9C") || here.starts_with("\xE2\x80\x9D") ||
        here.starts_with("\xE2\x80\x98") || here.starts_with("\xE2\x80\x99")) {
      return fail(begin, begin + 3, "a typographic quote; strings stand in straight quotes");
    }
    std::size_t end = begin + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    return fail(begin, end, "unexpected character");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t last_end_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace harrier::kql
