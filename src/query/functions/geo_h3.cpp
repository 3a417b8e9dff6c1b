// H3 cells by name.
#include "query/functions/shared.hpp"
#include "query/h3.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace harrier::query {

namespace {

constexpr std::int64_t kDefaultResolution = 6;
constexpr std::int64_t kMostRings = 142;
/// Levels between a cell and its children.
constexpr std::int64_t kMostLevels = 5;
constexpr std::size_t kMostCells = 65'536;

void append_names(std::string& json, const std::vector<h3::Cell>& cells) {
  json += '[';
  for (const h3::Cell cell : cells) {
    if (json.back() != '[') json += ',';
    json += '"' + h3::cell_name(cell) + '"';
  }
  json += ']';
}

void geo_point_to_h3cell(Frame& f) {
  const double longitude = f.real(0, NAN);
  const double latitude = f.real(1, NAN);
  const std::int64_t resolution = f.integer(2, kDefaultResolution);
  if (!is_place(longitude, latitude) || resolution < 0 || resolution > h3::kFinest) return;
  f.set_text(
      h3::cell_name(h3::cell_at(sphere_point(longitude, latitude), static_cast<int>(resolution))));
}

void geo_h3cell_to_central_point(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  if (cell) f.set_text(point_json(h3::centre_of(*cell)));
}

void geo_h3cell_to_polygon(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  if (cell) f.set_text(ring_json(h3::border_of(*cell)));
}

void geo_h3cell_level(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  if (cell) f.set_int(h3::resolution_of(*cell));
}

void geo_h3cell_parent(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  if (!cell) return;
  const int own = h3::resolution_of(*cell);
  const std::int64_t resolution = f.integer(1, own - 1);
  if (resolution < 0 || resolution > own) return;
  f.set_text(h3::cell_name(h3::parent_of(*cell, static_cast<int>(resolution))));
}

void geo_h3cell_children(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  if (!cell) return;
  const int own = h3::resolution_of(*cell);
  const std::int64_t resolution = f.integer(1, own + 1);
  if (resolution < own || resolution > h3::kFinest || resolution - own > kMostLevels) return;
  std::string json;
  append_names(json, h3::children_of(*cell, static_cast<int>(resolution)));
  f.set_text(json);
}

void geo_h3cell_neighbors(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  if (!cell) return;
  std::string json;
  append_names(json, h3::rings_of(*cell, 1).back());
  f.set_text(json);
}

void geo_h3cell_rings(Frame& f) {
  const auto cell = h3::parse_cell(f.text(0));
  const std::int64_t distance = f.integer(1, -1);
  if (!cell || distance < 0 || distance > kMostRings) return;
  std::string json = "[";
  for (const auto& ring : h3::rings_of(*cell, static_cast<int>(distance))) {
    if (json.size() > 1) json += ',';
    append_names(json, ring);
  }
  f.set_text(json + "]");
}

/// How many cells a bounding box may hold, as the library of the grid estimates it; with it the
/// library chooses the size of its table, and so the order of the cells.
std::uint64_t table_size(const SphereShape& polygon, int resolution) {
  constexpr double kKilometres = 6371.007180918475;
  constexpr double kHexagonArea = 2.59807621135;  // of one with sides of 1
  constexpr double kPentagonShare = 0.8;
  constexpr std::uint64_t kSpare = 12;
  const SpherePoint vertex = h3::centre_of(*h3::parse_cell("8009fffffffffff"));
  const h3::Cell pentagon = h3::cell_at(vertex, resolution);
  const double side =
      kKilometres * angle_between(h3::centre_of(pentagon), h3::border_of(pentagon).front());
  std::array<double, 2> low{180, 90};
  std::array<double, 2> high{-180, -90};
  std::size_t corners = 0;
  for (const auto& ring : polygon.places) {
    corners += ring.size() - 1;
    for (const auto& place : ring) {
      for (std::size_t k = 0; k < 2; ++k) {
        low[k] = std::min(low[k], place[k]);
        high[k] = std::max(high[k], place[k]);
      }
    }
  }
  const double across =
      kKilometres * angle_between(sphere_point(low[0], low[1]), sphere_point(high[0], high[1]));
  const double shape = std::min(3.0, std::fabs((high[0] - low[0]) / (high[1] - low[1])));
  const double cells =
      std::ceil(across * across / shape / (kPentagonShare * kHexagonArea * side * side));
  const double most = std::max(cells, static_cast<double>(corners));
  return static_cast<std::uint64_t>(std::clamp(most, 1.0, 1e15)) + kSpare;
}

/// The cells whose centres are within the polygon; nullopt for more than kMostCells.
std::optional<std::vector<h3::Cell>> cells_within(const SphereShape& polygon, int resolution) {
  std::set<h3::Cell> seen;
  std::vector<h3::Cell> open;
  const auto look_at = [&](h3::Cell cell) {
    if (seen.insert(cell).second && contains(polygon, h3::centre_of(cell))) open.push_back(cell);
  };
  for (const SpherePath& ring : polygon.paths) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const SpherePoint& a = ring[i];
      const SpherePoint& b = ring[(i + 1) % ring.size()];
      const h3::Cell first = h3::cell_at(a, resolution);
      const double step = angle_between(h3::centre_of(first), h3::border_of(first).front());
      const double steps = std::ceil(angle_between(a, b) / step);
      if (steps > static_cast<double>(kMostCells)) return std::nullopt;
      for (double k = 0; k <= steps; ++k) {
        const h3::Cell cell = h3::cell_at(along_edge(a, b, steps == 0 ? 0 : k / steps), resolution);
        for (const auto& cells : h3::rings_of(cell, 1)) {
          for (const h3::Cell near : cells) look_at(near);
        }
      }
      if (seen.size() > kMostCells) return std::nullopt;
    }
  }
  std::vector<h3::Cell> found;
  while (!open.empty()) {
    found.push_back(open.back());
    open.pop_back();
    if (found.size() > kMostCells) return std::nullopt;
    const auto around = h3::rings_of(found.back(), 1);
    for (const h3::Cell near : around.back()) look_at(near);
  }
  return found;
}

void geo_polygon_to_h3cells(Frame& f) {
  const std::int64_t resolution = f.integer(1, kDefaultResolution);
  const auto polygon = read_polygon(f.args[0].s);
  if (resolution < 0 || resolution > h3::kFinest || !polygon) return;
  if (f.real(2, 0) != 0) {
    f.error =
        "geo_polygon_to_h3cells() with a radius is not supported: give it the polygon's "
        "geo_polygon_buffer()";
    return;
  }
  auto cells = cells_within(*polygon, static_cast<int>(resolution));
  if (!cells) return;
  const std::uint64_t size = table_size(*polygon, static_cast<int>(resolution));
  std::sort(cells->begin(), cells->end(), [&](h3::Cell a, h3::Cell b) {
    return std::pair(a % size, a) < std::pair(b % size, b);
  });
  std::vector<std::string> names;
  for (const h3::Cell cell : *cells) names.push_back(h3::cell_name(cell));
  f.set_text(names_json(as_a_set(std::move(names))));
}

constexpr Kernel kKernels[] = {
    strict("geo_point_to_h3cell", geo_point_to_h3cell),
    strict("geo_h3cell_to_central_point", geo_h3cell_to_central_point),
    strict("geo_h3cell_to_polygon", geo_h3cell_to_polygon),
    strict("geo_h3cell_level", geo_h3cell_level),
    strict("geo_h3cell_parent", geo_h3cell_parent),
    strict("geo_h3cell_children", geo_h3cell_children),
    strict("geo_h3cell_neighbors", geo_h3cell_neighbors),
    strict("geo_h3cell_rings", geo_h3cell_rings),
    strict("geo_polygon_to_h3cells", geo_polygon_to_h3cells),
};

}  // namespace

std::span<const Kernel> h3_kernels() {
  return kKernels;
}

}  // namespace harrier::query
