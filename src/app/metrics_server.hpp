// A small HTTP server for /metrics, /healthz and /readyz.
#pragma once

#include "base/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace harrier::app {

/// What a page says.
struct PageAnswer {
  PageAnswer() = default;

  PageAnswer(int status_, std::string content_type_, std::string body_)
      : status(status_), content_type(std::move(content_type_)), body(std::move(body_)) {}

  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Answers GET and HEAD, one request a connection. I/O thread only.
class MetricsServer {
 public:
  /// Called with the path; status 404 for an unknown one.
  using Handler = std::function<Task<PageAnswer>(std::string path)>;

  /// `listen` is host:port; port 0 takes a free one. Errors: config.
  [[nodiscard]] static Result<std::unique_ptr<MetricsServer>> start(asio::any_io_executor executor,
                                                                    const std::string& listen,
                                                                    Handler handler);
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  ~MetricsServer();

  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct State;

  explicit MetricsServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace harrier::app
