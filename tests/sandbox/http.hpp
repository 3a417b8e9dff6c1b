// HTTP/1.1 over TLS or bare, byte by byte: what is sent can be wrong on purpose.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace harrier::sandbox {

struct HttpRequest {
  std::string method;
  std::string target;                                       ///< path and query as sent
  std::string path;                                         ///< percent-decoded
  std::vector<std::pair<std::string, std::string>> query;   ///< decoded, in order
  std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// A query parameter by name, ignoring case; empty where there is none.
  [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

/// `a=1&b=2` with percent and plus escapes undone.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text);
/// Undoes percent escapes.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_blank);

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string packed;  ///< the body as gzip, where it is at hand; `body` is empty then
};

[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// One accepted connection, over TLS unless `context` is null. Blocking; one thread.
class Connection {
 public:
  Connection(int socket, ssl_ctx_st* context);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] bool is_plain() const noexcept { return tls_ == nullptr; }

  [[nodiscard]] bool handshake();
  /// Waits for the next request; false at the end of the connection or on nonsense.
  [[nodiscard]] bool read(HttpRequest& request);
  [[nodiscard]] bool write(std::string_view bytes);
  /// Ends the connection with a TCP reset.
  void reset();

 private:
  [[nodiscard]] bool fill();

  int socket_;
  ssl_st* tls_;
  std::string buffer_;
};

/// Listens on loopback, IPv4 and IPv6, and runs `handler` on a thread per connection.
class Listener {
 public:
  using Handler = std::function<void(Connection&)>;

  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  /// Errors: config (port in use), internal.
  [[nodiscard]] Result<std::uint16_t> open(std::uint16_t port,
                                           const std::filesystem::path& certificate,
                                           const std::filesystem::path& key);
  /// The same without TLS, on a port that the system chooses.
  [[nodiscard]] Result<std::uint16_t> open_plain();
  /// Accepts until the process ends.
  [[noreturn]] void run(const Handler& handler);

 private:
  [[nodiscard]] Result<std::uint16_t> listen_on(std::uint16_t port);

  ssl_ctx_st* context_ = nullptr;
  std::vector<int> sockets_;
};

}  // namespace harrier::sandbox
