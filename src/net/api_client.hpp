// One Microsoft API: its address, its tokens, its budget, its clock, and what its errors mean.
#pragma once

#include "base/metrics.hpp"
#include "net/budget.hpp"
#include "net/http.hpp"
#include "net/token.hpp"

#include <memory>
#include <string>

namespace harrier::net {

/// What an ApiClient needs to know about its API.
struct ApiOptions {
  ApiOptions() = default;
  std::string name;  ///< metrics label: graph, defender, office365
  /// No trailing slash; links to another origin are refused. Empty: the cloud lacks the API, every
  /// call is `unlicensed`.
  std::string base_url;
  std::string scope;
  std::chrono::milliseconds timeout{180'000};  ///< of every call; replaces the request's own
};

/// Sends authorised requests to one API. I/O thread only; outlives its calls.
class ApiClient {
 public:
  /// All references must outlive the client. `metrics` gets harrier_http_*.
  ApiClient(ApiOptions options, HttpClient& http, TokenSource& tokens, Budget& budget,
            const Clock& clock, Metrics& metrics);

  /// Waits for the budget, adds the bearer token, sends, and returns a 2xx answer. `url` is a path
  /// below `base_url` (`/v1.0/...`) or an absolute link of the same origin. A 401 is repeated once
  /// with a new token.
  ///
  /// Errors: protocol (link to another origin, redirect); throttled (429, 503 with Retry-After,
  /// AF429; `retry_after` from the header in seconds, fractions or HTTP-date, else from "N seconds"
  /// in the body, else unset); auth (401 again); forbidden (403); gone (410); not_found (404);
  /// too_large (the hunting size and limit errors, 413); timeout (504, or a deadline); unavailable
  /// (other 5xx, network); unlicensed (400 with an unresolved table name, 403 for want of an Entra
  /// licence); config (other 4xx). `service_code` holds the body's `error.code`, also when the body
  /// is HTML or single-quoted text with an AF code in it.
  [[nodiscard]] Task<std::unique_ptr<Response>> call(Request request);

  /// The service's clock: the machine's, corrected by `clock_skew`.
  [[nodiscard]] Instant now() const noexcept;

  /// The service's clock as its newest answer told it, however long ago: for judging that answer.
  [[nodiscard]] Instant answered_now() const noexcept { return clock_.now() + skew_; }

  /// Service clock minus machine clock, by the newest `Date` header. Zero before the first answer,
  /// and when the newest is a minute old, ten minutes where the one before agreed: one wrong header
  /// must not keep a stream from asking until the clock has caught up with it.
  [[nodiscard]] Ticks clock_skew() const noexcept;

  [[nodiscard]] const ApiOptions& options() const noexcept { return options_; }

  [[nodiscard]] Budget& budget() noexcept { return budget_; }

 private:
  Task<std::unique_ptr<Response>> attempt(Request request);
  void note_date(const Response& response);

  ApiOptions options_;
  HttpClient& http_;
  TokenSource& tokens_;
  Budget& budget_;
  const Clock& clock_;
  Metrics& metrics_;
  Ticks skew_{0};
  Instant skew_heard_;
  bool skew_confirmed_ = false;
};

/// The error that an answer with a status outside 200-299 stands for; `body` is its first 64 KiB.
[[nodiscard]] Error error_of(int status, const Headers& headers, std::string_view body,
                             Instant now);

/// Declares harrier_http_requests, harrier_http_throttled and
/// harrier_http_request_duration_seconds; repeating it does no harm.
void declare_http_metrics(Metrics& metrics);

/// `http.send` with its duration and its status, or the error's name, counted under `api`.
[[nodiscard]] Task<std::unique_ptr<Response>> send_measured(HttpClient& http, Metrics& metrics,
                                                            std::string api, Request request);

}  // namespace harrier::net
