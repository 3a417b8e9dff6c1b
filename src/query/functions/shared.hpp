// Arguments and results that several topics of functions have in common.
#pragma once

#include "query/registry.hpp"
#include "query/sphere.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

/// Numbers of a dynamic array; NaN: null, and whatever is no number.
using Series = std::vector<double>;

/// False for null and for anything but a dynamic array.
[[nodiscard]] bool is_array(const Value& value) noexcept;
/// NaN for JSON that is no number.
[[nodiscard]] double number_of(std::string_view json, StringHeap& heap);
/// Empty for anything but an array.
[[nodiscard]] Series series_of(const Value& value, StringHeap& heap);
/// The JSON array; with `whole` integers are written as such.
[[nodiscard]] std::string series_json(const Series& series, bool whole = false);

/// A point from the arguments `arg` (longitude) and `arg` + 1 (latitude); nullopt where it is none.
[[nodiscard]] std::optional<SpherePoint> point_at(const Frame& f, std::size_t arg);

/// How many corners a polygon needs to stay within the tolerance of a circle.
[[nodiscard]] std::size_t circle_corners(double radius, double tolerance) noexcept;

/// A JSON array of texts that need no escapes.
[[nodiscard]] std::string names_json(const std::vector<std::string>& names);
/// Texts in the order in which the service gives back a set of them: that of a hash table (FNV-1a;
/// 8, 64, 512 buckets and so on) whose new buckets come last, and new texts first in their bucket.
[[nodiscard]] std::vector<std::string> as_a_set(std::vector<std::string> texts);

}  // namespace harrier::query
