#include "sandbox/tokens.hpp"

#include "base/text.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/file.hpp"
#include "sandbox/hash.hpp"
#include "sandbox/world.hpp"

#include <fmt/format.h>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string field(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : parse_form(request.body)) {
    if (key == name) return value;
  }
  return {};
}

/// `problem` is `<AADSTS number> <text>`.
HttpResponse refuse(const std::string& problem, Instant now) {
  const auto number = problem.substr(0, problem.find(' '));
  const auto text = problem.substr(problem.find(' ') + 1);
  const bool is_client = number.starts_with("7000") && number != "700016";
  const auto time =
      fmt::format("{} {}Z", format_seconds(now).substr(0, 10), format_seconds(now).substr(11, 8));
  HttpResponse response;
  response.status = is_client ? 401 : 400;
  const auto* name = is_client            ? "invalid_client"
                     : number == "700016" ? "unauthorized_client"
                     : number == "70011"  ? "invalid_scope"
                     : number == "70003"  ? "unsupported_grant_type"
                                          : "invalid_request";
  response.body = fmt::format(R"({{"error":"{}","error_description":)", name);
  append_json_string(
      response.body,
      fmt::format("AADSTS{}: {}.\r\nTrace ID: 0f2e0000-0000-4000-8000-000000000001\r\n"
                  "Correlation ID: 0f2e0000-0000-4000-8000-000000000002\r\nTimestamp: {}",
                  number, text, time));
  response.body += fmt::format(R"(,"error_codes":[{}],"timestamp":"{}",)"
                               R"("trace_id":"0f2e0000-0000-4000-8000-000000000001",)"
                               R"("correlation_id":"0f2e0000-0000-4000-8000-000000000002",)"
                               R"("error_uri":"https://login.microsoftonline.com/error?code={}"}})",
                               number, time, number);
  return response;
}

std::string no_tenant(std::string_view tenant) {
  return fmt::format(
      "90002 Tenant '{}' not found. Check to make sure you have the correct tenant ID", tenant);
}

bool is_scope_of(std::string_view scope, std::string_view api) {
  const auto has = [&](std::string_view part) {
    return scope.find(part) != std::string_view::npos;
  };
  if (api == "graph") return has("graph.microsoft") || has("microsoftgraph");
  if (api == "defender") return has("security.microsoft") || has("securitycenter");
  return has("manage.office") || has("manage-gcc") || has("manage.protection");
}

}  // namespace

std::string Tokens::check_credential(const HttpRequest& request, const std::string& tenant,
                                     Instant now) {
  if (tenant != options_.tenant) return no_tenant(tenant);
  if (field(request, "grant_type") != "client_credentials")
    return "70003 The app requested an unsupported grant type";
  const auto scope = field(request, "scope");
  if (!scope.ends_with("/.default") || scope.find(' ') != std::string::npos) {
    return fmt::format("70011 The provided value for the input parameter 'scope' is not valid: {}",
                       scope);
  }
  const auto client = field(request, "client_id");
  if (client != options_.client) {
    return fmt::format("700016 Application with identifier '{}' was not found in the directory",
                       client);
  }
  const auto assertion = field(request, "client_assertion");
  if (!assertion.empty()) {
    if (field(request, "client_assertion_type") != kAssertionType)
      return "50027 The assertion's type is unknown";
    const auto trusted = read_file(options_.dir / "federated-token");
    if (trusted && assertion == trim(*trusted)) return {};
    const auto certificate = read_file(options_.dir / "client-cert.pem");
    if (!certificate) return "50000 The sandbox lost its certificate";
    const auto audience = fmt::format("https://{}{}", request.header("host"), request.path);
    return check_assertion(assertion, *certificate, client, audience,
                           static_cast<std::int64_t>(to_unix_seconds(now)));
  }
  const auto given = field(request, "client_secret");
  if (given.empty()) {
    return "7000218 The request body must contain the following parameter: 'client_assertion' or "
           "'client_secret'";
  }
  const auto secret = read_file(options_.dir / "secret");
  if (!secret || given != trim(*secret)) {
    return "7000215 Invalid client secret provided. Ensure the secret being sent in the request is "
           "the client secret "
           "value, not the client secret ID, for a secret added to the app";
  }
  return {};
}

HttpResponse Tokens::issue(const HttpRequest& request, Instant now) {
  const auto slash = request.path.find('/', 1);
  const auto problem = check_credential(request, request.path.substr(1, slash - 1), now);
  if (!problem.empty()) return refuse(problem, now);
  const auto granted = grant(field(request, "scope"), now);
  HttpResponse response;
  response.body = fmt::format(
      R"({{"token_type":"Bearer","expires_in":{0},"ext_expires_in":{0},"access_token":"{1}"}})",
      granted.lifetime, granted.token);
  return response;
}

Tokens::Granted Tokens::grant(const std::string& scope, Instant now) {
  const std::lock_guard lock(mutex_);
  Granted granted;
  granted.lifetime = lifetime_ >= 0 ? lifetime_ : options_.token_lifetime;
  ++count_;
  granted.token = fmt::format("sandbox.{}.{}", count_,
                              hex_text(mix(static_cast<std::uint64_t>(now.ticks), count_), 48));
  issued_[granted.token] = {scope, now + Ticks(granted.lifetime * kTicksPerSecond)};
  return granted;
}

HttpResponse Tokens::identify(const HttpRequest& request, Instant now) {
  const auto refuse_with = [](int status, std::string_view why) {
    HttpResponse response;
    response.status = status;
    response.body = fmt::format(R"({{"error":"invalid_request","error_description":"{}"}})", why);
    return response;
  };
  if (request.header("metadata") != "true")
    return refuse_with(400, "Required metadata header not specified");
  const auto version = request.parameter("api-version");
  const bool is_arc = version == "2020-06-01" || version == "2019-11-01";
  if (!is_arc && version != "2018-02-01") return refuse_with(400, "Bad api-version");
  const auto resource = std::string(request.parameter("resource"));
  if (resource.empty() || resource.ends_with("/.default"))
    return refuse_with(400, "The resource principal was not found in the tenant");
  const auto client = request.parameter("client_id");
  if (!client.empty() && client != options_.client) return refuse_with(400, "Identity not found");
  if (is_arc) {
    const auto key = read_file(options_.dir / "arc.key");
    if (!key || request.header("authorization") != fmt::format("Basic {}", *key)) {
      auto challenge = refuse_with(401, "Unauthorized");
      challenge.headers.emplace_back("WWW-Authenticate",
                                     "Basic realm=/var/opt/azcmagent/tokens/arc.key");
      return challenge;
    }
  }
  const auto granted = grant(resource + "/.default", now);
  HttpResponse response;
  response.body =
      fmt::format(R"({{"access_token":"{}","client_id":"{}","expires_in":"{}","expires_on":"{}",)"
                  R"("not_before":"{}","resource":"{}","token_type":"Bearer"}})",
                  granted.token, options_.client, granted.lifetime,
                  static_cast<std::int64_t>(to_unix_seconds(now)) + granted.lifetime,
                  static_cast<std::int64_t>(to_unix_seconds(now)), resource);
  return response;
}

HttpResponse Tokens::discover(const HttpRequest& request, Instant now) const {
  const auto host = request.header("host");
  const auto tenant = request.path.substr(1, request.path.find('/', 1) - 1);
  HttpResponse response;
  if (request.path == "/common/discovery/instance") {
    response.body = fmt::format(
        R"({{"tenant_discovery_endpoint":"https://{0}/{1}/v2.0/.well-known/openid-configuration",)"
        R"("api-version":"1.1","metadata":[{{"preferred_network":"{0}","preferred_cache":"{0}",)"
        R"("aliases":["{0}"]}}]}})",
        host, options_.tenant);
    return response;
  }
  if (tenant != options_.tenant) return refuse(no_tenant(tenant), now);
  response.body = fmt::format(
      R"({{"issuer":"https://{0}/{1}/v2.0","token_endpoint":"https://{0}/{1}/oauth2/v2.0/token",)"
      R"("authorization_endpoint":"https://{0}/{1}/oauth2/v2.0/authorize",)"
      R"("jwks_uri":"https://{0}/{1}/discovery/v2.0/keys",)"
      R"("end_session_endpoint":"https://{0}/{1}/oauth2/v2.0/logout",)"
      R"("token_endpoint_auth_methods_supported":["client_secret_post","private_key_jwt"],)"
      R"("response_types_supported":["code"],"subject_types_supported":["pairwise"],)"
      R"("id_token_signing_alg_values_supported":["RS256"],"scopes_supported":["openid"]}})",
      host, tenant);
  return response;
}

std::string Tokens::check(const HttpRequest& request, std::string_view api, Instant now) {
  const auto header = request.header("authorization");
  if (!header.starts_with("Bearer ")) return "missing";
  const std::lock_guard lock(mutex_);
  const auto found = issued_.find(header.substr(7));
  if (found == issued_.end()) return "unknown";
  if (found->second.expires <= now) return "expired";
  return is_scope_of(found->second.scope, api) ? "" : "audience";
}

void Tokens::expire_all() {
  const std::lock_guard lock(mutex_);
  issued_.clear();
}

void Tokens::set_lifetime(std::int64_t seconds) {
  const std::lock_guard lock(mutex_);
  lifetime_ = seconds;
}

}  // namespace harrier::sandbox
