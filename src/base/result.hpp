// Errors as values: a small closed set of codes, a message for an admin, and the macros that
// propagate them.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace harrier {

/// Why something failed, as far as some caller branches on it.
enum class Errc : std::uint8_t {
  config,           ///< the configuration or the command line is wrong; a person must act
  not_found,        ///< a name that does not exist
  unavailable,      ///< network, TLS hand-shake reset, 5xx: back off and repeat
  timeout,          ///< a deadline passed
  throttled,        ///< 429, or 503 with Retry-After: wait `Error::retry_after`
  auth,             ///< credentials or token refused
  forbidden,        ///< permission missing
  unlicensed,       ///< the tenant does not have this table or API
  too_large,        ///< the answer would exceed a limit of the service: ask for less
  gone,             ///< the service no longer keeps what was asked for
  protocol,         ///< an answer against its documentation, torn, or hostile
  parse,            ///< text that does not parse
  query,            ///< the KQL text is wrong
  limit,            ///< a bound of our own (memory, depth, time) was reached
  storage,          ///< SQLite or file error
  storage_full,     ///< no room; collection pauses until there is
  storage_corrupt,  ///< a damaged store
  cancelled,        ///< shutdown
  internal,         ///< a bug
};

/// The name of `code` as logs and metrics spell it.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// What went wrong, where, and what to do: one line, no full stop at its end, never a secret.
struct Error {
  Error() = default;

  Error(Errc code_, std::string message_) : code(code_), message(std::move(message_)) {}

  Errc code = Errc::internal;
  std::string message;
  /// How long the service asked to wait; only with `throttled` and `unavailable`.
  std::optional<std::chrono::milliseconds> retry_after;
  /// The HTTP status behind it; 0 where there was none.
  int http_status = 0;
  /// The service's own error code (`BadRequest`, `AF20024`, `AADSTS7000215`); empty where there was
  /// none.
  std::string service_code;
};

/// Puts `where: ` in front of the message.
[[nodiscard]] Error with_context(Error error, std::string_view where);

/// `code: message`, for test reports.
std::ostream& operator<<(std::ostream& out, const Error& error);

/// Called by `Result::value()` on an error; harrier code tests first, so this is a bug.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

/// A value or an `Error`.
template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace harrier

#define HARRIER_CAT2(a, b) a##b
#define HARRIER_CAT(a, b) HARRIER_CAT2(a, b)
#define HARRIER_TRY_AS(ret, tmp, target, expr) \
  auto tmp = (expr);                           \
  if (!tmp) ret std::move(tmp).error();        \
  target = *std::move(tmp)
#define HARRIER_TRYV_AS(ret, tmp, expr) \
  if (auto tmp = (expr); !tmp) ret std::move(tmp).error()

/// `HARRIER_TRY(auto x, f());` assigns the value or returns the error. The CO_ forms are for
/// coroutines.
#define HARRIER_TRY(target, expr) \
  HARRIER_TRY_AS(return, HARRIER_CAT(try_, __COUNTER__), target, expr)
#define HARRIER_TRYV(expr) HARRIER_TRYV_AS(return, HARRIER_CAT(try_, __COUNTER__), expr)
#define HARRIER_CO_TRY(target, expr) \
  HARRIER_TRY_AS(co_return, HARRIER_CAT(try_, __COUNTER__), target, expr)
#define HARRIER_CO_TRYV(expr) HARRIER_TRYV_AS(co_return, HARRIER_CAT(try_, __COUNTER__), expr)
