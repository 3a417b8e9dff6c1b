// The query's text as tokens.
#pragma once

#include "base/result.hpp"
#include "kql/span.hpp"
#include "kql/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::kql {

enum class TokenKind : std::uint8_t {
  name,     ///< identifier or keyword; `$left` too
  literal,  ///< a constant; string constants too
  symbol,   ///< punctuation, `!has` and `in~` included
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
  std::string text;    ///< name, symbol, or the literal's source form for messages
  Value value;         ///< of a literal
  bool glued = false;  ///< nothing stands between it and the token before
};

/// Splits `text`; the last token is always `end`. Comments and blanks (no-break and zero-width ones
/// too) are dropped. Errors: query, for an unknown character or a malformed literal.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace harrier::kql
