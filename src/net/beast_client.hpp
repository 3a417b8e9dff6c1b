// The HttpClient that talks to the network.
#pragma once

#include "net/http.hpp"
#include "net/inflate.hpp"
#include "net/proxy.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace harrier::settings {
struct Network;
}

namespace harrier::net {

/// How to reach the network.
struct HttpOptions {
  HttpOptions() = default;
  ProxyRules proxy;
  std::filesystem::path ca_file;  ///< added to the system's roots
  std::chrono::milliseconds connect_timeout{
      10'000};  ///< name resolution, TCP, tunnel and TLS handshake
  std::chrono::milliseconds idle_timeout{90'000};  ///< how long an unused connection is kept
  std::size_t max_idle_per_origin = 8;
  InflateLimits inflate;
};

/// Options from `[network]` and the environment's proxy variables. Errors: config.
[[nodiscard]] Result<HttpOptions> http_options(const settings::Network& network);

/// A client whose connections live on `executor`. Errors: config (`ca_file`).
[[nodiscard]] Result<std::unique_ptr<HttpClient>> make_http_client(asio::any_io_executor executor,
                                                                   HttpOptions options);

}  // namespace harrier::net
