#include "model/types.hpp"

#include <array>
#include <cstddef>

namespace harrier::model {

namespace {

constexpr std::array<std::string_view, 10> kNames = {
    "bool", "int", "long", "real", "decimal", "datetime", "timespan", "guid", "string", "dynamic"};

}  // namespace

std::string_view to_string(ScalarType type) noexcept {
  return kNames[static_cast<std::size_t>(type)];
}

std::optional<ScalarType> parse_scalar_type(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ScalarType>(i);
  }
  return std::nullopt;
}

std::string_view sqlite_type(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::timespan:
      return "INTEGER";
    case ScalarType::real:
    case ScalarType::decimal:
      return "REAL";
    case ScalarType::datetime:
    case ScalarType::guid:
    case ScalarType::string:
    case ScalarType::dynamic:
      return "TEXT";
  }
  return "TEXT";
}

}  // namespace harrier::model
