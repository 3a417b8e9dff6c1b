// Which requests go through the HTTP proxy, and how it is addressed.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::net {

/// An HTTP proxy that opens tunnels (CONNECT).
struct Proxy {
  Proxy() = default;
  std::string host;
  std::uint16_t port = 0;
  Secret authorization;  ///< value of Proxy-Authorization; empty where none is needed
};

/// Hosts that are reached directly. Entries, separated by commas or blanks: `*`; a host name, which
/// also covers the names below it, with or without a leading dot or `*.`; an IP address; a network
/// (`10.0.0.0/8`); each but `*` with an optional `:port`.
class NoProxy {
 public:
  NoProxy() = default;
  explicit NoProxy(std::string_view list);
  [[nodiscard]] bool matches(std::string_view host, std::uint16_t port) const;

 private:
  struct Rule {
    std::string host;        ///< lower case, or the network's address
    int prefix = -1;         ///< of a network; -1: not a network
    std::uint16_t port = 0;  ///< 0: any
  };

  bool any_ = false;
  std::vector<Rule> rules_;
};

/// The proxy and its exceptions. Loopback and instance metadata addresses never go through it.
class ProxyRules {
 public:
  ProxyRules() = default;
  /// `setting` is `network.proxy`; empty: HTTPS_PROXY (https_proxy) decides. NO_PROXY (no_proxy)
  /// applies to both. `environment` returns a variable's value, empty where it is unset. Errors:
  /// config.
  [[nodiscard]] static Result<ProxyRules> make(
      std::string_view setting, const std::function<std::string(const char*)>& environment);

  /// nullptr: direct.
  [[nodiscard]] const Proxy* proxy_for(std::string_view host, std::uint16_t port) const;

 private:
  std::shared_ptr<const Proxy> proxy_;
  NoProxy exceptions_;
};

}  // namespace harrier::net
