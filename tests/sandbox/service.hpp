// The simulated tenant as a whole: routes requests, applies faults, writes the log of requests.
#pragma once

#include "sandbox/faults.hpp"
#include "sandbox/http.hpp"
#include "sandbox/tenant.hpp"
#include "sandbox/tokens.hpp"

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace harrier::sandbox {

/// Thread-safe: one instance serves all connections.
class Service {
 public:
  /// Errors: config (faults that do not parse), internal (catalog).
  [[nodiscard]] static Result<std::unique_ptr<Service>> create(Options options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  /// Serves a connection to its end.
  void serve(Connection& connection);

 private:
  struct Exchange;

  explicit Service(std::unique_ptr<Tenant> tenant);

  [[nodiscard]] Instant now() const noexcept;
  [[nodiscard]] HttpResponse answer(Exchange& exchange);
  [[nodiscard]] HttpResponse route(Exchange& exchange);
  [[nodiscard]] HttpResponse control(const HttpRequest& request);
  [[nodiscard]] Result<> set_skew(Ticks skew);
  [[nodiscard]] HttpResponse ledger(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse hunt(Exchange& exchange) const;
  [[nodiscard]] static std::optional<HttpResponse> faulty_answer(const Exchange& exchange,
                                                                 Instant now);
  /// Sends; false when the connection is over.
  [[nodiscard]] bool send(Connection& connection, const Exchange& exchange, HttpResponse response);
  void log(const Exchange& exchange, const HttpResponse& response);

  std::unique_ptr<Tenant> tenant_;
  Tokens tokens_;
  Faults faults_;
  SystemClock clock_;
  std::atomic<std::int64_t> skew_;
  std::mutex log_mutex_;
  std::FILE* log_ = nullptr;
};

}  // namespace harrier::sandbox
