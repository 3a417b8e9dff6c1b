// Access tokens: where they come from, cached and refreshed once for all who wait.
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "base/time.hpp"

#include <memory>
#include <optional>
#include <string>

namespace harrier::net {

/// A bearer token and when to stop using it.
struct Token {
  Token() = default;
  Secret value;
  Instant expires;
};

/// Tokens for the scopes of one tenant. I/O thread only.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  /// A usable token for `scope` (`https://graph.microsoft.com/.default`), from the cache or freshly
  /// acquired. Concurrent callers share one request. The value is a copy that the caller wipes.
  /// Errors: auth (with the Entra code and a sentence for the admin), unavailable, throttled,
  /// timeout, config.
  [[nodiscard]] virtual Task<Secret> token(std::string scope) = 0;
  /// Drops the cached token of `scope` if it still is `used` (an API answered 401 to it).
  virtual void invalidate(const std::string& scope, const Secret& used) = 0;

  /// Drops the cached token of `scope` if it still is `used` and some minutes old (an API answered
  /// 403 to it: roles that were granted since come with a new one only). True when it did.
  [[nodiscard]] virtual bool outdate(const std::string& /*scope*/, const Secret& /*used*/) {
    return false;
  }

  /// Drops every token and every remembered refusal: somebody mended what the login or an API
  /// refused.
  virtual void forget() {}

  /// When the cached token of `scope` expires; nullopt where there is none. For metrics.
  [[nodiscard]] virtual std::optional<Instant> expiry(const std::string& scope) const = 0;
  /// End of validity of the certificate; nullopt for other credentials.
  [[nodiscard]] virtual std::optional<Instant> credential_expiry() const = 0;
};

}  // namespace harrier::net
