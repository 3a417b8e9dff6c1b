// What shapes on the earth cover together, have in common and lie within a distance of.
#include "query/functions/shared.hpp"
#include "query/json.hpp"
#include "query/overlay.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace harrier::query {

namespace {

/// Shapes with more corners than this would take too long.
constexpr std::size_t kMostCorners = 4000;
constexpr double kDefaultTolerance = 10;
constexpr double kMostRadius = kEarthRadius * std::numbers::pi / 4;

std::size_t corners_of(const SphereShape& shape) {
  std::size_t sum = 0;
  for (const SpherePath& path : shape.paths) sum += path.size();
  return sum;
}

/// False, and an error of the query, where there are too many corners.
bool few_enough(Frame& f, std::string_view name, std::size_t corners) {
  if (corners <= kMostCorners) return true;
  f.error =
      std::string(name) + "() of more than " + std::to_string(kMostCorners) +
      " corners is not supported: simplify the shapes first, or give buffers a larger tolerance";
  return false;
}

void geo_union_polygons_array(Frame& f) {
  const std::string_view json = f.args[0].s;
  if (json_kind(json) != JsonKind::array) return;
  std::vector<Region> regions;
  std::size_t corners = 0;
  for (const std::string_view text : json_elements(json)) {
    const auto polygon = read_polygon(text);
    if (!polygon) return;
    corners += corners_of(*polygon);
    if (!few_enough(f, "geo_union_polygons_array", corners)) return;
    // The polygons of one shape may overlap as well.
    for (std::size_t i = 0; i < polygon->paths.size();) {
      SphereShape one;
      const std::size_t number = polygon->polygon_of[i];
      for (; i < polygon->paths.size() && polygon->polygon_of[i] == number; ++i) {
        one.paths.push_back(polygon->paths[i]);
        one.polygon_of.push_back(0);
      }
      regions.push_back(region_of(one));
    }
  }
  f.set_json(region_json(united(std::move(regions))));
}

void geo_union_lines_array(Frame& f) {
  const std::string_view json = f.args[0].s;
  if (json_kind(json) != JsonKind::array) return;
  std::vector<SpherePath> lines;
  std::size_t corners = 0;
  for (const std::string_view text : json_elements(json)) {
    const auto line = read_line(text);
    if (!line) return;
    corners += corners_of(*line);
    if (!few_enough(f, "geo_union_lines_array", corners)) return;
    lines.insert(lines.end(), line->paths.begin(), line->paths.end());
  }
  f.set_json(paths_json(united_lines(lines)));
}

void geo_intersection_2polygons(Frame& f) {
  const auto a = read_polygon(f.args[0].s);
  const auto b = read_polygon(f.args[1].s);
  if (!a || !b) return;
  if (!few_enough(f, "geo_intersection_2polygons", corners_of(*a) + corners_of(*b))) return;
  f.set_text(common_json(in_common(region_of(*a), region_of(*b))));
}

void geo_intersection_line_with_polygon(Frame& f) {
  const auto line = read_line(f.args[0].s);
  const auto polygon = read_polygon(f.args[1].s);
  if (!line || !polygon) return;
  if (!few_enough(f, "geo_intersection_line_with_polygon",
                  corners_of(*line) + corners_of(*polygon))) {
    return;
  }
  f.set_text(common_json(lines_within(line->paths, region_of(*polygon))));
}

void geo_intersection_2lines(Frame& f) {
  const auto a = read_line(f.args[0].s);
  const auto b = read_line(f.args[1].s);
  if (!a || !b) return;
  if (!few_enough(f, "geo_intersection_2lines", corners_of(*a) + corners_of(*b))) return;
  f.set_text(common_json(lines_in_common(a->paths, b->paths)));
}

/// All places within an angle of an edge: two half circles and the sides between them.
Region around(const SpherePoint& a, const SpherePoint& b, double angle, std::size_t corners) {
  SpherePath ring;
  const std::size_t half = (corners + 1) / 2;
  const auto turn_around = [&](const SpherePoint& centre, double first) {
    for (std::size_t k = 0; k <= half; ++k) {
      const double turn =
          first - std::numbers::pi * static_cast<double>(k) / static_cast<double>(half);
      ring.push_back(towards(centre, turn, angle));
    }
  };
  const double quarter = std::numbers::pi / 2;
  turn_around(b, azimuth(b, a) + std::numbers::pi + quarter);
  turn_around(a, azimuth(a, b) - quarter);
  return Region{{std::move(ring)}};
}

/// The shape and everything within the radius of its edges.
void answer_buffer(Frame& f, std::string_view name, const SphereShape& shape, bool polygons) {
  const double radius = f.real(1, NAN);
  const double tolerance = f.real(2, kDefaultTolerance);
  if (!(radius > 0) || !(tolerance > 0)) return;
  if (radius > kMostRadius) {
    f.error = std::string(name) + "() with a radius beyond an eighth of the Earth is not supported";
    return;
  }
  const std::size_t corners = circle_corners(radius, tolerance);
  if (!few_enough(f, name, corners_of(shape) * (polygons ? corners + 1 : corners))) return;
  std::vector<Region> regions;
  if (polygons) regions.push_back(region_of(shape));
  for (const SpherePath& path : shape.paths) {
    const std::size_t edges = polygons ? path.size() : path.size() - 1;
    for (std::size_t i = 0; i < edges; ++i) {
      regions.push_back(
          around(path[i], path[(i + 1) % path.size()], radius / kEarthRadius, corners));
    }
  }
  f.set_json(region_json(united(std::move(regions))));
}

void geo_polygon_buffer(Frame& f) {
  const auto polygon = read_polygon(f.args[0].s);
  if (polygon) answer_buffer(f, "geo_polygon_buffer", *polygon, true);
}

void geo_line_buffer(Frame& f) {
  const auto line = read_line(f.args[0].s);
  if (line) answer_buffer(f, "geo_line_buffer", *line, false);
}

constexpr Kernel kKernels[] = {
    strict("geo_union_polygons_array", geo_union_polygons_array),
    strict("geo_union_lines_array", geo_union_lines_array),
    strict("geo_intersection_2polygons", geo_intersection_2polygons),
    strict("geo_intersection_line_with_polygon", geo_intersection_line_with_polygon),
    strict("geo_intersection_2lines", geo_intersection_2lines),
    strict("geo_polygon_buffer", geo_polygon_buffer),
    strict("geo_line_buffer", geo_line_buffer),
};

}  // namespace

std::span<const Kernel> overlay_kernels() {
  return kKernels;
}

}  // namespace harrier::query
