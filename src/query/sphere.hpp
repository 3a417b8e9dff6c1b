// Shapes on the Earth taken as a sphere: points as unit vectors, edges as great circles.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

/// Metres; the sphere that Kusto computes with.
inline constexpr double kEarthRadius = 6'371'010.0;

/// A direction from the Earth's centre.
struct SpherePoint {
  double x = 0;
  double y = 0;
  double z = 0;
};

using SpherePath = std::vector<SpherePoint>;

/// A shape as GeoJSON gives it. Lines: every path is one. Polygons: every path is a ring without
/// its repeated last point; the first ring of each polygon is its shell, the others are holes.
struct SphereShape {
  std::vector<SpherePath> paths;
  /// The degrees as they were written; of a ring with its repeated last point.
  std::vector<std::vector<std::array<double, 2>>> places;
  std::vector<std::size_t> polygon_of;  ///< polygons only: which polygon each ring belongs to
};

/// False outside -180…180 and -90…90.
[[nodiscard]] bool is_place(double longitude, double latitude) noexcept;
[[nodiscard]] SpherePoint sphere_point(double longitude, double latitude) noexcept;
/// Degrees: longitude, latitude.
[[nodiscard]] std::array<double, 2> degrees_of(const SpherePoint& p) noexcept;
/// Radians between two directions.
[[nodiscard]] double angle_between(const SpherePoint& a, const SpherePoint& b) noexcept;
/// Radians clockwise from north at `from`, 0…2π.
[[nodiscard]] double azimuth(const SpherePoint& from, const SpherePoint& to) noexcept;
/// The point at an angle (radians) from another, in a direction clockwise from north.
[[nodiscard]] SpherePoint towards(const SpherePoint& from, double turn, double angle) noexcept;
/// The point of the edge `a`-`b` nearest to `p`.
[[nodiscard]] SpherePoint nearest_on_edge(const SpherePoint& p, const SpherePoint& a,
                                          const SpherePoint& b) noexcept;
/// The point at a share of the way along an edge.
[[nodiscard]] SpherePoint along_edge(const SpherePoint& a, const SpherePoint& b,
                                     double share) noexcept;
/// True where two edges have a point in common.
[[nodiscard]] bool edges_meet(const SpherePoint& a, const SpherePoint& b, const SpherePoint& c,
                              const SpherePoint& d) noexcept;
/// Where two edges cross away from their ends.
[[nodiscard]] std::optional<SpherePoint> crossing(const SpherePoint& a, const SpherePoint& b,
                                                  const SpherePoint& c,
                                                  const SpherePoint& d) noexcept;

/// LineString or MultiLineString; nullopt for anything else and for lines that are none.
[[nodiscard]] std::optional<SphereShape> read_line(std::string_view json);
/// Polygon or MultiPolygon; nullopt for anything else, rings that are open, degenerate or cross
/// themselves.
[[nodiscard]] std::optional<SphereShape> read_polygon(std::string_view json);

[[nodiscard]] bool contains(const SphereShape& polygon, const SpherePoint& p) noexcept;
/// The nearest point of the shape's lines or borders.
[[nodiscard]] SpherePoint nearest_on_border(const SphereShape& shape, bool rings,
                                            const SpherePoint& p) noexcept;
/// Radians.
[[nodiscard]] double length_of(const SphereShape& line) noexcept;
/// Radians: the borders of what the polygons cover together.
[[nodiscard]] double outline_of(const SphereShape& polygon) noexcept;
/// True where polygons of one shape have places in common.
[[nodiscard]] bool overlaps_itself(const SphereShape& polygon) noexcept;
/// Square radians; of polygons that do not overlap.
[[nodiscard]] double area_of(const SphereShape& polygon) noexcept;
/// The centres of mass; nullopt where there is none.
[[nodiscard]] std::optional<SpherePoint> line_centre(const SphereShape& line) noexcept;
[[nodiscard]] std::optional<SpherePoint> polygon_centre(const SphereShape& polygon) noexcept;
/// True where lines or borders of two shapes meet.
[[nodiscard]] bool borders_meet(const SphereShape& a, bool a_rings, const SphereShape& b,
                                bool b_rings) noexcept;

/// GeoJSON of a point, a ring (closed here) and lines.
[[nodiscard]] std::string point_json(const SpherePoint& p);
[[nodiscard]] std::string point_json(double longitude, double latitude);
[[nodiscard]] std::string places_json(const std::vector<std::array<double, 2>>& ring);
[[nodiscard]] std::string ring_json(const SpherePath& ring);
[[nodiscard]] std::string line_json(const std::vector<std::vector<std::array<double, 2>>>& lines);

}  // namespace harrier::query
