// Lines and polygons on the earth.
#include "query/functions/shared.hpp"
#include "query/json.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace harrier::query {

namespace {

using Places = std::vector<std::array<double, 2>>;

constexpr double kLeastTolerance = 0.1;
constexpr double kMostTolerance = 10'000;
constexpr int kMostHalvings = 12;

/// The shapes of a call's arguments, read again only when their text changes.
class Shapes {
 public:
  const SphereShape* line(Frame& f, std::size_t arg) { return shape(f, arg, read_line); }

  const SphereShape* polygon(Frame& f, std::size_t arg) { return shape(f, arg, read_polygon); }

 private:
  struct Kept {
    bool read = false;
    std::string text;
    std::optional<SphereShape> shape;
  };

  const SphereShape* shape(Frame& f, std::size_t arg,
                           std::optional<SphereShape> (*read)(std::string_view)) {
    Kept& kept = kept_.at(arg);
    const std::string_view text = f.text(arg);
    if (!kept.read || kept.text != text) {
      kept = {true, std::string(text), read(text)};
    }
    return kept.shape ? &*kept.shape : nullptr;
  }

  std::array<Kept, 4> kept_;
};

Shapes& shapes(Frame& f) {
  return f.state.get<Shapes>();
}

void geo_point_in_polygon(Frame& f) {
  const auto p = point_at(f, 0);
  const SphereShape* polygon = shapes(f).polygon(f, 2);
  if (p && polygon != nullptr) f.set_bool(contains(*polygon, *p));
}

void geo_distance_point_to_line(Frame& f) {
  const auto p = point_at(f, 0);
  const SphereShape* line = shapes(f).line(f, 2);
  if (p && line != nullptr)
    f.set_real(kEarthRadius * angle_between(*p, nearest_on_border(*line, false, *p)));
}

void geo_distance_point_to_polygon(Frame& f) {
  const auto p = point_at(f, 0);
  const SphereShape* polygon = shapes(f).polygon(f, 2);
  if (!p || polygon == nullptr) return;
  f.set_real(contains(*polygon, *p)
                 ? 0
                 : kEarthRadius * angle_between(*p, nearest_on_border(*polygon, true, *p)));
}

void geo_closest_point_on_line(Frame& f) {
  const auto p = point_at(f, 0);
  const SphereShape* line = shapes(f).line(f, 2);
  if (p && line != nullptr) f.set_text(point_json(nearest_on_border(*line, false, *p)));
}

void geo_closest_point_on_polygon(Frame& f) {
  const auto p = point_at(f, 0);
  const SphereShape* polygon = shapes(f).polygon(f, 2);
  if (!p || polygon == nullptr) return;
  f.set_text(point_json(contains(*polygon, *p) ? *p : nearest_on_border(*polygon, true, *p)));
}

void geo_line_length(Frame& f) {
  const SphereShape* line = shapes(f).line(f, 0);
  if (line != nullptr) f.set_real(kEarthRadius * length_of(*line));
}

void geo_polygon_perimeter(Frame& f) {
  const SphereShape* polygon = shapes(f).polygon(f, 0);
  if (polygon != nullptr) f.set_real(kEarthRadius * outline_of(*polygon));
}

/// The polygon of the first argument, whose parts must not overlap.
const SphereShape* plain_polygon(Frame& f) {
  const SphereShape* polygon = shapes(f).polygon(f, 0);
  if (polygon == nullptr || !overlaps_itself(*polygon)) return polygon;
  f.error = "the area and the centroid of polygons that overlap are not supported";
  return nullptr;
}

void geo_polygon_area(Frame& f) {
  const SphereShape* polygon = plain_polygon(f);
  if (polygon != nullptr) f.set_real(kEarthRadius * kEarthRadius * area_of(*polygon));
}

void geo_line_centroid(Frame& f) {
  const SphereShape* line = shapes(f).line(f, 0);
  const auto centre = line == nullptr ? std::nullopt : line_centre(*line);
  if (centre) f.set_text(point_json(*centre));
}

void geo_polygon_centroid(Frame& f) {
  const SphereShape* polygon = plain_polygon(f);
  const auto centre = polygon == nullptr ? std::nullopt : polygon_centre(*polygon);
  if (centre) f.set_text(point_json(*centre));
}

void geo_intersects_2lines(Frame& f) {
  const SphereShape* a = shapes(f).line(f, 0);
  const SphereShape* b = shapes(f).line(f, 1);
  if (a != nullptr && b != nullptr) f.set_bool(borders_meet(*a, false, *b, false));
}

bool any_inside(const SphereShape& shape, const SphereShape& polygon) {
  return std::any_of(shape.paths.begin(), shape.paths.end(),
                     [&](const SpherePath& path) { return contains(polygon, path.front()); });
}

void geo_intersects_line_with_polygon(Frame& f) {
  const SphereShape* line = shapes(f).line(f, 0);
  const SphereShape* polygon = shapes(f).polygon(f, 1);
  if (line == nullptr || polygon == nullptr) return;
  f.set_bool(borders_meet(*line, false, *polygon, true) || any_inside(*line, *polygon));
}

void geo_intersects_2polygons(Frame& f) {
  const SphereShape* a = shapes(f).polygon(f, 0);
  const SphereShape* b = shapes(f).polygon(f, 1);
  if (a == nullptr || b == nullptr) return;
  f.set_bool(borders_meet(*a, true, *b, true) || any_inside(*a, *b) || any_inside(*b, *a));
}

/// The only line of a shape: places along several lines have no meaning.
const SpherePath* single_line(Frame& f) {
  const SphereShape* line = shapes(f).line(f, 0);
  return line == nullptr || line->paths.size() != 1 ? nullptr : line->paths.data();
}

void geo_line_interpolate_point(Frame& f) {
  const SpherePath* path = single_line(f);
  const double fraction = f.real(1, NAN);
  if (path == nullptr || !(fraction >= 0 && fraction <= 1)) return;
  double length = 0;
  for (std::size_t i = 0; i + 1 < path->size(); ++i) {
    length += angle_between((*path)[i], (*path)[i + 1]);
  }
  double left = fraction * length;
  for (std::size_t i = 0; i + 1 < path->size(); ++i) {
    const double edge = angle_between((*path)[i], (*path)[i + 1]);
    if (left <= edge) {
      f.set_text(point_json(along_edge((*path)[i], (*path)[i + 1], left / edge)));
      return;
    }
    left -= edge;
  }
  f.set_text(point_json(path->back()));
}

void geo_line_locate_point(Frame& f) {
  const SpherePath* path = single_line(f);
  const auto p = point_at(f, 1);
  if (f.has(3) && f.integer(3, 0) != 0) {
    f.error = "geo_line_locate_point on the spheroid is not supported";
    return;
  }
  if (path == nullptr || !p) return;
  double length = 0;
  double best = 0;
  double least = 10;
  for (std::size_t i = 0; i + 1 < path->size(); ++i) {
    const SpherePoint near = nearest_on_edge(*p, (*path)[i], (*path)[i + 1]);
    if (angle_between(*p, near) < least) {
      least = angle_between(*p, near);
      best = length + angle_between((*path)[i], near);
    }
    length += angle_between((*path)[i], (*path)[i + 1]);
  }
  f.set_real(std::min(1.0, best / length));
}

/// Points between the ends until the straight line on the map and the great circle are close.
void densify(Places& out, const std::array<double, 2>& a, const std::array<double, 2>& b,
             double tolerance, int depth) {
  const std::array<double, 2> middle{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2};
  const SpherePoint p = sphere_point(a[0], a[1]);
  const SpherePoint q = sphere_point(b[0], b[1]);
  const SpherePoint m = sphere_point(middle[0], middle[1]);
  if (depth < kMostHalvings &&
      kEarthRadius * angle_between(m, nearest_on_edge(m, p, q)) > tolerance) {
    densify(out, a, middle, tolerance, depth + 1);
    densify(out, middle, b, tolerance, depth + 1);
    return;
  }
  out.push_back(b);
}

void geo_line_densify(Frame& f) {
  const SphereShape* line = shapes(f).line(f, 0);
  const double tolerance = f.real(1, 10);
  if (f.has(2) && f.integer(2, 0) != 0) {
    f.error = "geo_line_densify with preserve_crossing is not supported";
    return;
  }
  if (line == nullptr || !(tolerance >= kLeastTolerance && tolerance <= kMostTolerance)) return;
  std::vector<Places> out;
  for (const Places& places : line->places) {
    Places& dense = out.emplace_back(Places{places.front()});
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
      densify(dense, places[i], places[i + 1], tolerance, 0);
    }
  }
  f.set_text(line_json(out));
}

/// Which points stay: from each on, the longest edge that leaves no point between further away than
/// the tolerance. Only the first where all are that close to it.
std::vector<std::size_t> simplified(const SpherePath& path, double tolerance) {
  std::vector<std::size_t> kept{0};
  const bool gone = std::all_of(path.begin(), path.end(), [&](const SpherePoint& p) {
    return kEarthRadius * angle_between(path.front(), p) <= tolerance;
  });
  if (gone) return kept;
  for (std::size_t at = 0; at + 1 < path.size();) {
    std::size_t next = at + 1;
    for (std::size_t to = at + 2; to < path.size(); ++to) {
      bool close = true;
      for (std::size_t k = at + 1; k < to && close; ++k) {
        const SpherePoint near = nearest_on_edge(path[k], path[at], path[to]);
        close = kEarthRadius * angle_between(path[k], near) <= tolerance;
      }
      if (!close) break;
      next = to;
    }
    kept.push_back(next);
    at = next;
  }
  return kept;
}

void geo_line_simplify(Frame& f) {
  const SphereShape* line = shapes(f).line(f, 0);
  const double tolerance = f.real(1, 10);
  if (line == nullptr || !(tolerance >= 0)) return;
  std::vector<Places> out;
  for (std::size_t l = 0; l < line->paths.size(); ++l) {
    const auto kept = simplified(line->paths[l], tolerance);
    if (kept.size() < 2) continue;
    Places& places = out.emplace_back();
    for (const std::size_t k : kept) places.push_back(line->places[l][k]);
  }
  if (!out.empty()) f.set_text(line_json(out));
}

/// GeoJSON of a polygon's rings, each with its repeated last point.
std::string rings_json(const std::vector<Places>& rings, const std::vector<std::size_t>& polygons) {
  std::string out;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    out += i == 0 ? "[" : (polygons[i] == polygons[i - 1] ? "," : "],[");
    const std::string ring = line_json({rings[i]});
    out += json_member(ring, "coordinates");
  }
  out += "]";
  if (polygons.front() == polygons.back()) {
    return R"({"type":"Polygon","coordinates":)" + out + "}";
  }
  return R"({"type":"MultiPolygon","coordinates":[)" + out + "]}";
}

void geo_polygon_densify(Frame& f) {
  const SphereShape* polygon = shapes(f).polygon(f, 0);
  const double tolerance = f.real(1, 10);
  if (f.has(2) && f.integer(2, 0) != 0) {
    f.error = "geo_polygon_densify with preserve_crossing is not supported";
    return;
  }
  if (polygon == nullptr || !(tolerance >= kLeastTolerance && tolerance <= kMostTolerance)) return;
  std::vector<Places> out;
  for (const Places& places : polygon->places) {
    Places& dense = out.emplace_back(Places{places.front()});
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
      densify(dense, places[i], places[i + 1], tolerance, 0);
    }
  }
  f.set_text(rings_json(out, polygon->polygon_of));
}

/// As lines are simplified; a ring that is left without an inside goes, and a shell with its holes.
void geo_polygon_simplify(Frame& f) {
  const SphereShape* polygon = shapes(f).polygon(f, 0);
  const double tolerance = f.real(1, 10);
  if (polygon == nullptr || !(tolerance >= 0)) return;
  std::vector<Places> rings;
  std::vector<std::size_t> polygons;
  std::optional<std::size_t> gone;
  for (std::size_t r = 0; r < polygon->paths.size(); ++r) {
    const std::size_t number = polygon->polygon_of[r];
    if (gone == number) continue;
    SpherePath path = polygon->paths[r];
    path.push_back(path.front());
    Places kept;
    for (const std::size_t k : simplified(path, tolerance)) {
      kept.push_back(polygon->places[r][k]);
    }
    if (kept.size() >= 4) {
      rings.push_back(std::move(kept));
      polygons.push_back(number);
    } else if (r == 0 || polygon->polygon_of[r - 1] != number) {
      gone = number;
    }
  }
  if (!rings.empty()) f.set_text(rings_json(rings, polygons));
}

/// A regular polygon whose sides stay within the tolerance of the circle.
void geo_point_buffer(Frame& f) {
  const auto centre = point_at(f, 0);
  const double radius = f.real(2, NAN);
  const double tolerance = f.real(3, radius / 10);
  if (!centre || !(radius > 0) || !(tolerance > 0)) return;
  if (radius > kEarthRadius * std::numbers::pi / 2) return;
  const std::size_t corners = circle_corners(radius, tolerance);
  SpherePath ring;
  for (std::size_t k = 0; k < corners; ++k) {
    const double turn =
        2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(corners);
    ring.push_back(towards(*centre, std::numbers::pi / 2 - turn, radius / kEarthRadius));
  }
  f.set_text(ring_json(ring));
}

constexpr Kernel kKernels[] = {
    strict("geo_point_in_polygon", geo_point_in_polygon),
    strict("geo_distance_point_to_line", geo_distance_point_to_line),
    strict("geo_distance_point_to_polygon", geo_distance_point_to_polygon),
    strict("geo_closest_point_on_line", geo_closest_point_on_line),
    strict("geo_closest_point_on_polygon", geo_closest_point_on_polygon),
    strict("geo_line_length", geo_line_length),
    strict("geo_polygon_perimeter", geo_polygon_perimeter),
    strict("geo_polygon_area", geo_polygon_area),
    strict("geo_line_centroid", geo_line_centroid),
    strict("geo_polygon_centroid", geo_polygon_centroid),
    strict("geo_intersects_2lines", geo_intersects_2lines),
    strict("geo_intersects_line_with_polygon", geo_intersects_line_with_polygon),
    strict("geo_intersects_2polygons", geo_intersects_2polygons),
    strict("geo_line_interpolate_point", geo_line_interpolate_point),
    strict("geo_line_locate_point", geo_line_locate_point),
    strict("geo_line_densify", geo_line_densify),
    strict("geo_line_simplify", geo_line_simplify),
    strict("geo_polygon_densify", geo_polygon_densify),
    strict("geo_polygon_simplify", geo_polygon_simplify),
    strict("geo_point_buffer", geo_point_buffer),
};

}  // namespace

std::span<const Kernel> shape_kernels() {
  return kKernels;
}

}  // namespace harrier::query
