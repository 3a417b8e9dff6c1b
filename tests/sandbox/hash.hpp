// Deterministic chance: everything the sandbox makes up is a hash of (seed, table, index, purpose).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace harrier::sandbox {

/// A well mixed 64-bit value (the finalizer of SplitMix64).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  return mix(a ^ mix(b));
}

/// FNV-1a, for names.
[[nodiscard]] constexpr std::uint64_t name_hash(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

/// True for a share `probability` of all hashes.
[[nodiscard]] constexpr bool chance(std::uint64_t hash, double probability) noexcept {
  return static_cast<double>(hash >> 11U) * 0x1p-53 < probability;
}

/// The element of `choices` that `hash` selects.
template <class Range>
[[nodiscard]] constexpr auto pick(const Range& choices, std::uint64_t hash) noexcept {
  return choices[static_cast<std::size_t>(hash % std::size(choices))];
}

}  // namespace harrier::sandbox
