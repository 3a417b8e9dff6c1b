#include "net/api_client.hpp"

#include "base/log.hpp"
#include "net/url.hpp"

#include <fmt/format.h>

#include <chrono>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxErrorBody = 64 * 1024;
// A throttling answer that names no time stops the others for a moment; the stream itself backs off
// on its own.
constexpr std::chrono::milliseconds kDefaultBlock = 1s;
// The Date header has whole seconds, so smaller differences are no skew.
constexpr Ticks kNoSkew = 2s;
constexpr Ticks kTrustOne = 1min;
constexpr Ticks kTrustConfirmed = 10min;

// An answer that holds its place in the budget until its body has ended.
class HeldResponse final : public Response {
 public:
  HeldResponse(std::unique_ptr<Response> inner, Budget::Permit permit)
      : inner_(std::move(inner)), permit_(std::move(permit)) {}

  [[nodiscard]] int status() const noexcept override { return inner_->status(); }

  [[nodiscard]] const Headers& headers() const noexcept override { return inner_->headers(); }

  [[nodiscard]] std::uint64_t wire_bytes() const noexcept override { return inner_->wire_bytes(); }

  Task<std::string_view> read() override {
    auto piece = co_await inner_->read();
    if (!piece || piece->empty()) permit_ = Budget::Permit();
    co_return piece;
  }

 private:
  std::unique_ptr<Response> inner_;
  Budget::Permit permit_;
};

// As much of a failed answer's body as can be had; a torn one still has its status.
Task<std::string> error_body(Response& response) {
  std::string body;
  while (body.size() < kMaxErrorBody) {
    auto piece = co_await response.read();
    if (!piece || piece->empty()) break;
    body += piece->substr(0, kMaxErrorBody - body.size());
  }
  co_return body;
}

}  // namespace

void declare_http_metrics(Metrics& metrics) {
  metrics.declare("harrier_http_requests", Metrics::Kind::counter,
                  "Requests by API and HTTP status, or the name of the error that came instead.");
  metrics.declare("harrier_http_throttled", Metrics::Kind::counter, "Answers that asked to wait.");
  metrics.declare("harrier_http_request_duration_seconds", Metrics::Kind::histogram,
                  "Seconds from sending a request to the head of its answer.",
                  {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180});
}

Task<std::unique_ptr<Response>> send_measured(HttpClient& http, Metrics& metrics, std::string api,
                                              Request request) {
  const auto start = std::chrono::steady_clock::now();
  auto outcome = co_await http.send(std::move(request));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  metrics.observe("harrier_http_request_duration_seconds", Labels(1, {"api", api}), took.count());
  const std::string code =
      outcome ? std::to_string((*outcome)->status()) : std::string(to_string(outcome.error().code));
  metrics.add("harrier_http_requests", Labels({{"api", api}, {"code", code}}));
  co_return outcome;
}

ApiClient::ApiClient(ApiOptions options, HttpClient& http, TokenSource& tokens, Budget& budget,
                     const Clock& clock, Metrics& metrics)
    : options_(std::move(options)),
      http_(http),
      tokens_(tokens),
      budget_(budget),
      clock_(clock),
      metrics_(metrics) {
  declare_http_metrics(metrics_);
}

Instant ApiClient::now() const noexcept {
  return clock_.now() + clock_skew();
}

Ticks ApiClient::clock_skew() const noexcept {
  const Ticks age = clock_.now() - skew_heard_;
  return age < (skew_confirmed_ ? kTrustConfirmed : kTrustOne) ? skew_ : Ticks(0);
}

Task<std::unique_ptr<Response>> ApiClient::call(Request request) {
  if (options_.base_url.empty())
    co_return Error(Errc::unlicensed,
                    fmt::format("{}: this cloud does not offer the API", options_.name));
  if (request.url.substr(0, 1) == "/") {
    request.url.insert(0, options_.base_url);
  } else if (!same_origin(request.url, options_.base_url)) {
    co_return Error(Errc::protocol,
                    fmt::format("{}: a link leads to another host than {}; it is not followed",
                                options_.name, options_.base_url));
  }
  request.timeout = options_.timeout;
  if (find_header(request.headers, "Accept").empty())
    request.headers.emplace_back("Accept", "application/json");
  auto outcome = co_await attempt(std::move(request));
  if (!outcome) co_return with_context(outcome.error(), options_.name);
  co_return outcome;
}

Task<std::unique_ptr<Response>> ApiClient::attempt(Request request) {
  for (bool repeated = false;; repeated = true) {
    HARRIER_CO_TRY(Budget::Permit permit, co_await budget_.acquire(request.caller));
    HARRIER_CO_TRY(const Secret token, co_await tokens_.token(options_.scope));
    Request authorised = request;
    authorised.headers.emplace_back("Authorization", fmt::format("Bearer {}", token.reveal()));
    HARRIER_CO_TRY(std::unique_ptr<Response> response,
                   co_await send_measured(http_, metrics_, options_.name, std::move(authorised)));
    note_date(*response);
    if (response->status() >= 200 && response->status() <= 299)
      co_return std::make_unique<HeldResponse>(std::move(response), std::move(permit));
    HARRIER_CO_TRY(const std::string body, co_await error_body(*response));
    const Error error = error_of(response->status(), response->headers(), body, now());
    if (error.code == Errc::throttled) {
      metrics_.add("harrier_http_throttled", Labels(1, {"api", options_.name}));
      budget_.throttled(error.retry_after.value_or(kDefaultBlock));
    }
    const bool newer_roles =
        error.code == Errc::forbidden && !repeated && tokens_.outdate(options_.scope, token);
    if (newer_roles) continue;
    if (error.code != Errc::auth) co_return error;
    tokens_.invalidate(options_.scope, token);
    if (repeated) co_return error;
  }
}

void ApiClient::note_date(const Response& response) {
  const auto date = parse_http_date(response.header("Date"));
  if (!date) return;
  const Instant now = clock_.now();
  const Ticks skew = *date - now;
  skew_confirmed_ = std::chrono::abs(skew - skew_) < kNoSkew;
  skew_ = std::chrono::abs(skew) < kNoSkew ? Ticks(0) : skew;
  skew_heard_ = now;
}

}  // namespace harrier::net
