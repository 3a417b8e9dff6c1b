#include "base/secret.hpp"

#include "support/catch.hpp"

#include <fmt/format.h>

#include <ostream>
#include <type_traits>

using harrier::Secret;

namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("A secret cannot be copied, formatted or streamed by accident", "[base][security]") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Secret>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<Secret>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string_view>);
  STATIC_REQUIRE_FALSE(fmt::has_formatter<Secret, fmt::format_context>::value);
  STATIC_REQUIRE_FALSE(Streamable<Secret>);
}

TEST_CASE("A wiped text leaves no byte of it in its memory", "[base][security]") {
  std::string text = "a secret that is longer than a small string";
  const char* const memory = text.data();
  const std::size_t size = text.size();
  harrier::wipe(text);
  CHECK(text.empty());
  CHECK(std::string(memory + 1, size - 1) == std::string(size - 1, '\0'));

  Secret first("x1");
  Secret second(std::move(first));
  CHECK(second.reveal() == "x1");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
}
