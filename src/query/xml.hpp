// XML documents as dynamic values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace harrier::query {

/// The document as JSON: elements are members, attributes `@name`, text beside them `#text`,
/// repeated elements arrays. Declarations, comments and processing instructions are left out.
/// nullopt when it is not well-formed.
[[nodiscard]] std::optional<std::string> xml_to_json(std::string_view text);

}  // namespace harrier::query
