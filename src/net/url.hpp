// URLs as requests need them: where to connect, what to ask for, and whether two are of one origin.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace harrier::net {

/// A URL taken apart.
struct Url {
  Url() = default;
  std::string scheme;      ///< http or https
  std::string host;        ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  ///< the scheme's own where the URL names none
  std::string target;      ///< path and query, as sent on the request line; at least `/`

  /// `https://host:port`, the key of the connection pool.
  [[nodiscard]] std::string origin() const;
  /// `host[:port]` for the Host header: no port where it is the scheme's own.
  [[nodiscard]] std::string host_header() const;
};

/// Takes an absolute http or https URL apart. Characters that do not belong into a URL (blanks,
/// quotes, braces, bytes beyond ASCII) are percent-encoded, because links in API answers hold them
/// now and then. Errors: protocol (no URL, another scheme, user information in it, a control
/// character).
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// `text` for a query value or a form body: everything but unreserved characters becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// True for `localhost`, 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;
/// True for a link-local instance metadata address (169.254.169.254).
[[nodiscard]] bool is_metadata_host(std::string_view host) noexcept;

/// `host:port` with brackets around an IPv6 address.
[[nodiscard]] std::string join_host_port(std::string_view host, std::uint16_t port);

}  // namespace harrier::net
