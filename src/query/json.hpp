// Dynamic values: JSON text that is read in place. A dynamic cell is always valid, encoded JSON
// ("abc" with its quotes).
#pragma once

#include "query/vector.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

enum class JsonKind : std::uint8_t { null, boolean, integer, real, string, array, object };

/// By the first characters of valid JSON; empty text is null.
[[nodiscard]] JsonKind json_kind(std::string_view json) noexcept;

/// Steps through the elements of an array or the members of an object.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view json) noexcept;
  /// Moves to the next element; false at the end, and at once for anything but an array or object.
  bool next() noexcept;

  /// The member's key between its quotes, still escaped; empty for arrays.
  [[nodiscard]] std::string_view raw_key() const noexcept { return key_; }

  [[nodiscard]] std::string key() const;

  [[nodiscard]] std::string_view value() const noexcept { return value_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool object_ = false;
  std::string_view key_;
  std::string_view value_;
};

/// The member's JSON; empty where there is none or `json` is no object.
[[nodiscard]] std::string_view json_member(std::string_view json, std::string_view key);
/// The element's JSON, counted from the end when negative; empty where there is none.
[[nodiscard]] std::string_view json_element(std::string_view json, std::int64_t index) noexcept;
/// Elements or members.
[[nodiscard]] std::size_t json_length(std::string_view json) noexcept;
[[nodiscard]] std::vector<std::string_view> json_elements(std::string_view json);
/// The text of a JSON string.
[[nodiscard]] std::string json_unquote(std::string_view json);
/// The same without a copy where nothing is escaped.
[[nodiscard]] std::string_view json_unquote(std::string_view json, StringHeap& heap);

/// Appends `text` in canonical compact form; false (and `out` as it was) when it is not valid JSON.
[[nodiscard]] bool append_compact_json(std::string& out, std::string_view text);
/// Appends the JSON of a value (dynamic as it is, null as `null`).
void append_json(std::string& out, const Value& value);
/// Equality of dynamic values: numbers by value, objects without order.
[[nodiscard]] bool json_equal(std::string_view a, std::string_view b);
/// A text that is equal for equal values: for sets.
[[nodiscard]] std::string json_key(std::string_view json);
/// Order for array_sort: null, then numbers, booleans, strings, the rest.
[[nodiscard]] int json_compare(std::string_view a, std::string_view b);
/// A dynamic value as a cell of its own kind: long, real, bool, string; arrays and objects stay
/// dynamic.
[[nodiscard]] Value json_scalar(std::string_view json, StringHeap& heap);
/// The cell of a piece of JSON: null for an empty text or `null`.
[[nodiscard]] Value dynamic_value(std::string_view json) noexcept;

}  // namespace harrier::query
