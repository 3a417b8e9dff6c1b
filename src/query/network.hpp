// Addresses of the Internet protocol as numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace harrier::query {

/// `1.2.3.4` or `1.2.3.4/24`; prefix 32 where none is written.
struct Ipv4Range {
  std::uint32_t address = 0;
  int prefix = 32;
};

[[nodiscard]] std::optional<Ipv4Range> parse_ipv4_range(std::string_view text) noexcept;

/// The same for IPv6; IPv4 is mapped to `::ffff:a.b.c.d` and its prefix moved by 96.
struct Ipv6Range {
  std::array<std::uint8_t, 16> address{};
  int prefix = 128;
};

[[nodiscard]] std::optional<Ipv6Range> parse_ipv6_range(std::string_view text);

}  // namespace harrier::query
