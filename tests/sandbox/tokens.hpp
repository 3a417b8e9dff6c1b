// The token endpoint of the simulated tenant, and the check of bearer tokens.
#pragma once

#include "sandbox/http.hpp"
#include "sandbox/options.hpp"

#include <map>
#include <mutex>
#include <string>

namespace harrier::sandbox {

/// Thread-safe.
class Tokens {
 public:
  /// Reads the secret, the application's certificate and the token of the identity provider that it
  /// trusts from the sandbox's folder on every request,
  /// so that they can be exchanged.
  explicit Tokens(const Options& options) : options_(options) {}

  /// Answers `POST /{tenant}/oauth2/v2.0/token`.
  [[nodiscard]] HttpResponse issue(const HttpRequest& request, Instant now);
  /// Answers what clients ask before they ask for a token: `GET` of a tenant's
  /// `/v2.0/.well-known/openid-configuration` and of `/common/discovery/instance`.
  [[nodiscard]] HttpResponse discover(const HttpRequest& request, Instant now) const;
  /// Answers `GET /metadata/identity/oauth2/token`: the machine's own identity, as the metadata
  /// service of a virtual machine gives it, or, by the version that is asked for, as the agent of
  /// Azure Arc does: only to those who can read its key file.
  [[nodiscard]] HttpResponse identify(const HttpRequest& request, Instant now);
  /// Empty when the request's bearer token is good for `api` (graph, defender, office365), else why
  /// not: `missing`, `unknown`, `expired`, `audience`.
  [[nodiscard]] std::string check(const HttpRequest& request, std::string_view api, Instant now);
  /// Makes every token issued so far invalid.
  void expire_all();
  /// Changes the lifetime of tokens issued from now on.
  void set_lifetime(std::int64_t seconds);

 private:
  struct Issued {
    std::string scope;
    Instant expires;
  };

  struct Granted {
    std::string token;
    std::int64_t lifetime = 0;
  };

  [[nodiscard]] Granted grant(const std::string& scope, Instant now);
  [[nodiscard]] std::string check_credential(const HttpRequest& request, const std::string& tenant,
                                             Instant now);

  const Options& options_;
  std::mutex mutex_;
  std::map<std::string, Issued, std::less<>> issued_;
  std::uint64_t count_ = 0;
  std::int64_t lifetime_ = -1;
};

}  // namespace harrier::sandbox
