// Distances and geohashes on the earth.
#include "query/registry.hpp"

#include <cmath>
#include <numbers>

namespace harrier::query {

namespace {

bool is_place(double longitude, double latitude) {
  return std::fabs(longitude) <= 180 && std::fabs(latitude) <= 90;
}

/// Great circle on the sphere that Kusto computes with.
void geo_distance_2points(Frame& f) {
  constexpr double kRadius = 6'371'010.0;
  const double lon1 = f.real(0, 0);
  const double lat1 = f.real(1, 0);
  const double lon2 = f.real(2, 0);
  const double lat2 = f.real(3, 0);
  if (!is_place(lon1, lat1) || !is_place(lon2, lat2)) return;
  const double rad = std::numbers::pi / 180;
  const double a =
      std::pow(std::sin((lat2 - lat1) * rad / 2), 2) +
      std::cos(lat1 * rad) * std::cos(lat2 * rad) * std::pow(std::sin((lon2 - lon1) * rad / 2), 2);
  f.set_real(2 * kRadius * std::asin(std::sqrt(std::min(1.0, a))));
}

void geo_point_to_geohash(Frame& f) {
  static constexpr std::string_view kDigits = "0123456789bcdefghjkmnpqrstuvwxyz";
  const double longitude = f.real(0, 0);
  const double latitude = f.real(1, 0);
  const std::int64_t length = f.integer(2, 5);
  if (!is_place(longitude, latitude) || length < 1 || length > 18) return;
  double west = -180;
  double east = 180;
  double south = -90;
  double north = 90;
  std::string out;
  bool by_longitude = true;
  while (static_cast<std::int64_t>(out.size()) < length) {
    std::size_t digit = 0;
    for (int bit = 0; bit < 5; ++bit) {
      double& low = by_longitude ? west : south;
      double& high = by_longitude ? east : north;
      const double middle = (low + high) / 2;
      const bool upper = (by_longitude ? longitude : latitude) >= middle;
      (upper ? low : high) = middle;
      digit = digit * 2 + (upper ? 1 : 0);
      by_longitude = !by_longitude;
    }
    out += kDigits[digit];
  }
  f.set_text(out);
}

constexpr Kernel kKernels[] = {
    strict("geo_distance_2points", geo_distance_2points),
    strict("geo_point_to_geohash", geo_point_to_geohash),
};

}  // namespace

std::span<const Kernel> geo_kernels() {
  return kKernels;
}

}  // namespace harrier::query
