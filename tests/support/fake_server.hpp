// A scripted HTTP or HTTPS server on loopback, for tests of whatever sends requests.
#pragma once

#include "support/test_ca.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::test {

/// A request as it came.
struct SeenRequest {
  SeenRequest() = default;
  std::string method;
  std::string target;  ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int connection = 0;  ///< 1 for the first connection of the server, and so on

  /// First header of that name (any case); empty where there is none.
  [[nodiscard]] std::string header(std::string_view name) const;

  [[nodiscard]] std::string path() const { return target.substr(0, target.find('?')); }
};

/// What goes wrong while an answer is sent.
enum class Fault {
  none,
  reset,         ///< the connection is reset before any byte of an answer
  close,         ///< it is closed in order before any byte
  hang,          ///< no byte ever comes; the connection stays open
  torn,          ///< half of the body, then an orderly close
  torn_reset,    ///< half of the body, then a reset
  hang_in_body,  ///< half of the body, then silence
  garbage,       ///< bytes that are no HTTP
};

enum class Packing { none, gzip, raw_deflate, zlib };

/// A scripted answer.
struct Reply {
  Reply() = default;

  explicit Reply(int status_, std::string body_ = {}) : status(status_), body(std::move(body_)) {}

  Reply& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }

  Reply& fail(Fault fault_) {
    fault = fault_;
    return *this;
  }

  Reply& pack(Packing packing_) {
    packing = packing_;
    return *this;
  }

  Reply& chunks(std::size_t size) {
    chunk_size = size;
    return *this;
  }

  Reply& raw(std::string bytes) {
    verbatim = std::move(bytes);
    return *this;
  }

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Packing packing = Packing::none;  ///< packs the body and says so in Content-Encoding
  std::size_t chunk_size = 0;       ///< not 0: chunked transfer in pieces of this size
  bool until_close = false;  ///< neither Content-Length nor chunks: the end of the connection is
                             ///< the end of the body
  bool close_after = false;  ///< closes behind the answer without announcing it
  std::chrono::milliseconds delay{0};        ///< before the first byte
  std::chrono::milliseconds piece_delay{0};  ///< between chunks
  Fault fault = Fault::none;
  std::string verbatim;  ///< not empty: sent instead of everything above
};

struct ServerOptions {
  ServerOptions() = default;
  bool tls = false;
  Identity identity;          ///< empty: issued for localhost by the server's own authority
  bool only_tls_1_1 = false;  ///< refuses newer protocols
};

/// Serves on a thread of its own until destroyed. All members are thread-safe; handlers run on the
/// server's thread.
class FakeServer {
 public:
  using Handler = std::function<Reply(const SeenRequest&)>;

  explicit FakeServer(ServerOptions options = ServerOptions());
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer();

  /// Answers requests whose target starts with `prefix` (the longest wins); an optional `METHOD `
  /// in front narrows it. Requests without a script get 404.
  void script(std::string prefix, Handler handler);
  /// The same answer every time.
  void script(std::string prefix, Reply reply);
  /// One answer after the other; the last one is repeated.
  void script(std::string prefix, std::vector<Reply> replies);

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
  [[nodiscard]] std::string url(std::string_view target = {}) const;
  /// The authority that issued the server's certificate; PEM.
  [[nodiscard]] std::string ca() const;
  [[nodiscard]] std::vector<SeenRequest> requests() const;
  /// Requests whose target starts with `prefix`.
  [[nodiscard]] std::vector<SeenRequest> requests(std::string_view prefix) const;
  [[nodiscard]] int connections() const;
  /// Closes every open connection, as an idle timeout of the server would.
  void drop_connections();

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

/// A proxy that opens tunnels: whatever host is asked for, the tunnel leads to `upstream_port` on
/// loopback.
class FakeProxy {
 public:
  /// `authorization`: the Proxy-Authorization value it wants; without it the answer is 407. Empty:
  /// none.
  explicit FakeProxy(std::uint16_t upstream_port, std::string authorization = {});
  FakeProxy(const FakeProxy&) = delete;
  FakeProxy& operator=(const FakeProxy&) = delete;
  ~FakeProxy();

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// The heads of all requests, as they came.
  [[nodiscard]] std::vector<SeenRequest> requests() const;
  /// Answers every later CONNECT with this status; 0 opens tunnels again.
  void refuse_with(int status);
  /// Later tunnels lead to this port.
  void lead_to(std::uint16_t upstream_port);

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

/// `body` packed; for expectations and for scripts of one's own.
[[nodiscard]] std::string pack(std::string_view body, Packing packing);

}  // namespace harrier::test
