#include "net/proxy.hpp"

#include "base/text.hpp"
#include "net/base64.hpp"
#include "net/url.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace harrier::net {

namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  const auto address = ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return address;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// An IPv4 address counts as its IPv4-mapped IPv6 form, so that one comparison serves both.
ip::address_v6::bytes_type as_bytes(const ip::address& address) {
  const auto wide =
      address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
  return wide.to_bytes();
}

bool in_network(const ip::address& address, const ip::address& network, int prefix) {
  if (address.is_v4() != network.is_v4()) return false;
  const int bits = network.is_v4() ? prefix + 96 : prefix;
  const auto left = as_bytes(address);
  const auto right = as_bytes(network);
  for (int bit = 0; bit < bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((left[at] & mask) != (right[at] & mask)) return false;
  }
  return true;
}

Result<std::shared_ptr<const Proxy>> parse_proxy(const std::string& setting) {
  // The text itself is never quoted: it may hold a password.
  constexpr std::string_view kShape =
      "the proxy must read http://host:port or http://user:password@host:port";
  const std::string text = setting.find("://") == std::string::npos ? "http://" + setting : setting;
  const auto parsed = boost::urls::parse_uri(text);
  const std::size_t at = text.rfind('@');
  const auto url = parse_url(at == std::string::npos ? text : "http://" + text.substr(at + 1));
  if (!parsed || to_lower(std::string_view(parsed->scheme())) != "http" || !url ||
      url->scheme != "http")
    return Error(Errc::config, std::string(kShape));
  auto proxy = std::make_shared<Proxy>();
  proxy->host = url->host;
  proxy->port = url->port;
  if (parsed->has_userinfo()) {
    std::string pair = parsed->user() + ":" + parsed->password();
    proxy->authorization = Secret("Basic " + base64(pair));
    wipe(pair);
  }
  return std::shared_ptr<const Proxy>(std::move(proxy));
}

}  // namespace

NoProxy::NoProxy(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(", \t"), list.size());
    std::string_view entry = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (entry.empty()) continue;
    if (entry == "*") {
      any_ = true;
      continue;
    }
    Rule rule;
    if (entry.substr(0, 2) == "*.") entry.remove_prefix(1);
    if (const auto slash = entry.find('/'); slash != std::string_view::npos) {
      const auto network = parse_address(entry.substr(0, slash));
      const auto prefix = to_number<int>(entry.substr(slash + 1));
      if (!network || !prefix || *prefix < 0 || *prefix > (network->is_v4() ? 32 : 128)) continue;
      rule.prefix = *prefix;
      entry = entry.substr(0, slash);
    } else if (!parse_address(entry)) {
      const auto colon = entry.rfind(':');
      const std::string_view tail =
          colon == std::string_view::npos ? std::string_view() : entry.substr(colon + 1);
      if (const auto port = to_number<std::uint16_t>(tail)) {
        rule.port = *port;
        entry = entry.substr(0, colon);
      }
      if (entry.size() > 1 && entry.front() == '[' && entry.back() == ']')
        entry = entry.substr(1, entry.size() - 2);
    }
    while (!entry.empty() && entry.front() == '.') entry.remove_prefix(1);
    if (entry.empty()) continue;
    rule.host = to_lower(entry);
    rules_.push_back(std::move(rule));
  }
}

bool NoProxy::matches(std::string_view host, std::uint16_t port) const {
  if (any_) return true;
  const std::string name = to_lower(host);
  const auto address = parse_address(name);
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    if (rule.port != 0 && rule.port != port) return false;
    const auto rule_address = parse_address(rule.host);
    if (address || rule_address) {
      if (!address || !rule_address) return false;
      return rule.prefix >= 0 ? in_network(*address, *rule_address, rule.prefix)
                              : *address == *rule_address;
    }
    if (name == rule.host) return true;
    const std::string tail = "." + rule.host;
    return name.size() > tail.size() &&
           name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
  });
}

Result<ProxyRules> ProxyRules::make(std::string_view setting,
                                    const std::function<std::string(const char*)>& environment) {
  const auto either = [&](const char* upper, const char* lower) {
    std::string value = environment(upper);
    return value.empty() ? environment(lower) : value;
  };
  ProxyRules rules;
  rules.exceptions_ = NoProxy(either("NO_PROXY", "no_proxy"));
  std::string address(trim(setting));
  if (address.empty()) address = either("HTTPS_PROXY", "https_proxy");
  if (address.empty()) return rules;
  HARRIER_TRY(rules.proxy_, parse_proxy(address));
  return rules;
}

const Proxy* ProxyRules::proxy_for(std::string_view host, std::uint16_t port) const {
  if (proxy_ == nullptr || is_loopback_host(host) || is_metadata_host(host) ||
      exceptions_.matches(host, port))
    return nullptr;
  return proxy_.get();
}

}  // namespace harrier::net
