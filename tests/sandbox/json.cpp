#include "sandbox/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace harrier::sandbox {
namespace {

FlatObject flatten(simdjson::dom::object object) {
  FlatObject result;
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      result.emplace(key, text);
    } else {
      result.emplace(key, simdjson::minify(value));
    }
  }
  return result;
}

}  // namespace

Result<FlatObject> parse_flat_object(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const auto code = parser.parse(text.data(), text.size()).get(object);
  if (code != simdjson::SUCCESS) {
    return Error(Errc::parse, fmt::format("no JSON object: {}", simdjson::error_message(code)));
  }
  return flatten(object);
}

Result<std::vector<FlatObject>> parse_flat_objects(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto code = parser.parse(text.data(), text.size()).get(root);
  if (code != simdjson::SUCCESS) {
    return Error(Errc::parse, fmt::format("no JSON: {}", simdjson::error_message(code)));
  }
  std::vector<FlatObject> result;
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (root.get(object) == simdjson::SUCCESS) {
    result.push_back(flatten(object));
  } else if (root.get(array) == simdjson::SUCCESS) {
    for (const auto element : array) {
      if (element.get(object) != simdjson::SUCCESS) {
        return Error(Errc::parse, "an element of the array is no object");
      }
      result.push_back(flatten(object));
    }
  } else {
    return Error(Errc::parse, "neither an object nor an array");
  }
  return result;
}

}  // namespace harrier::sandbox
