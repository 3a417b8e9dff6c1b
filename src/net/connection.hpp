// One TCP connection with TLS on it where the URL says https, and how it is opened.
#pragma once

#include "base/task.hpp"
#include "net/proxy.hpp"
#include "net/url.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace harrier::net {

/// An open connection and its read buffer. I/O thread only.
class Connection {
 public:
  using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

  Connection(const asio::any_io_executor& executor, asio::ssl::context& context);

  /// Reads what has arrived behind the unread bytes, waiting for at least one byte; false at the
  /// end of the stream. Errors: unavailable (reset), protocol (the buffer is full).
  [[nodiscard]] Task<bool> fill();
  /// The same. Errors also: timeout, where nothing has come within `limit`.
  [[nodiscard]] Task<bool> fill(std::chrono::milliseconds limit);
  /// Writes all of `bytes`, which must stay valid. Errors: unavailable.
  [[nodiscard]] Task<> write(std::string_view bytes);

  /// Bytes that were read and not consumed.
  [[nodiscard]] std::string_view unread() const noexcept {
    return {buffer_.get() + begin_, end_ - begin_};
  }

  void consume(std::size_t count) noexcept { begin_ += count; }

  /// The peer closed without the TLS goodbye, so the end may be an attacker's.
  [[nodiscard]] bool truncated() const noexcept { return truncated_; }

  /// False where the peer has closed, or has sent what nobody asked for.
  [[nodiscard]] bool is_idle() noexcept;

  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

  [[nodiscard]] Stream& stream() noexcept { return stream_; }

  [[nodiscard]] asio::ip::tcp::socket& socket() noexcept { return stream_.next_layer(); }

  std::chrono::steady_clock::time_point idle_since{};

 private:
  Stream stream_;
  bool secured_ = false;  ///< the handshake is done: bytes go through TLS
  bool truncated_ = false;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t bytes_read_ = 0;
  asio::steady_timer timer_;
  std::shared_ptr<unsigned> turn_ = std::make_shared<unsigned>(0);  ///< the `fill` that is timed

  friend class Dialer;
};

/// Opens connections: name resolution, proxy tunnel, TLS handshake with verification of chain and
/// host name.
///
/// Source of the TLS rules: Entra and the APIs end everything below TLS 1.2; no pinning, system
/// roots plus `ca_file`.
class Dialer {
 public:
  /// Errors: config (`ca_file` cannot be used).
  [[nodiscard]] static Result<std::unique_ptr<Dialer>> make(
      asio::any_io_executor executor, const std::filesystem::path& ca_file,
      std::chrono::milliseconds connect_timeout, std::string user_agent);

  /// Connects within the connect timeout. `proxy` may be null and must outlive the call.
  /// Errors: unavailable, timeout, config (certificate not trusted, proxy wants other credentials),
  /// protocol.
  [[nodiscard]] Task<std::unique_ptr<Connection>> dial(Url url, const Proxy* proxy);

  /// Keeps the TLS session of a connection whose answer was read, so that the next handshake to
  /// that origin is short.
  void remember_session(const std::string& origin, Connection& connection);

 private:
  struct SessionFree {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
  };

  Dialer(asio::any_io_executor executor, std::chrono::milliseconds connect_timeout,
         std::string user_agent);
  Task<std::unique_ptr<Connection>> open(const Url& url, const Proxy* proxy);
  Task<> connect(Connection& connection, std::string host, std::uint16_t port);
  Task<> tunnel(Connection& connection, const Url& url, const Proxy& proxy);
  Task<> secure(Connection& connection, const Url& url);

  asio::any_io_executor executor_;
  std::chrono::milliseconds connect_timeout_;
  std::string user_agent_;
  asio::ssl::context context_;
  std::unordered_map<std::string, std::unique_ptr<SSL_SESSION, SessionFree>> sessions_;
};

}  // namespace harrier::net
