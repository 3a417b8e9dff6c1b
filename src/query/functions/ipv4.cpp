// IPv4 addresses and prefixes.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/network.hpp"
#include "query/registry.hpp"
#include "query/unicode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace harrier::query {

namespace {

std::uint32_t mask_of(int prefix) noexcept {
  return prefix <= 0 ? 0 : ~std::uint32_t{0} << (32 - std::min(prefix, 32));
}

bool inside(std::uint32_t address, const Ipv4Range& range) noexcept {
  return ((address ^ range.address) & mask_of(range.prefix)) == 0;
}

void parse_ipv4(Frame& f) {
  const auto range = parse_ipv4_range(f.text(0));
  if (range) f.set_int(range->address & mask_of(range->prefix));
}

void parse_ipv4_mask(Frame& f) {
  const auto range = parse_ipv4_range(f.text(0));
  const std::int64_t prefix = f.integer(1, 32);
  if (range && prefix >= 0 && prefix <= 32) {
    f.set_int(range->address & mask_of(std::min(range->prefix, static_cast<int>(prefix))));
  }
}

/// The two addresses cut to the shortest prefix; false when one is no address.
bool masked_pair(Frame& f, std::uint32_t& a, std::uint32_t& b) {
  const auto x = parse_ipv4_range(f.text(0));
  const auto y = parse_ipv4_range(f.text(1));
  const std::int64_t wanted = f.integer(2, 32);
  if (!x || !y || wanted < 0 || wanted > 32) return false;
  const int prefix = std::min({x->prefix, y->prefix, static_cast<int>(wanted)});
  a = x->address & mask_of(prefix);
  b = y->address & mask_of(prefix);
  return true;
}

void ipv4_compare(Frame& f) {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  if (masked_pair(f, a, b)) f.set_int(a < b ? -1 : (a > b ? 1 : 0));
}

void ipv4_is_match(Frame& f) {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  if (masked_pair(f, a, b)) f.set_bool(a == b);
}

void ipv4_is_in_range(Frame& f) {
  const auto address = parse_ipv4_range(f.text(0));
  const auto range = parse_ipv4_range(f.text(1));
  if (address && range) f.set_bool(inside(address->address, *range));
}

void ipv4_is_in_any_range(Frame& f) {
  const auto address = parse_ipv4_range(f.text(0));
  if (!address) return;
  bool any = false;
  for (const std::string& text : f.texts(1)) {
    const auto range = parse_ipv4_range(text);
    if (!range) continue;
    any = true;
    if (inside(address->address, *range)) return f.set_bool(true);
  }
  if (any) f.set_bool(false);
}

void ipv4_is_private(Frame& f) {
  static constexpr Ipv4Range kPrivate[] = {{0x0A000000, 8}, {0xAC100000, 12}, {0xC0A80000, 16}};
  const auto address = parse_ipv4_range(f.text(0));
  if (!address) return;
  f.set_bool(std::any_of(std::begin(kPrivate), std::end(kPrivate), [&](const Ipv4Range& range) {
    return address->prefix >= range.prefix && inside(address->address, range);
  }));
}

void ipv4_netmask_suffix(Frame& f) {
  const auto range = parse_ipv4_range(f.text(0));
  if (range) f.set_int(range->prefix);
}

/// The address of a text or of a number; nullopt otherwise.
std::optional<Ipv4Range> address_of(const Frame& f) {
  const Value& value = f.args[0];
  if (layout_of(value.type) == Layout::integer) {
    if (value.i < 0 || value.i > 0xFFFFFFFFLL) return std::nullopt;
    return Ipv4Range{static_cast<std::uint32_t>(value.i), 32};
  }
  return parse_ipv4_range(f.text(0));
}

std::string formatted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, (address >> 16U) & 255U, (address >> 8U) & 255U,
                     address & 255U);
}

void format_ipv4(Frame& f) {
  const auto address = address_of(f);
  const std::int64_t prefix = f.integer(1, 32);
  if (!address || prefix < 0 || prefix > 32) return;
  const int shortest = std::min(address->prefix, static_cast<int>(prefix));
  f.set_text(formatted(address->address & mask_of(shortest)));
}

void format_ipv4_mask(Frame& f) {
  const auto address = address_of(f);
  const std::int64_t prefix = f.integer(1, 32);
  if (!address || prefix < 0 || prefix > 32) return;
  const int shortest = std::min(address->prefix, static_cast<int>(prefix));
  f.set_text(fmt::format("{}/{}", formatted(address->address & mask_of(shortest)), shortest));
}

void ipv4_range_to_cidr_list(Frame& f) {
  const auto from = parse_ipv4_range(f.text(0));
  const auto to = parse_ipv4_range(f.text(1));
  if (!from || !to || from->address > to->address) return;
  std::string out = "[";
  for (std::uint64_t at = from->address; at <= to->address;) {
    int prefix = 32;
    while (prefix > 0) {
      const std::uint64_t size = 1ULL << static_cast<unsigned>(32 - prefix + 1);
      if (at % size != 0 || at + size - 1 > to->address) break;
      --prefix;
    }
    if (out.size() > 1) out += ',';
    out += fmt::format("\"{}/{}\"", formatted(static_cast<std::uint32_t>(at)), prefix);
    at += 1ULL << static_cast<unsigned>(32 - prefix);
  }
  f.set_text(out + "]");
}

bool digit_or_word(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && is_ascii_word(static_cast<unsigned char>(text[at]));
}

/// Calls `found` with every address that stands in `text` as a term of its own; stops when it
/// answers true.
template <class Found>
bool any_address(std::string_view text, Found found) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] < '0' || text[at] > '9') {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
    std::string_view candidate = text.substr(at, end - at);
    while (!candidate.empty() && candidate.back() == '.') candidate.remove_suffix(1);
    const bool bounded = (at == 0 || (!digit_or_word(text, at - 1) && text[at - 1] != '.')) &&
                         !digit_or_word(text, at + candidate.size());
    if (bounded && std::count(candidate.begin(), candidate.end(), '.') == 3 &&
        parse_ipv4_range(candidate) && found(candidate)) {
      return true;
    }
    at = end;
  }
  return false;
}

bool has_address(std::string_view text, const std::string& wanted) {
  const auto address = parse_ipv4_range(wanted);
  if (!address) return false;
  return any_address(text, [&](std::string_view candidate) {
    return parse_ipv4_range(candidate)->address == address->address;
  });
}

bool has_prefix(std::string_view text, const std::string& wanted) {
  const bool whole =
      !wanted.empty() && std::count(wanted.begin(), wanted.end(), '.') == 3 && wanted.back() != '.';
  if (whole) return has_address(text, wanted);
  if (wanted.empty() || wanted.back() != '.') return false;
  return any_address(text, [&](std::string_view candidate) {
    return candidate.substr(0, wanted.size()) == wanted;
  });
}

template <bool (*kTest)(std::string_view, const std::string&)>
void has_any(Frame& f) {
  const std::string_view text = f.text(0);
  for (const std::string& wanted : f.texts(1)) {
    if (kTest(text, wanted)) return f.set_bool(true);
  }
  f.set_bool(false);
}

constexpr Kernel kKernels[] = {
    strict("parse_ipv4", parse_ipv4),
    strict("parse_ipv4_mask", parse_ipv4_mask),
    strict("ipv4_compare", ipv4_compare),
    strict("ipv4_is_match", ipv4_is_match),
    strict("ipv4_is_in_range", ipv4_is_in_range),
    strict("ipv4_is_in_any_range", ipv4_is_in_any_range),
    strict("ipv4_is_private", ipv4_is_private),
    strict("ipv4_netmask_suffix", ipv4_netmask_suffix),
    strict("format_ipv4", format_ipv4),
    strict("format_ipv4_mask", format_ipv4_mask),
    strict("ipv4_range_to_cidr_list", ipv4_range_to_cidr_list),
    strict("has_ipv4", has_any<has_address>),
    strict("has_any_ipv4", has_any<has_address>),
    strict("has_ipv4_prefix", has_any<has_prefix>),
    strict("has_any_ipv4_prefix", has_any<has_prefix>),
};

}  // namespace

std::span<const Kernel> ipv4_kernels() {
  return kKernels;
}

}  // namespace harrier::query
