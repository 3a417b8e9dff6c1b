#include "query/network.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <string>

namespace harrier::query {

namespace {

/// Cuts `/n` off; nullopt when it is no number of 0 to `most`.
std::optional<int> take_prefix(std::string_view& text, int most) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return most;
  const std::string_view digits = text.substr(slash + 1);
  text = text.substr(0, slash);
  int prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  if (prefix < 0 || prefix > most) return std::nullopt;
  return prefix;
}

std::array<std::uint8_t, 16> cut(std::array<std::uint8_t, 16> address, int prefix) {
  for (int bit = prefix; bit < 128; ++bit) {
    auto& byte = address[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<std::uint8_t>(byte & ~(0x80U >> static_cast<unsigned>(bit % 8)));
  }
  return address;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<Ipv4Range> parse_ipv4_range(std::string_view text) noexcept {
  text = trimmed(text);
  const auto prefix = take_prefix(text, 32);
  if (!prefix) return std::nullopt;
  Ipv4Range out;
  out.prefix = *prefix;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (int part = 0; part < 4; ++part) {
    std::uint32_t byte = 0;
    const auto [next, error] = std::from_chars(at, end, byte);
    if (error != std::errc() || byte > 255 || next - at > 3) return std::nullopt;
    out.address = (out.address << 8U) | byte;
    at = next;
    if (part < 3 && (at == end || *at++ != '.')) return std::nullopt;
  }
  if (at != end) return std::nullopt;
  return out;
}

std::optional<Ipv6Range> parse_ipv6_range(std::string_view text) {
  Ipv6Range out;
  if (const auto v4 = parse_ipv4_range(text)) {
    out.address[10] = 0xFF;
    out.address[11] = 0xFF;
    for (std::size_t k = 0; k < 4; ++k) {
      out.address[12 + k] = static_cast<std::uint8_t>(v4->address >> (24 - 8 * k));
    }
    out.prefix = v4->prefix + 96;
    return out;
  }
  text = trimmed(text);
  const auto prefix = take_prefix(text, 128);
  if (!prefix) return std::nullopt;
  out.prefix = *prefix;
  const std::string copy(text.substr(0, text.find('%')));
  if (inet_pton(AF_INET6, copy.c_str(), out.address.data()) != 1) return std::nullopt;
  return out;
}

void NetworkIndex::add(std::string_view network, std::uint32_t row) {
  const auto range = parse_ipv6_range(network);
  if (range) by_prefix_[range->prefix][cut(range->address, range->prefix)].push_back(row);
}

const std::vector<std::uint32_t>* NetworkIndex::find(std::string_view address) const {
  const auto range = parse_ipv6_range(address);
  if (!range) return nullptr;
  for (const auto& [prefix, networks] : by_prefix_) {
    const auto found = networks.find(cut(range->address, prefix));
    if (found != networks.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace harrier::query
