// The cache in front of a credential: one request for all who wait, refreshed before it ends.
#pragma once

#include "net/token.hpp"
#include "net/token_sources.hpp"

#include <list>
#include <map>

namespace harrier::net {

/// Caches tokens by scope, in memory only.
///
/// A token is refreshed at the service's `refresh_in`, else five minutes before its end, and not
/// used in its last two minutes (less for short-lived ones). While a refresh fails the old token
/// serves on and the refresh is repeated after 30 s to 5 min. A refused credential is not tried
/// again for a minute: everyone gets the same error until then. I/O thread only.
class TokenCache final : public TokenSource {
 public:
  TokenCache(std::unique_ptr<Credential> credential, const Clock& clock);

  [[nodiscard]] Task<Secret> token(std::string scope) override;
  void invalidate(const std::string& scope, const Secret& used) override;
  [[nodiscard]] bool outdate(const std::string& scope, const Secret& used) override;
  void forget() override;
  [[nodiscard]] std::optional<Instant> expiry(const std::string& scope) const override;

  [[nodiscard]] std::optional<Instant> credential_expiry() const override {
    return credential_->expiry();
  }

 private:
  struct Entry {
    std::optional<Token> token;
    Instant acquired_at;
    Instant refresh_at;
    Instant unusable_at;
    int failed_refreshes = 0;
    std::optional<Error> failure;
    Instant failure_until;
    bool in_flight = false;
    std::list<asio::steady_timer*> waiting;
  };
  struct Flight;

  Task<> wait(Entry& entry);
  void store(Entry& entry, TokenAnswer answer);
  void note_failure(Entry& entry, const Error& error);

  std::unique_ptr<Credential> credential_;
  const Clock& clock_;
  std::map<std::string, Entry> entries_;
};

}  // namespace harrier::net
