// Names and types of a hunting reply.
#include "base/text.hpp"
#include "ingest/json_walk.hpp"
#include "ingest/normalizer.hpp"

#include <array>
#include <utility>

namespace harrier::ingest {

namespace {

using model::ScalarType;

ScalarType type_of(std::string name) {
  constexpr std::array<std::pair<std::string_view, ScalarType>, 21> kTypes = {{
      {"string", ScalarType::string},
      {"datetime", ScalarType::datetime},
      {"datetimeoffset", ScalarType::datetime},
      {"sbyte", ScalarType::boolean},
      {"boolean", ScalarType::boolean},
      {"bool", ScalarType::boolean},
      {"int16", ScalarType::int_},
      {"int32", ScalarType::int_},
      {"int", ScalarType::int_},
      {"int64", ScalarType::long_},
      {"uint64", ScalarType::long_},
      {"long", ScalarType::long_},
      {"double", ScalarType::real},
      {"single", ScalarType::real},
      {"real", ScalarType::real},
      {"decimal", ScalarType::decimal},
      {"sqldecimal", ScalarType::decimal},
      {"guid", ScalarType::guid},
      {"timespan", ScalarType::timespan},
      {"object", ScalarType::dynamic},
      {"dynamic", ScalarType::dynamic},
  }};
  name = to_lower(
      std::string_view(name).substr(name.rfind('.') + 1));  // System.Data.SqlTypes.SqlDecimal
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return ScalarType::dynamic;
}

std::string text_of(std::string_view raw) {
  return raw.size() < 2 || raw.front() != '"' ? std::string()
                                              : unescaped(raw.substr(1, raw.size() - 2));
}

Error not_a_schema() {
  return Error(Errc::protocol, "the reply's schema is not an array of columns with name and type");
}

}  // namespace

Result<std::vector<model::Column>> reply_schema(std::string_view raw_schema) {
  std::vector<model::Column> columns;
  JsonArrayReader entries(raw_schema);
  while (entries.next()) {
    std::string name;
    std::string type;
    JsonObjectReader members(entries.value());
    while (members.next()) {
      if (equals_ignore_case(members.key(), "name")) name = text_of(members.value());
      if (equals_ignore_case(members.key(), "type")) type = text_of(members.value());
    }
    if (!members.ok() || name.empty()) return not_a_schema();
    columns.emplace_back(std::move(name), type_of(std::move(type)));
  }
  if (!entries.ok()) return not_a_schema();
  return columns;
}

}  // namespace harrier::ingest
