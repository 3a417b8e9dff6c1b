// What the login service's refusals mean, and what an admin can do about them.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http.hpp"

#include <string_view>

namespace harrier::net {

/// A known AADSTS number.
struct EntraCode {
  int number;
  Errc errc;  ///< auth where a person must act, unavailable or throttled where waiting helps
  std::string_view sentence;  ///< what is wrong and what to do
};

/// nullptr for numbers without an entry. Source: the Entra error code reference; numbers are for
/// diagnosis and may change.
[[nodiscard]] const EntraCode* find_entra_code(std::int64_t number) noexcept;

/// The error behind an answer of a token endpoint outside 200-299. `service_code` is `AADSTS<n>`,
/// or the `error` text where no number came. The description is not repeated, because it may name
/// the tenant and its applications; trace id and correlation id are.
[[nodiscard]] Error entra_error(int status, const Headers& headers, std::string_view body,
                                Instant now);

}  // namespace harrier::net
