// Functions that need the rows in order: prev, next, row_number and their kin.
#pragma once

#include "base/result.hpp"
#include "query/vector.hpp"

#include <string_view>
#include <vector>

namespace harrier::query {

/// Arguments over all rows, in order; the result has `rows` cells.
using WindowKernel = Result<VectorPtr> (*)(const std::vector<VectorPtr>& args, std::size_t rows,
                                           ScalarType type);

/// nullptr where there is none.
[[nodiscard]] WindowKernel find_window(std::string_view name) noexcept;

}  // namespace harrier::query
