#include "settings/values.hpp"

#include "base/text.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace harrier::settings {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits = {
    {{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}}};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The digits at the front of `text`, taken off it.
std::optional<std::int64_t> take_number(std::string_view& text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.empty() || !is_digit(text.front())) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view take_letters(std::string_view& text) noexcept {
  const auto end = std::min(text.find_first_of("0123456789"), text.size());
  const auto letters = text.substr(0, end);
  text.remove_prefix(end);
  return letters;
}

struct Url {
  std::string_view scheme;
  std::string_view user;  ///< `user:password`
  std::string_view host;
  std::string_view port;
  std::string_view rest;
  bool valid = false;
};

bool is_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return false;
  return std::all_of(text.begin(), text.end(), is_digit) &&
         take_number(text).value_or(65'536) <= 65'535;
}

// `host`, `host:port`, `[v6]:port`; false when neither.
bool split_host_port(std::string_view text, std::string_view& host,
                     std::string_view& port) noexcept {
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    if (bracket == std::string_view::npos) return false;
    host = text.substr(0, bracket + 1);
    const auto rest = text.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    port = rest.empty() ? rest : rest.substr(1);
    return host.size() > 2 && (rest.empty() || is_port(port));
  }
  host = text.substr(0, colon);
  if (host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
      std::string_view::npos)
    return false;
  if (colon != std::string_view::npos) port = text.substr(colon + 1);
  return !host.empty() && (colon == std::string_view::npos || is_port(port));
}

Url parse_url(std::string_view text) noexcept {
  Url url;
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) return url;
  url.scheme = text.substr(0, separator);
  text.remove_prefix(separator + 3);
  const auto end = std::min(text.find_first_of("/?#"), text.size());
  url.rest = text.substr(end);
  text = text.substr(0, end);
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    url.user = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  url.valid = split_host_port(text, url.host, url.port) &&
              url.rest.find_first_of(" \t\r\n") == std::string_view::npos;
  return url;
}

// Past the string literal that begins at `at` (its prefixes h and @ were seen as letters before);
// npos when it has no end.
std::size_t skip_kql_string(std::string_view text, std::size_t at, bool verbatim) noexcept {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (!verbatim && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (!verbatim || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) noexcept {
  if (text == "0") return Milliseconds(0);
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto letters = take_letters(text);
    while (next_unit < kDurationUnits.size() && kDurationUnits[next_unit].name != letters)
      ++next_unit;
    if (!number || next_unit == kDurationUnits.size()) return std::nullopt;
    const std::int64_t factor = kDurationUnits[next_unit++].factor;
    if (*number > (std::numeric_limits<std::int64_t>::max() / 10'000 - total) / factor)
      return std::nullopt;
    total += *number * factor;
  }
  return Milliseconds(total);
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.empty()) return static_cast<std::uint64_t>(*number);
  for (const auto& unit : kSizeUnits) {
    if (unit.name != text) continue;
    if (*number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return static_cast<std::uint64_t>(*number * unit.factor);
  }
  return std::nullopt;
}

bool is_guid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_loopback_host(std::string_view host) noexcept {
  if (host == "[::1]" || host == "::1" || equals_ignore_case(host, "localhost")) return true;
  if (!host.starts_with("127.")) return false;
  return std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string url_problem(std::string_view text) {
  const Url url = parse_url(text);
  if (!url.valid || (url.scheme != "https" && url.scheme != "http"))
    return "is no base URL: write https://HOST or https://HOST:PORT";
  if (!url.user.empty()) return "holds a user name: credentials belong to [tenant.credential]";
  if (url.rest.find_first_of("?#") != std::string_view::npos)
    return "has a query or fragment: write the base URL only";
  if (url.scheme == "http" && !is_loopback_host(url.host))
    return "is http: only https is allowed, except for addresses of this machine (127.0.0.1, "
           "localhost, [::1])";
  return {};
}

std::string metadata_url_problem(std::string_view text) {
  const Url url = parse_url(text);
  if (!url.valid || url.scheme != "http" || !is_loopback_host(url.host) || !url.user.empty())
    return "is no metadata address: write http://127.0.0.1:PORT; only addresses of this machine "
           "are allowed";
  return {};
}

std::string proxy_problem(std::string_view text) {
  const Url url = parse_url(text);
  if (!url.valid || url.scheme != "http" || url.port.empty() ||
      (!url.rest.empty() && url.rest != "/"))
    return "is no proxy address: write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT";
  return {};
}

std::string listen_problem(std::string_view text, bool loopback_only) {
  std::string_view host;
  std::string_view port;
  if (!split_host_port(text, host, port) || port.empty())
    return "is no address to listen on: write HOST:PORT, such as 127.0.0.1:9464";
  if (loopback_only && !is_loopback_host(host))
    return "is not an address of this machine only: write 127.0.0.1:PORT or [::1]:PORT";
  return {};
}

std::string filter_problem(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = skip_kql_string(text, i, i > 0 && text[i - 1] == '@');
      if (i == std::string_view::npos) return "holds a string without an end";
      continue;
    }
    if (c == '|')
      return "holds a | outside a string: write one condition; combine conditions with and, or";
    if (c == ';') return "holds a ; outside a string: write one condition";
    if (c == '\n' || c == '\r') return "goes over several lines: write one condition on one line";
    if (text.substr(i).starts_with("//")) return "holds a comment: write one condition";
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) break;
    ++i;
  }
  return depth == 0 ? std::string() : "has brackets that do not match";
}

}  // namespace harrier::settings
