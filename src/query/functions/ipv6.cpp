// IPv6 addresses and prefixes; IPv4 takes part as mapped addresses.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/network.hpp"
#include "query/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::query {

namespace {

void cut(Ipv6Range& range, int prefix) {
  for (int bit = std::max(prefix, 0); bit < 128; ++bit) {
    auto& byte = range.address[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<std::uint8_t>(byte & ~(0x80U >> static_cast<unsigned>(bit % 8)));
  }
}

std::string full_text(const Ipv6Range& range) {
  std::string out;
  for (std::size_t k = 0; k < 16; k += 2) {
    if (k > 0) out += ':';
    out += fmt::format("{:02x}{:02x}", range.address[k], range.address[k + 1]);
  }
  return out;
}

void parse_ipv6(Frame& f) {
  auto range = parse_ipv6_range(f.text(0));
  if (!range) return;
  cut(*range, range->prefix);
  f.set_text(full_text(*range));
}

void parse_ipv6_mask(Frame& f) {
  auto range = parse_ipv6_range(f.text(0));
  const std::int64_t prefix = f.integer(1, 128);
  if (!range || prefix < 0 || prefix > 128) return;
  cut(*range, std::min(range->prefix, static_cast<int>(prefix)));
  f.set_text(full_text(*range));
}

std::optional<std::pair<Ipv6Range, Ipv6Range>> masked_pair(Frame& f) {
  auto a = parse_ipv6_range(f.text(0));
  auto b = parse_ipv6_range(f.text(1));
  const std::int64_t wanted = f.integer(2, 128);
  if (!a || !b || wanted < 0 || wanted > 128) return std::nullopt;
  const int prefix = std::min({a->prefix, b->prefix, static_cast<int>(wanted)});
  cut(*a, prefix);
  cut(*b, prefix);
  return std::pair(*a, *b);
}

void ipv6_compare(Frame& f) {
  const auto pair = masked_pair(f);
  if (!pair) return;
  const auto& [a, b] = *pair;
  f.set_int(a.address < b.address ? -1 : (b.address < a.address ? 1 : 0));
}

void ipv6_is_match(Frame& f) {
  const auto pair = masked_pair(f);
  if (pair) f.set_bool(pair->first.address == pair->second.address);
}

bool inside(Ipv6Range address, Ipv6Range range) {
  cut(address, range.prefix);
  cut(range, range.prefix);
  return address.address == range.address;
}

void ipv6_is_in_range(Frame& f) {
  const auto address = parse_ipv6_range(f.text(0));
  const auto range = parse_ipv6_range(f.text(1));
  if (address && range) f.set_bool(inside(*address, *range));
}

void ipv6_is_in_any_range(Frame& f) {
  const auto address = parse_ipv6_range(f.text(0));
  if (!address) return;
  f.set_bool(false);
  const auto test = [&](std::string_view text) {
    const auto range = parse_ipv6_range(text);
    if (range && inside(*address, *range)) f.set_bool(true);
  };
  for (const std::string& range : f.texts(1)) test(range);
}

constexpr Kernel kKernels[] = {
    strict("parse_ipv6", parse_ipv6),
    strict("parse_ipv6_mask", parse_ipv6_mask),
    strict("ipv6_compare", ipv6_compare),
    strict("ipv6_is_match", ipv6_is_match),
    strict("ipv6_is_in_range", ipv6_is_in_range),
    strict("ipv6_is_in_any_range", ipv6_is_in_any_range),
};

}  // namespace

std::span<const Kernel> ipv6_kernels() {
  return kKernels;
}

}  // namespace harrier::query
