// Points on the earth: distances, directions and geohashes.
#include "query/functions/shared.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace harrier::query {

namespace {

constexpr std::string_view kDigits = "0123456789bcdefghjkmnpqrstuvwxyz";
constexpr std::int64_t kLongestHash = 18;

struct Cell {
  double west = -180;
  double east = 180;
  double south = -90;
  double north = 90;
};

/// Great circle on the sphere that Kusto computes with.
void geo_distance_2points(Frame& f) {
  const auto a = point_at(f, 0);
  const auto b = point_at(f, 2);
  if (f.has(4) && f.integer(4, 0) != 0) {
    f.error = "geo_distance_2points on the spheroid is not supported";
    return;
  }
  if (a && b) f.set_real(kEarthRadius * angle_between(*a, *b));
}

void geo_azimuth(Frame& f) {
  const auto a = point_at(f, 0);
  const auto b = point_at(f, 2);
  if (a && b && angle_between(*a, *b) > 0) f.set_real(azimuth(*a, *b));
}

/// Clockwise at the second point, from the first to the third.
void geo_angle(Frame& f) {
  const auto a = point_at(f, 0);
  const auto b = point_at(f, 2);
  const auto c = point_at(f, 4);
  if (!a || !b || !c || angle_between(*a, *b) == 0 || angle_between(*b, *c) == 0) return;
  const double turn = azimuth(*b, *c) - azimuth(*b, *a);
  f.set_real(turn < 0 ? turn + 2 * std::numbers::pi : turn);
}

void geo_point_in_circle(Frame& f) {
  const auto p = point_at(f, 0);
  const auto centre = point_at(f, 2);
  const double radius = f.real(4, NAN);
  if (!p || !centre || !(radius >= 0)) return;
  f.set_bool(kEarthRadius * angle_between(*p, *centre) <= radius);
}

std::string hash_of(double longitude, double latitude, std::size_t length) {
  Cell cell;
  std::string out;
  bool by_longitude = true;
  while (out.size() < length) {
    std::size_t digit = 0;
    for (int bit = 0; bit < 5; ++bit) {
      double& low = by_longitude ? cell.west : cell.south;
      double& high = by_longitude ? cell.east : cell.north;
      const double middle = (low + high) / 2;
      const bool upper = (by_longitude ? longitude : latitude) >= middle;
      (upper ? low : high) = middle;
      digit = digit * 2 + (upper ? 1 : 0);
      by_longitude = !by_longitude;
    }
    out += kDigits[digit];
  }
  return out;
}

void geo_point_to_geohash(Frame& f) {
  const double longitude = f.real(0, NAN);
  const double latitude = f.real(1, NAN);
  const std::int64_t length = f.integer(2, 5);
  if (!is_place(longitude, latitude) || length < 1 || length > kLongestHash) return;
  f.set_text(hash_of(longitude, latitude, static_cast<std::size_t>(length)));
}

std::optional<Cell> cell_of(std::string_view hash) {
  if (hash.empty() || hash.size() > kLongestHash) return std::nullopt;
  Cell cell;
  bool by_longitude = true;
  for (const char c : hash) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    for (int bit = 4; bit >= 0; --bit) {
      double& low = by_longitude ? cell.west : cell.south;
      double& high = by_longitude ? cell.east : cell.north;
      ((digit >> bit & 1U) != 0 ? low : high) = (low + high) / 2;
      by_longitude = !by_longitude;
    }
  }
  return cell;
}

void geo_geohash_to_central_point(Frame& f) {
  const auto cell = cell_of(f.text(0));
  if (cell) f.set_text(point_json((cell->west + cell->east) / 2, (cell->south + cell->north) / 2));
}

void geo_geohash_to_polygon(Frame& f) {
  const auto cell = cell_of(f.text(0));
  if (!cell) return;
  f.set_text(places_json({{cell->west, cell->south},
                          {cell->east, cell->south},
                          {cell->east, cell->north},
                          {cell->west, cell->north}}));
}

void geo_geohash_neighbors(Frame& f) {
  const auto cell = cell_of(f.text(0));
  if (!cell) return;
  const double width = cell->east - cell->west;
  const double height = cell->north - cell->south;
  std::vector<std::string> names;
  // Clockwise from the north-west.
  for (const auto& [right, up] :
       {std::pair(-1, 1), std::pair(0, 1), std::pair(1, 1), std::pair(1, 0), std::pair(1, -1),
        std::pair(0, -1), std::pair(-1, -1), std::pair(-1, 0)}) {
    double longitude = (cell->west + cell->east) / 2 + right * width;
    const double latitude = (cell->south + cell->north) / 2 + up * height;
    if (std::fabs(latitude) > 90) continue;
    if (std::fabs(longitude) > 180) longitude -= std::copysign(360, longitude);
    std::string name = hash_of(longitude, latitude, f.text(0).size());
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  f.set_text(names_json(as_a_set(std::move(names))));
}

constexpr Kernel kKernels[] = {
    strict("geo_distance_2points", geo_distance_2points),
    strict("geo_azimuth", geo_azimuth),
    strict("geo_angle", geo_angle),
    strict("geo_point_in_circle", geo_point_in_circle),
    strict("geo_point_to_geohash", geo_point_to_geohash),
    strict("geo_geohash_to_central_point", geo_geohash_to_central_point),
    strict("geo_geohash_to_polygon", geo_geohash_to_polygon),
    strict("geo_geohash_neighbors", geo_geohash_neighbors),
};

}  // namespace

std::span<const Kernel> geo_kernels() {
  return kKernels;
}

}  // namespace harrier::query
