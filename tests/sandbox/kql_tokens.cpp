#include "sandbox/kql_tokens.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <cctype>

namespace harrier::sandbox {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    for (;;) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
      if (at_ == text_.size()) break;
      HARRIER_TRY(auto token, next());
      tokens.push_back(std::move(token));
    }
    tokens.emplace_back();
    return tokens;
  }

 private:
  Result<Token> next() {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return quoted(c, false);
    if (c == '@' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\'')) {
      ++at_;
      return quoted(text_[at_], true);
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) return number();
    if (is_word(c)) return word();
    for (const std::string_view symbol : {"==", "!=", "=~", "!~", "<=", ">="}) {
      if (text_.substr(at_).starts_with(symbol)) {
        at_ += symbol.size();
        return Token{Token::Kind::symbol, std::string(symbol)};
      }
    }
    if (std::string_view("|=<>(),-!").find(c) == std::string_view::npos) {
      return Error(Errc::query, fmt::format("Unexpected character '{}'", c));
    }
    ++at_;
    if (c == '!' && at_ < text_.size() && is_word(text_[at_])) {
      HARRIER_TRY(auto token, word());
      return Token{Token::Kind::name, "!" + token.text};
    }
    return Token{Token::Kind::symbol, std::string(1, c)};
  }

  Result<Token> quoted(char quote, bool verbatim) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        if (verbatim && at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
          value += quote;
          ++at_;
          continue;
        }
        ++at_;
        return Token{Token::Kind::text, std::move(value)};
      }
      if (c == '\\' && !verbatim && at_ + 1 < text_.size()) {
        const char escaped = text_[++at_];
        value += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
      } else {
        value += c;
      }
    }
    return Error(Errc::query, "A string is not closed");
  }

  Result<Token> number() {
    const auto start = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.')) ++at_;
    return Token{Token::Kind::number, std::string(text_.substr(start, at_ - start))};
  }

  Result<Token> word() {
    const auto start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    std::string name(text_.substr(start, at_ - start));
    if (name == "datetime" && at_ < text_.size() && text_[at_] == '(') {
      const auto close = text_.find(')', at_);
      if (close == std::string_view::npos) return Error(Errc::query, "datetime( is not closed");
      auto value = std::string(trim(text_.substr(at_ + 1, close - at_ - 1)));
      at_ = close + 1;
      return Token{Token::Kind::datetime, std::move(value)};
    }
    // `in~` and `has_any` style operators end in a tilde at most.
    if (at_ < text_.size() && text_[at_] == '~' && name == "in") {
      ++at_;
      name += '~';
    }
    return Token{Token::Kind::name, std::move(name)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) {
  return Tokenizer(text).run();
}

}  // namespace harrier::sandbox
