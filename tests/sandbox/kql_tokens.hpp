// Tokens of the KQL subset.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

struct Token {
  enum class Kind : std::uint8_t { name, text, number, datetime, symbol, end };

  Kind kind = Kind::end;
  std::string text;  ///< of a string or datetime: its value
};

/// The tokens of `text`, an `end` last. Errors: query.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace harrier::sandbox
