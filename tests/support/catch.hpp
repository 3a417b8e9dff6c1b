// Catch2 in whichever major version the system has (2 on Debian 12, 3 on Debian 13).
#pragma once

#ifdef HARRIER_CATCH2_V3
#include <catch2/catch_all.hpp>

namespace Catch {

// Under the name that version 2 has for it.
inline Matchers::StringContainsMatcher Contains(const std::string& text) {
  return Matchers::ContainsSubstring(text);
}

}  // namespace Catch

using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
