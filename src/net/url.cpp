#include "net/url.hpp"

#include "base/text.hpp"
#include "net/http.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>

namespace harrier::net {

namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool is_blank_or_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F;
}

// nullopt-like empty result where a control character forbids the URL.
Result<std::string> escape_strays(std::string_view text) {
  constexpr std::string_view kStrays = " \"<>\\^`{|}";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      return Error(Errc::protocol, "a URL contains a control character");
    if (byte >= 0x80 || kStrays.find(c) != std::string_view::npos) {
      append_escaped(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

Result<Url> take_apart(const std::string& escaped) {
  const auto parsed = boost::urls::parse_uri(escaped);
  if (!parsed)
    return Error(Errc::protocol, fmt::format("not an absolute URL: {}", escaped.substr(0, 200)));
  Url url;
  url.scheme = to_lower(std::string_view(parsed->scheme()));
  if (url.scheme != "https" && url.scheme != "http")
    return Error(Errc::protocol, fmt::format("a URL has the scheme {}; only https is used",
                                             url.scheme.substr(0, 20)));
  if (parsed->has_userinfo()) return Error(Errc::protocol, "a URL contains user information");
  url.host = to_lower(parsed->host_address());
  if (url.host.empty()) return Error(Errc::protocol, "a URL has no host");
  // What was escaped there is not any more: an end of a line must not get into a request's head.
  if (std::any_of(url.host.begin(), url.host.end(), is_blank_or_control))
    return Error(Errc::protocol, "a URL's host contains a blank or a control character");
  url.port = default_port(url.scheme);
  if (const std::string_view port = parsed->port(); !port.empty()) {
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (ec != std::errc() || url.port == 0)
      return Error(Errc::protocol, "a URL has an impossible port");
  }
  // Boost.URL takes letters behind the colon for a path without its slash.
  const std::string_view path = parsed->encoded_path();
  if (!path.empty() && path.front() != '/')
    return Error(Errc::protocol, "a URL has an impossible port");
  url.target = std::string(parsed->encoded_target());
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  return url;
}

}  // namespace

std::string join_host_port(std::string_view host, std::uint16_t port) {
  if (host.find(':') != std::string_view::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

std::string Url::origin() const {
  return scheme + "://" + join_host_port(host, port);
}

std::string Url::host_header() const {
  if (port != default_port(scheme)) return join_host_port(host, port);
  return host.find(':') != std::string::npos ? "[" + host + "]" : host;
}

Result<Url> parse_url(std::string_view text) {
  HARRIER_TRY(const std::string escaped, escape_strays(trim(text)));
  try {
    return take_apart(escaped);
  } catch (const std::exception& thrown) {
    return Error(Errc::protocol, fmt::format("not a URL: {}", thrown.what()));
  }
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_escaped(out, c);
    }
  }
  return out;
}

bool is_loopback_host(std::string_view host) noexcept {
  if (equals_ignore_case(host, "localhost")) return true;
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

bool is_metadata_host(std::string_view host) noexcept {
  return host == "169.254.169.254";
}

bool same_origin(std::string_view a, std::string_view b) {
  const auto left = parse_url(a);
  const auto right = parse_url(b);
  return left && right && left->origin() == right->origin();
}

}  // namespace harrier::net
