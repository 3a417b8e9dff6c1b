// Base64 as HTTP Basic and JSON Web Tokens write it.
#pragma once

#include <string>
#include <string_view>

namespace harrier::net {

/// Standard Base64 with padding.
[[nodiscard]] std::string base64(std::string_view bytes);
/// URL-safe Base64 without padding (RFC 7515).
[[nodiscard]] std::string base64url(std::string_view bytes);

}  // namespace harrier::net
