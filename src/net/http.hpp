// HTTP as the rest of Harrier sees it. No Beast type appears here, on purpose.
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::net {

enum class Method : std::uint8_t { get, post };

using Headers = std::vector<std::pair<std::string, std::string>>;

/// First header of that name (any case); empty where there is none.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name) noexcept;

/// One request. Declares a constructor so that it is safe inside co_await on g++ 12.
struct Request {
  Request() = default;
  Method method = Method::get;
  std::string url;  ///< absolute; https, or http to loopback (and to a metadata address with
                    ///< `plain_metadata`)
  Headers headers;
  std::string body;
  std::string caller;  ///< the stream that asks, for the log
  std::chrono::milliseconds timeout{
      180'000};  ///< connect to the last byte of the head; each later read has it anew
  bool plain_metadata = false;  ///< an instance metadata address: plain http, never through a proxy
};

/// The head of an answer, and its body as a stream of decoded bytes.
class Response {
 public:
  virtual ~Response() = default;
  [[nodiscard]] virtual int status() const noexcept = 0;
  [[nodiscard]] virtual const Headers& headers() const noexcept = 0;
  /// First header of that name (any case); empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  /// The next piece of the body, inflated; valid until the next call. Empty once the end was seen
  /// and verified: Content-Length or last chunk, and the gzip trailer. Errors: unavailable (reset),
  /// timeout, protocol (torn body, bad checksum, wrong length, bomb).
  [[nodiscard]] virtual Task<std::string_view> read() = 0;
  /// Bytes that came over the wire so far.
  [[nodiscard]] virtual std::uint64_t wire_bytes() const noexcept = 0;
};

/// The rest of a body as one string. Errors: as `Response::read`; limit, beyond `max_bytes`.
[[nodiscard]] Task<std::string> read_all(Response& response, std::size_t max_bytes);

/// Sends requests over pooled, verified TLS connections. Never follows a redirect.
///
/// Threads: I/O thread only. Errors: unavailable, timeout, protocol, config (proxy refuses the
/// credentials), cancelled. A status of any value is a response, not an error.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  [[nodiscard]] virtual Task<std::unique_ptr<Response>> send(Request request) = 0;
};

/// True when both URLs have the same scheme, host and port.
[[nodiscard]] bool same_origin(std::string_view a, std::string_view b);

}  // namespace harrier::net
