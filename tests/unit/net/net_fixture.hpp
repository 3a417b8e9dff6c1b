// An I/O context that is run until a task ends, and a client on it.
#pragma once

#include "base/metrics.hpp"
#include "base/task.hpp"
#include "net/beast_client.hpp"
#include "support/catch.hpp"
#include "support/fake_server.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace harrier::test {

/// A clock that stands where it is put.
class SetClock final : public Clock {
 public:
  explicit SetClock(Instant start) : now_(start) {}

  [[nodiscard]] Instant now() const noexcept override { return now_; }

  void set(Instant instant) noexcept { now_ = instant; }

  void advance(std::chrono::seconds by) noexcept { now_ = now_ + Ticks(by); }

 private:
  Instant now_;
};

/// Unlike run_sync, keeps its context from one task to the next, as pooled connections need it.
class Loop {
 public:
  template <class T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> outcome;
    std::exception_ptr failure;
    asio::co_spawn(context_, std::move(task), [&](std::exception_ptr thrown, Result<T> result) {
      failure = thrown;
      outcome.emplace(std::move(result));
    });
    context_.restart();
    context_.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*outcome);
  }

  [[nodiscard]] asio::io_context& context() noexcept { return context_; }

 private:
  asio::io_context context_;
};

/// An answer read to its end.
struct Answer {
  Answer() = default;
  int status = 0;
  net::Headers headers;
  std::string body;
};

/// A loop with a client; trusts `ca` (PEM) when it is not empty.
class NetLoop : public Loop {
 public:
  explicit NetLoop(const std::string& ca = {}, net::HttpOptions options = net::HttpOptions());
  /// Sends and reads everything.
  Result<Answer> get(std::string url);
  Result<Answer> send(net::Request request);

  [[nodiscard]] net::HttpClient& http() noexcept { return *http_; }

 private:
  TempDir dir_;
  std::unique_ptr<net::HttpClient> http_;
};

}  // namespace harrier::test
