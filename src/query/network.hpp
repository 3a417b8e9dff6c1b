// Addresses of the Internet protocol as numbers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

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

/// Rows by the network they stand for; an address belongs to the longest prefix that holds it.
class NetworkIndex {
 public:
  /// A text that is no network is left out.
  void add(std::string_view network, std::uint32_t row);
  /// The rows of the address's network; nullptr where there is none.
  [[nodiscard]] const std::vector<std::uint32_t>* find(std::string_view address) const;

 private:
  using Address = std::array<std::uint8_t, 16>;

  std::map<int, std::map<Address, std::vector<std::uint32_t>>, std::greater<>> by_prefix_;
};

}  // namespace harrier::query
