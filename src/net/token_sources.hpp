// The four kinds of credential, each asking its endpoint for one token at a time. Caching is
// TokenCache's.
#pragma once

#include "base/metrics.hpp"
#include "net/client_certificate.hpp"
#include "net/http.hpp"
#include "net/token.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace harrier::settings {
struct Tenant;
}

namespace harrier::net {

/// What a token endpoint answered.
struct TokenAnswer {
  TokenAnswer() = default;
  Secret value;
  std::chrono::seconds lifetime{0};
  std::optional<std::chrono::seconds> refresh_in;
};

/// Reads a 2xx body: `expires_in` as number or text, else `expires_on` against `now`. Errors:
/// protocol.
[[nodiscard]] Result<TokenAnswer> parse_token_answer(std::string_view body, Instant now);

/// Acquires tokens with one kind of credential. I/O thread only.
class Credential {
 public:
  virtual ~Credential() = default;
  /// Asks for a token; never from a cache. Errors: as TokenSource::token.
  [[nodiscard]] virtual Task<TokenAnswer> acquire(std::string scope) = 0;

  /// End of validity of the certificate; nullopt for other kinds.
  [[nodiscard]] virtual std::optional<Instant> expiry() const { return std::nullopt; }
};

/// What every credential is made with; all of it outlives the credential.
struct TokenContext {
  TokenContext(HttpClient& http_, const Clock& clock_, Metrics& metrics_)
      : http(http_), clock(clock_), metrics(metrics_) {}

  HttpClient& http;
  const Clock& clock;
  Metrics& metrics;
};

/// Where and for whom the login service is asked.
struct LoginOptions {
  LoginOptions() = default;
  std::string endpoint;  ///< `https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token`
  std::string client_id;
};

/// Client secret from a file or an environment variable, read anew for every request.
[[nodiscard]] std::unique_ptr<Credential> make_secret_credential(TokenContext context,
                                                                 LoginOptions login,
                                                                 std::filesystem::path file,
                                                                 std::string variable);

/// Certificate files; read anew for every request, so a renewed certificate is used without a
/// restart.
struct CertificateOptions {
  CertificateOptions() = default;
  std::filesystem::path certificate_file;
  std::filesystem::path private_key_file;
  std::filesystem::path password_file;
  AssertionKind kind =
      AssertionKind::ps256;  ///< a refused ps256 assertion is repeated once as rs256
};

/// Errors: config, where the files cannot be used.
[[nodiscard]] Result<std::unique_ptr<Credential>> make_certificate_credential(
    TokenContext context, LoginOptions login, CertificateOptions options);

/// Workload identity federation: the assertion is the content of a file that the platform rotates.
[[nodiscard]] std::unique_ptr<Credential> make_federated_credential(
    TokenContext context, LoginOptions login, std::filesystem::path token_file);

/// Where the machine's identity is asked for.
struct ManagedIdentityOptions {
  ManagedIdentityOptions() = default;
  std::string endpoint;   ///< the token address without its query
  bool arc = false;       ///< an Azure Arc server: the answer is a challenge to read a file first
  std::string client_id;  ///< empty: the system-assigned identity
  std::filesystem::path key_folder{
      "/var/opt/azcmagent/tokens"};  ///< the only folder that a challenge may name
  std::chrono::milliseconds retry_unit{
      1000};  ///< 1, 2, 4 of these between repetitions; ten of them after 410
};

[[nodiscard]] std::unique_ptr<Credential> make_managed_identity(TokenContext context,
                                                                ManagedIdentityOptions options);

/// The address for this machine: `imds_endpoint` when given; Arc's when IDENTITY_ENDPOINT and
/// IMDS_ENDPOINT are set or its agent is installed; else the metadata service of Azure. Errors:
/// config (an address that is not loopback).
[[nodiscard]] Result<ManagedIdentityOptions> managed_identity_options(
    const std::string& imds_endpoint, const std::string& client_id,
    const std::function<std::string(const char*)>& environment);

/// A cached token source for a tenant. Files are read once to find mistakes early; an expired
/// certificate is no mistake of the configuration and shows when tokens are asked for. `http`,
/// `clock` and `metrics` must outlive it. Errors: config.
[[nodiscard]] Result<std::unique_ptr<TokenSource>> make_token_source(const settings::Tenant& tenant,
                                                                     HttpClient& http,
                                                                     const Clock& clock,
                                                                     Metrics& metrics);

}  // namespace harrier::net
