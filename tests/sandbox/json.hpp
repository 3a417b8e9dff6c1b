// The little JSON the sandbox reads.
#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

using FlatObject = std::map<std::string, std::string, std::less<>>;

/// A JSON object whose values are scalars; numbers and booleans become their text, null is left
/// out, nested values become their JSON. Errors: parse.
[[nodiscard]] Result<FlatObject> parse_flat_object(std::string_view text);
/// An array of such objects, or a single one. Errors: parse.
[[nodiscard]] Result<std::vector<FlatObject>> parse_flat_objects(std::string_view text);

}  // namespace harrier::sandbox
