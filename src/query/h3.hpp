// H3 cells: hexagons of 16 sizes on the faces of an icosahedron, and a pentagon at each of its
// twelve vertices.
#pragma once

#include "query/sphere.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query::h3 {

/// Bits 52–55 the resolution, 45–51 the base cell, then a digit of three bits for each finer
/// resolution.
using Cell = std::uint64_t;

inline constexpr int kFinest = 15;

/// nullopt where the text names no cell.
[[nodiscard]] std::optional<Cell> parse_cell(std::string_view text);
[[nodiscard]] std::string cell_name(Cell cell);
[[nodiscard]] int resolution_of(Cell cell) noexcept;
[[nodiscard]] Cell cell_at(const SpherePoint& point, int resolution);
[[nodiscard]] SpherePoint centre_of(Cell cell);
/// Counterclockwise, with a point wherever an edge crosses one of the icosahedron.
[[nodiscard]] SpherePath border_of(Cell cell);
/// A coarser cell. `resolution` is at most the cell's.
[[nodiscard]] Cell parent_of(Cell cell, int resolution) noexcept;
/// All finer cells of a resolution, in the order of their names.
[[nodiscard]] std::vector<Cell> children_of(Cell cell, int resolution);
/// The cells at each number of steps from 0 to `distance`, each ring counterclockwise.
[[nodiscard]] std::vector<std::vector<Cell>> rings_of(Cell cell, int distance);

}  // namespace harrier::query::h3
