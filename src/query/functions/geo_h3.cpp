// H3 cells by name.
#include "query/h3.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"

#include <cmath>

namespace harrier::query {

namespace {

constexpr std::int64_t kDefaultResolution = 6;
constexpr std::int64_t kMostRings = 142;
/// Levels between a cell and its children.
constexpr std::int64_t kMostLevels = 5;

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

// The cells are known, but not the order that the service gives them in.
void geo_polygon_to_h3cells(Frame& f) {
  const std::int64_t resolution = f.integer(1, kDefaultResolution);
  if (resolution < 0 || resolution > h3::kFinest || !read_polygon(f.args[0].s)) return;
  f.error = "geo_polygon_to_h3cells() is not supported but for shapes that are invalid";
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
