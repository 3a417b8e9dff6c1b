// Text files compiled into the program by harrier_embed().
#pragma once

#include <span>
#include <string_view>

namespace harrier::base {

/// One embedded file.
struct EmbeddedText {
  std::string_view name;  ///< file name without its folder
  std::string_view text;
};

}  // namespace harrier::base
