// What shapes on the sphere cover together and what they have in common.
#pragma once

#include "query/sphere.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harrier::query {

/// Rings with the inside to their left: shells counterclockwise, holes clockwise.
struct Region {
  std::vector<SpherePath> rings;

  [[nodiscard]] std::size_t corners() const;
};

/// What two regions have in common besides areas.
struct Common {
  Region region;
  std::vector<SpherePath> lines;
  SpherePath points;
};

/// The region of polygons that do not overlap one another, whichever way their rings are written.
[[nodiscard]] Region region_of(const SphereShape& polygons);
[[nodiscard]] Region united(const Region& a, const Region& b);
/// Of all regions, the two with the fewest corners first.
[[nodiscard]] Region united(std::vector<Region> regions);
[[nodiscard]] Common in_common(const Region& a, const Region& b);
/// The parts of lines that are within a region, its border included.
[[nodiscard]] Common lines_within(const std::vector<SpherePath>& lines, const Region& region);
[[nodiscard]] Common lines_in_common(const std::vector<SpherePath>& a,
                                     const std::vector<SpherePath>& b);
/// Lines cut where they cross, every piece once, and joined where just two pieces meet.
[[nodiscard]] std::vector<SpherePath> united_lines(const std::vector<SpherePath>& lines);

/// GeoJSON of a Polygon or MultiPolygon; empty for an empty region.
[[nodiscard]] std::string region_json(const Region& region);
/// GeoJSON of a LineString or MultiLineString; empty where there is none.
[[nodiscard]] std::string paths_json(const std::vector<SpherePath>& lines);
/// GeoJSON of one shape, or a GeometryCollection of several or none.
[[nodiscard]] std::string common_json(const Common& common);

}  // namespace harrier::query
