#include "net/token_sources.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/api_client.hpp"
#include "net/entra_errors.hpp"
#include "net/expiry_warnings.hpp"
#include "net/json.hpp"
#include "net/secret_file.hpp"
#include "net/token_cache.hpp"
#include "net/url.hpp"
#include "settings/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxAnswer = 256 * 1024;
constexpr std::chrono::seconds kLoginTimeout = 30s;
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string environment(const char* name) {
  const char* value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
  return value == nullptr ? std::string() : std::string(value);
}

// Posts one form; `proof` is the part that differs between credentials, percent-encoded, and is
// wiped.
Task<TokenAnswer> post_form(TokenContext context, LoginOptions login, std::string scope,
                            std::string proof) {
  Request request;
  request.method = Method::post;
  request.url = login.endpoint;
  request.timeout = kLoginTimeout;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("client-request-id", random_uuid());
  request.body.reserve(proof.size() + 512);
  request.body = fmt::format("client_id={}&scope={}&grant_type=client_credentials&",
                             percent_encode(login.client_id), percent_encode(scope));
  request.body += proof;
  wipe(proof);
  HARRIER_CO_TRY(
      const std::unique_ptr<Response> response,
      co_await send_measured(context.http, context.metrics, "login", std::move(request)));
  HARRIER_CO_TRY(std::string body, co_await read_all(*response, kMaxAnswer));
  const Instant now = context.clock.now();
  if (response->status() < 200 || response->status() > 299) {
    Error error = entra_error(response->status(), response->headers(), body, now);
    if (error.code == Errc::throttled)
      context.metrics.add("harrier_http_throttled", Labels({{"api", "login"}}));
    co_return error;
  }
  auto answer = parse_token_answer(body, now);
  wipe(body);
  co_return answer;
}

std::string assertion_proof(std::string_view assertion) {
  return fmt::format("client_assertion_type={}&client_assertion={}", percent_encode(kAssertionType),
                     percent_encode(assertion));
}

class SecretCredential final : public Credential {
 public:
  SecretCredential(TokenContext context, LoginOptions login, std::filesystem::path file,
                   std::string variable)
      : context_(context),
        login_(std::move(login)),
        file_(std::move(file)),
        variable_(std::move(variable)) {}

  Task<TokenAnswer> acquire(std::string scope) override {
    HARRIER_CO_TRY(const Secret secret, read());
    co_return co_await post_form(context_, login_, std::move(scope),
                                 "client_secret=" + percent_encode(secret.reveal()));
  }

 private:
  Result<Secret> read() const {
    if (variable_.empty()) return read_secret_file(file_, "the client secret");
    std::string value = environment(variable_.c_str());
    if (value.empty())
      return Error(
          Errc::config,
          fmt::format("the environment variable {} with the client secret is not set", variable_));
    return Secret(std::move(value));
  }

  TokenContext context_;
  LoginOptions login_;
  std::filesystem::path file_;
  std::string variable_;
};

class FederatedCredential final : public Credential {
 public:
  FederatedCredential(TokenContext context, LoginOptions login, std::filesystem::path file)
      : context_(context), login_(std::move(login)), file_(std::move(file)) {}

  Task<TokenAnswer> acquire(std::string scope) override {
    HARRIER_CO_TRY(const Secret assertion, read_small_file(file_, "the federated token"));
    co_return co_await post_form(context_, login_, std::move(scope),
                                 assertion_proof(trim(assertion.reveal())));
  }

 private:
  TokenContext context_;
  LoginOptions login_;
  std::filesystem::path file_;
};

class CertificateCredential final : public Credential {
 public:
  CertificateCredential(TokenContext context, LoginOptions login, CertificateOptions options)
      : context_(context), login_(std::move(login)), options_(std::move(options)) {}

  Result<> load() {
    HARRIER_TRY(const ClientCertificate certificate, read());
    return {};
  }

  Task<TokenAnswer> acquire(std::string scope) override {
    HARRIER_CO_TRY(const ClientCertificate certificate, read());
    const Instant now = context_.clock.now();
    if (now >= certificate.not_after())
      co_return Error(Errc::auth, fmt::format("the certificate in {} expired on {}; make a new one "
                                              "and upload it to the app registration",
                                              options_.certificate_file.string(),
                                              format_seconds(certificate.not_after())));
    warn(now, certificate.not_after());
    auto answer = co_await attempt(certificate, scope, options_.kind);
    if (answer || options_.kind != AssertionKind::ps256 || !was_refused(answer.error()))
      co_return answer;
    auto second = co_await attempt(certificate, scope, AssertionKind::rs256);
    if (!second) co_return answer;
    log(LogLevel::info, "net",
        "The login service takes only RS256 assertions; they are used from now on.");
    options_.kind = AssertionKind::rs256;
    co_return second;
  }

  [[nodiscard]] std::optional<Instant> expiry() const override { return not_after_; }

 private:
  Result<ClientCertificate> read() {
    auto certificate = ClientCertificate::load(options_.certificate_file, options_.private_key_file,
                                               options_.password_file);
    if (certificate) not_after_ = certificate->not_after();
    return certificate;
  }

  void warn(Instant now, Instant expires) {
    if (!warnings_.due(now, expires)) return;
    log(LogLevel::warn, "net", "The certificate expires soon; collection stops then.",
        {{"file", options_.certificate_file.string()},
         {"expires", format_seconds(expires)},
         {"left", format_duration(expires - now)},
         {"remedy", kCertificateRemedy}});
  }

  Task<TokenAnswer> attempt(const ClientCertificate& certificate, std::string scope,
                            AssertionKind kind) {
    HARRIER_CO_TRY(std::string assertion, certificate.assertion(login_.client_id, login_.endpoint,
                                                                context_.clock.now(), kind));
    std::string proof = assertion_proof(assertion);
    wipe(assertion);
    co_return co_await post_form(context_, login_, std::move(scope), std::move(proof));
  }

  // A service that does not know PS256 or x5t#S256 says so with one of these.
  static bool was_refused(const Error& error) {
    return error.service_code == "AADSTS700027" || error.service_code == "AADSTS50027" ||
           error.service_code == "AADSTS5002738" || error.service_code == "invalid_client";
  }

  TokenContext context_;
  LoginOptions login_;
  CertificateOptions options_;
  std::optional<Instant> not_after_;
  ExpiryWarnings warnings_;
};

// Mistakes in files are told at start; a token file may appear later.
Result<std::unique_ptr<Credential>> make_credential(const settings::Tenant& tenant,
                                                    TokenContext context) {
  LoginOptions login;
  login.endpoint = fmt::format("{}/{}/oauth2/v2.0/token", tenant.endpoints.login, tenant.id);
  login.client_id = tenant.client_id;
  const settings::Credential& given = tenant.credential;
  switch (given.kind) {
    case settings::CredentialKind::client_secret:
      if (given.secret_env.empty())
        HARRIER_TRYV(read_secret_file(given.secret_file, "the client secret"));
      return make_secret_credential(context, std::move(login), given.secret_file, given.secret_env);
    case settings::CredentialKind::certificate: {
      CertificateOptions options;
      options.certificate_file = given.certificate_file;
      options.private_key_file = given.private_key_file;
      options.password_file = given.password_file;
      options.kind = given.legacy_assertion ? AssertionKind::rs256 : AssertionKind::ps256;
      return make_certificate_credential(context, std::move(login), std::move(options));
    }
    case settings::CredentialKind::managed_identity: {
      HARRIER_TRY(auto options,
                  managed_identity_options(given.imds_endpoint, tenant.client_id, environment));
      return make_managed_identity(context, std::move(options));
    }
    case settings::CredentialKind::federated_token:
      return make_federated_credential(context, std::move(login), given.token_file);
  }
  return Error(Errc::internal, "unknown kind of credential");
}

}  // namespace

Result<TokenAnswer> parse_token_answer(std::string_view body, Instant now) {
  const SmallJson json(body);
  TokenAnswer answer;
  answer.value = Secret(json.text({"access_token"}).value_or(""));
  if (answer.value.empty())
    return Error(Errc::protocol,
                 "the token endpoint sent no access_token; a proxy may stand in between");
  // A token with a line end would break out of its header.
  const std::string_view value = answer.value.reveal();
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7F; }))
    return Error(Errc::protocol,
                 "the token endpoint sent an access_token with impossible characters");
  const std::string type = json.text({"token_type"}).value_or("Bearer");
  if (!equals_ignore_case(type, "Bearer"))
    return Error(Errc::protocol, "the token endpoint sent a token that is no bearer token");
  auto lifetime = json.number({"expires_in"});
  if (!lifetime) {
    if (const auto end = json.number({"expires_on"}))
      lifetime = *end - static_cast<std::int64_t>(to_unix_seconds(now));
  }
  if (!lifetime || *lifetime < 0)
    return Error(Errc::protocol, "the token endpoint did not say how long its token is valid");
  constexpr std::int64_t kLongest = 7 * 86'400;
  answer.lifetime = std::chrono::seconds(std::min(*lifetime, kLongest));
  if (const auto refresh = json.number({"refresh_in"});
      refresh && *refresh > 0 && *refresh <= *lifetime)
    answer.refresh_in = std::chrono::seconds(*refresh);
  return answer;
}

std::unique_ptr<Credential> make_secret_credential(TokenContext context, LoginOptions login,
                                                   std::filesystem::path file,
                                                   std::string variable) {
  return std::make_unique<SecretCredential>(context, std::move(login), std::move(file),
                                            std::move(variable));
}

std::unique_ptr<Credential> make_federated_credential(TokenContext context, LoginOptions login,
                                                      std::filesystem::path token_file) {
  return std::make_unique<FederatedCredential>(context, std::move(login), std::move(token_file));
}

Result<std::unique_ptr<Credential>> make_certificate_credential(TokenContext context,
                                                                LoginOptions login,
                                                                CertificateOptions options) {
  auto credential =
      std::make_unique<CertificateCredential>(context, std::move(login), std::move(options));
  HARRIER_TRYV(credential->load());
  return credential;
}

Result<std::unique_ptr<TokenSource>> make_token_source(const settings::Tenant& tenant,
                                                       HttpClient& http, const Clock& clock,
                                                       Metrics& metrics) {
  declare_http_metrics(metrics);
  const settings::Credential& given = tenant.credential;
  const auto& key_file =
      given.private_key_file.empty() ? given.certificate_file : given.private_key_file;
  for (const auto& file : {given.secret_file, key_file, given.password_file}) warn_if_open(file);
  HARRIER_TRY(auto credential, make_credential(tenant, TokenContext(http, clock, metrics)));
  return std::make_unique<TokenCache>(std::move(credential), clock);
}

}  // namespace harrier::net
