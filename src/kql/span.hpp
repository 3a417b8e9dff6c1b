// A piece of the query's text.
#pragma once

#include <cstdint>

namespace harrier::kql {

/// Half-open range of bytes in the query's text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  friend constexpr bool operator==(Span, Span) = default;
};

/// From the beginning of `a` to the end of `b`.
[[nodiscard]] constexpr Span cover(Span a, Span b) noexcept {
  return {a.begin, b.end};
}

}  // namespace harrier::kql
