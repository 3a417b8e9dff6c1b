// Compact JSON: the form in which nested values are stored.
#pragma once

#include <string>
#include <string_view>

namespace harrier::ingest {

/// Appends the one JSON value that `raw` holds without white space outside strings and without
/// members whose key contains
/// `@odata.` at any depth; key order, number texts and escapes stay as sent. White space around the
/// value is allowed. False when `raw` is not exactly one JSON value; `out` is then unchanged.
[[nodiscard]] bool append_compact_json(std::string& out, std::string_view raw);

/// Appends compact JSON with the members of every object in the order of their keys: the form in
/// which the order that a service happened to send them in makes no difference. Members of one key
/// keep their order, and so does what lies deeper than `kMaxOrderedDepth`.
void append_ordered_json(std::string& out, std::string_view compact);
inline constexpr int kMaxOrderedDepth = 16;

/// True for keys of OData's annotations, which are dropped everywhere (`X@odata.type`,
/// `@odata.id`).
[[nodiscard]] bool is_odata_annotation(std::string_view key) noexcept;

}  // namespace harrier::ingest
