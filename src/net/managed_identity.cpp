// Tokens for the identity of the machine: Azure's metadata service, and the agent of Azure Arc.
#include "base/text.hpp"
#include "net/api_client.hpp"
#include "net/json.hpp"
#include "net/retry.hpp"
#include "net/token_sources.hpp"
#include "net/url.hpp"

#include <fmt/format.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTokenPath = "/metadata/identity/oauth2/token";
constexpr std::string_view kAzureHost = "http://169.254.169.254";
constexpr std::string_view kArcHost = "http://127.0.0.1:40342";
constexpr std::size_t kMaxAnswer = 256 * 1024;
constexpr std::size_t kMaxKeyFile = 4096;
// A machine outside Azure has nobody at the address, so waiting long tells nothing.
constexpr std::chrono::seconds kTimeout = 10s;
constexpr int kRepetitions = 3;
constexpr int kUpgradeRepetitions = 7;

struct Reply {
  Reply() = default;
  int status = 0;
  Headers headers;
  std::string body;
};

// The path in `Basic realm=/var/opt/azcmagent/tokens/….key`, quoted or not.
std::string realm_of(std::string_view challenge) {
  constexpr std::string_view kBasic = "basic realm=";
  if (!equals_ignore_case(challenge.substr(0, kBasic.size()), kBasic)) return {};
  std::string_view path = trim(challenge.substr(kBasic.size()));
  if (path.size() >= 2 && path.front() == '"' && path.back() == '"')
    path = path.substr(1, path.size() - 2);
  return std::string(path);
}

// The agent's key. The path comes from an answer, so it may only be a key file directly in the
// agent's folder, and no link.
Result<Secret> read_challenge_file(const std::filesystem::path& file,
                                   const std::filesystem::path& folder) {
  if (file.parent_path() != folder || file.extension() != ".key" || file.filename() == "..key")
    return Error(Errc::protocol,
                 "the Arc agent's challenge names a file outside its folder; it is not read");
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return Error(
        Errc::config,
        fmt::format("{} cannot be read; add the service's user to the group himds", file.string()));

  struct stat facts {};

  std::string text(kMaxKeyFile, '\0');
  const bool good = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0 &&
                    static_cast<std::size_t>(facts.st_size) <= kMaxKeyFile;
  const ssize_t count = good ? ::read(fd, text.data(), text.size()) : -1;
  ::close(fd);
  if (count <= 0)
    return Error(Errc::protocol, "the Arc agent's key file is no regular file of up to 4096 bytes");
  Secret out(std::string(trim(std::string_view(text).substr(0, static_cast<std::size_t>(count)))));
  wipe(text);
  return out;
}

Error refusal(const Reply& reply, Instant now) {
  const SmallJson json(reply.body);
  Error error(Errc::auth, "");
  error.http_status = reply.status;
  error.service_code = json.text({"error"}).value_or("").substr(0, 60);
  if (reply.status == 429) {
    error.code = Errc::throttled;
    error.message = "the metadata service is asked too often";
  } else if (reply.status >= 500 || reply.status == 404 || reply.status == 408 ||
             reply.status == 410) {
    error.code = Errc::unavailable;
    error.message = fmt::format("the metadata service answered with status {}", reply.status);
  } else {
    error.message = fmt::format(
        "the metadata service gives no token (status {}): no managed identity is assigned to this "
        "machine, or several are and tenant.client_id "
        "names none of them",
        reply.status);
  }
  if (error.code != Errc::auth)
    error.retry_after = parse_retry_after(find_header(reply.headers, "Retry-After"), {}, now);
  return error;
}

bool is_worth_repeating(int status) {
  return status == 404 || status == 408 || status == 410 || status == 429 || status >= 500;
}

class ManagedIdentity final : public Credential {
 public:
  ManagedIdentity(TokenContext context, ManagedIdentityOptions options)
      : context_(context), options_(std::move(options)) {}

  Task<TokenAnswer> acquire(std::string scope) override {
    const std::string url = address(scope);
    HARRIER_CO_TRY(Reply reply, co_await ask_patiently(url));
    if (const std::string realm = realm_of(find_header(reply.headers, "WWW-Authenticate"));
        reply.status == 401 && !realm.empty()) {
      HARRIER_CO_TRY(const Secret key, read_challenge_file(realm, options_.key_folder));
      HARRIER_CO_TRY(reply, co_await ask(url, fmt::format("Basic {}", key.reveal())));
    }
    const Instant now = context_.clock.now();
    if (reply.status < 200 || reply.status > 299) co_return refusal(reply, now);
    auto answer = parse_token_answer(reply.body, now);
    wipe(reply.body);
    if (answer && !answer->refresh_in && answer->lifetime >= 7200s)
      answer->refresh_in = answer->lifetime / 2;
    co_return answer;
  }

 private:
  std::string address(std::string_view scope) const {
    constexpr std::string_view kDefault = "/.default";
    if (scope.size() > kDefault.size() && scope.substr(scope.size() - kDefault.size()) == kDefault)
      scope.remove_suffix(kDefault.size());
    std::string url =
        fmt::format("{}?api-version={}&resource={}", options_.endpoint,
                    options_.arc ? "2020-06-01" : "2018-02-01", percent_encode(scope));
    if (!options_.client_id.empty()) url += "&client_id=" + percent_encode(options_.client_id);
    return url;
  }

  Task<Reply> ask(std::string url, std::string authorization) {
    Request request;
    request.url = std::move(url);
    request.timeout = kTimeout;
    request.plain_metadata = true;
    request.headers.emplace_back("Metadata", "true");
    if (!authorization.empty())
      request.headers.emplace_back("Authorization", std::move(authorization));
    auto response =
        co_await send_measured(context_.http, context_.metrics, "login", std::move(request));
    if (!response) {
      Error error = response.error();
      error.message += "; is this machine in Azure, or its Arc agent running?";
      co_return error;
    }
    Reply reply;
    reply.status = (*response)->status();
    reply.headers = (*response)->headers();
    HARRIER_CO_TRY(reply.body, co_await read_all(**response, kMaxAnswer));
    co_return reply;
  }

  // The service's documented repetitions; 410 means that it is being upgraded, which takes up to 70
  // s.
  Task<Reply> ask_patiently(std::string url) {
    int upgrades = 0;
    for (int failures = 0;; ++failures) {
      HARRIER_CO_TRY(Reply reply, co_await ask(url, std::string()));
      if (!is_worth_repeating(reply.status)) co_return reply;
      const bool upgrading = reply.status == 410;
      if (upgrading ? ++upgrades > kUpgradeRepetitions : failures - upgrades >= kRepetitions)
        co_return reply;
      const auto wait =
          upgrading ? options_.retry_unit * 10 : options_.retry_unit * (1 << (failures - upgrades));
      co_await sleep_for(wait);
    }
  }

  TokenContext context_;
  ManagedIdentityOptions options_;
};

Result<> must_be_loopback(const std::string& address, std::string_view source) {
  const auto url = parse_url(address);
  if (url && url->scheme == "http" && is_loopback_host(url->host)) return {};
  return Error(Errc::config, fmt::format("{} must be an http:// address of this machine", source));
}

}  // namespace

std::unique_ptr<Credential> make_managed_identity(TokenContext context,
                                                  ManagedIdentityOptions options) {
  return std::make_unique<ManagedIdentity>(context, std::move(options));
}

Result<ManagedIdentityOptions> managed_identity_options(
    const std::string& imds_endpoint, const std::string& client_id,
    const std::function<std::string(const char*)>& environment) {
  ManagedIdentityOptions options;
  options.client_id = client_id;
  const std::string identity_endpoint = environment("IDENTITY_ENDPOINT");
  if (!imds_endpoint.empty()) {
    HARRIER_TRYV(must_be_loopback(imds_endpoint, "tenant.credential.imds_endpoint"));
    options.endpoint = imds_endpoint;
    while (options.endpoint.back() == '/') options.endpoint.pop_back();
    if (parse_url(options.endpoint)->target == "/") options.endpoint += kTokenPath;
    return options;
  }
  if (!identity_endpoint.empty() && !environment("IMDS_ENDPOINT").empty()) {
    HARRIER_TRYV(must_be_loopback(identity_endpoint, "IDENTITY_ENDPOINT"));
    options.endpoint = identity_endpoint;
    options.arc = true;
    return options;
  }
  std::error_code ignored;
  options.arc = std::filesystem::exists("/var/opt/azcmagent/bin/himds", ignored) ||
                std::filesystem::exists("/opt/azcmagent/bin/himds", ignored);
  options.endpoint = fmt::format("{}{}", options.arc ? kArcHost : kAzureHost, kTokenPath);
  return options;
}

}  // namespace harrier::net
