#include "query/sphere.hpp"

#include "query/convert.hpp"
#include "query/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace harrier::query {

namespace {

constexpr double kRadian = std::numbers::pi / 180;
constexpr double kSame = 1e-15;
/// More points than this are not searched for crossings of a ring with itself.
constexpr std::size_t kMostChecked = 4000;

SpherePoint operator+(const SpherePoint& a, const SpherePoint& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}

SpherePoint operator-(const SpherePoint& a, const SpherePoint& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}

SpherePoint operator*(const SpherePoint& a, double s) {
  return {a.x * s, a.y * s, a.z * s};
}

double dot(const SpherePoint& a, const SpherePoint& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

SpherePoint cross(const SpherePoint& a, const SpherePoint& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

double norm(const SpherePoint& a) {
  return std::sqrt(dot(a, a));
}

SpherePoint unit(const SpherePoint& a) {
  const double length = norm(a);
  return length == 0 ? a : a * (1 / length);
}

/// Calls `use(from, to)` for every edge.
template <class Use>
void each_edge(const SpherePath& path, bool ring, Use&& use) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) use(path[i], path[i + 1]);
  if (ring && path.size() > 1) use(path.back(), path.front());
}

bool same(const SpherePoint& a, const SpherePoint& b) {
  return norm(a - b) < kSame;
}

std::optional<std::array<double, 2>> read_place(std::string_view json) {
  const auto parts = json_elements(json);
  if (parts.size() < 2) return std::nullopt;
  const auto longitude = parse_real(parts[0]);
  const auto latitude = parse_real(parts[1]);
  if (!longitude || !latitude || !is_place(*longitude, *latitude)) return std::nullopt;
  return std::array<double, 2>{*longitude, *latitude};
}

std::optional<SpherePath> read_path(std::string_view json,
                                    std::vector<std::array<double, 2>>* places = nullptr) {
  SpherePath path;
  for (const std::string_view part : json_elements(json)) {
    const auto place = read_place(part);
    if (!place) return std::nullopt;
    const SpherePoint point = sphere_point((*place)[0], (*place)[1]);
    if (!path.empty() && (same(path.back(), point) || same(path.back() * -1, point)))
      return std::nullopt;
    path.push_back(point);
    if (places != nullptr) places->push_back(*place);
  }
  return path;
}

bool crosses_itself(const SpherePath& ring) {
  const std::size_t n = ring.size();
  if (n > kMostChecked) return false;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 2; j < n; ++j) {
      if (i == 0 && j == n - 1) continue;
      if (edges_meet(ring[i], ring[i + 1], ring[j], ring[(j + 1) % n])) return true;
    }
  }
  return false;
}

bool add_polygon(SphereShape& shape, std::string_view json) {
  const std::size_t number = shape.polygon_of.empty() ? 0 : shape.polygon_of.back() + 1;
  const auto rings = json_elements(json);
  for (const std::string_view text : rings) {
    auto ring = read_path(text, &shape.places.emplace_back());
    if (!ring || ring->size() < 4 || !same(ring->front(), ring->back())) return false;
    ring->pop_back();
    if (crosses_itself(*ring)) return false;
    shape.paths.push_back(std::move(*ring));
    shape.polygon_of.push_back(number);
  }
  return !rings.empty();
}

/// The integral of the position over a ring's inside; its sign is the ring's direction.
SpherePoint moment(const SpherePath& ring) {
  SpherePoint sum;
  each_edge(ring, true, [&](const SpherePoint& a, const SpherePoint& b) {
    sum = sum + unit(cross(a, b)) * (angle_between(a, b) / 2);
  });
  SpherePoint middle;
  for (const SpherePoint& p : ring) middle = middle + p;
  return dot(sum, middle) < 0 ? sum * -1 : sum;
}

/// True within a ring that is smaller than a hemisphere.
bool ring_contains(const SpherePath& ring, const SpherePoint& p) {
  SpherePoint middle;
  for (const SpherePoint& q : ring) middle = middle + q;
  if (dot(middle, p) < 0) return false;
  double turned = 0;
  bool on_border = false;
  each_edge(ring, true, [&](const SpherePoint& a, const SpherePoint& b) {
    on_border = on_border || norm(nearest_on_edge(p, a, b) - p) < kSame;
    const SpherePoint u = cross(p, a);
    const SpherePoint v = cross(p, b);
    turned += std::atan2(dot(p, cross(u, v)), dot(u, v));
  });
  return on_border || std::fabs(turned) > std::numbers::pi;
}

bool in_another(const SphereShape& polygon, std::size_t own, const SpherePoint& p) {
  SphereShape others;
  for (std::size_t i = 0; i < polygon.paths.size(); ++i) {
    if (polygon.polygon_of[i] == own) continue;
    others.paths.push_back(polygon.paths[i]);
    others.polygon_of.push_back(polygon.polygon_of[i]);
  }
  return contains(others, p);
}

double ring_area(const SpherePath& ring) {
  // The turning angles of a closed path and its area add up to a full turn.
  double turned = 0;
  const std::size_t n = ring.size();
  for (std::size_t i = 0; i < n; ++i) {
    const SpherePoint u = cross(ring[i], ring[(i + 1) % n]);
    const SpherePoint v = cross(ring[(i + 1) % n], ring[(i + 2) % n]);
    turned += std::atan2(dot(ring[(i + 1) % n], cross(u, v)), dot(u, v));
  }
  const double area = std::fabs(2 * std::numbers::pi - std::fabs(turned));
  return std::min(area, 4 * std::numbers::pi - area);
}

void append_point(std::string& out, double longitude, double latitude) {
  fmt::format_to(std::back_inserter(out), "[{},{}]", longitude, latitude);
}

}  // namespace

bool is_place(double longitude, double latitude) noexcept {
  return std::fabs(longitude) <= 180 && std::fabs(latitude) <= 90;
}

SpherePoint sphere_point(double longitude, double latitude) noexcept {
  const double ring = std::cos(latitude * kRadian);
  return {ring * std::cos(longitude * kRadian), ring * std::sin(longitude * kRadian),
          std::sin(latitude * kRadian)};
}

std::array<double, 2> degrees_of(const SpherePoint& p) noexcept {
  return {std::atan2(p.y, p.x) / kRadian, std::atan2(p.z, std::hypot(p.x, p.y)) / kRadian};
}

double angle_between(const SpherePoint& a, const SpherePoint& b) noexcept {
  return std::atan2(norm(cross(a, b)), dot(a, b));
}

double azimuth(const SpherePoint& from, const SpherePoint& to) noexcept {
  const SpherePoint east = std::hypot(from.x, from.y) == 0 ? SpherePoint{0, 1, 0}
                                                           : unit(SpherePoint{-from.y, from.x, 0});
  const double turn = std::atan2(dot(to, east), dot(to, cross(from, east)));
  return turn < 0 ? turn + 2 * std::numbers::pi : turn;
}

SpherePoint towards(const SpherePoint& from, double turn, double angle) noexcept {
  const SpherePoint east = std::hypot(from.x, from.y) == 0 ? SpherePoint{0, 1, 0}
                                                           : unit(SpherePoint{-from.y, from.x, 0});
  const SpherePoint ahead = east * std::sin(turn) + cross(from, east) * std::cos(turn);
  return from * std::cos(angle) + ahead * std::sin(angle);
}

SpherePoint nearest_on_edge(const SpherePoint& p, const SpherePoint& a,
                            const SpherePoint& b) noexcept {
  // By differences, which stay exact where the points are close.
  const SpherePoint plane = unit(cross(a, b - a));
  const SpherePoint foot = p - plane * dot(p - a, plane);
  if (norm(foot) > 0 && dot(cross(plane, a), foot) > 0 && dot(cross(b, plane), foot) > 0)
    return unit(foot);
  return dot(p, a) > dot(p, b) ? a : b;
}

SpherePoint along_edge(const SpherePoint& a, const SpherePoint& b, double share) noexcept {
  const double angle = angle_between(a, b) * share;
  const SpherePoint ahead = unit(cross(cross(a, b), a));
  return unit(a * std::cos(angle) + ahead * std::sin(angle));
}

bool edges_meet(const SpherePoint& a, const SpherePoint& b, const SpherePoint& c,
                const SpherePoint& d) noexcept {
  if (same(nearest_on_edge(a, c, d), a) || same(nearest_on_edge(b, c, d), b) ||
      same(nearest_on_edge(c, a, b), c) || same(nearest_on_edge(d, a, b), d))
    return true;
  return crossing(a, b, c, d).has_value();
}

std::optional<SpherePoint> crossing(const SpherePoint& a, const SpherePoint& b,
                                    const SpherePoint& c, const SpherePoint& d) noexcept {
  // How far a point is to the left of a great circle; by differences, as above.
  const auto left_of = [](const SpherePoint& from, const SpherePoint& to, const SpherePoint& p) {
    return dot(from, cross(to - from, p - from));
  };
  if ((left_of(a, b, c) > 0) == (left_of(a, b, d) > 0)) return std::nullopt;
  const double at_a = left_of(c, d, a);
  const double at_b = left_of(c, d, b);
  if ((at_a > 0) == (at_b > 0)) return std::nullopt;
  // The great circles cross between the ends of both; on the same side of the Earth?
  const SpherePoint where = unit(a + (b - a) * (at_a / (at_a - at_b)));
  if (dot(where, c + d) <= 0) return std::nullopt;
  return where;
}

std::optional<SphereShape> read_line(std::string_view json) {
  const std::string type = json_unquote(json_member(json, "type"));
  const std::string_view places = json_member(json, "coordinates");
  std::vector<std::string_view> lines;
  if (type == "LineString") lines.push_back(places);
  if (type == "MultiLineString") lines = json_elements(places);
  SphereShape shape;
  for (const std::string_view text : lines) {
    auto path = read_path(text, &shape.places.emplace_back());
    if (!path || path->size() < 2) return std::nullopt;
    shape.paths.push_back(std::move(*path));
  }
  if (shape.paths.empty()) return std::nullopt;
  return shape;
}

std::optional<SphereShape> read_polygon(std::string_view json) {
  const std::string type = json_unquote(json_member(json, "type"));
  const std::string_view places = json_member(json, "coordinates");
  std::vector<std::string_view> polygons;
  if (type == "Polygon") polygons.push_back(places);
  if (type == "MultiPolygon") polygons = json_elements(places);
  SphereShape shape;
  for (const std::string_view text : polygons) {
    if (!add_polygon(shape, text)) return std::nullopt;
  }
  if (shape.paths.empty()) return std::nullopt;
  return shape;
}

bool contains(const SphereShape& polygon, const SpherePoint& p) noexcept {
  for (std::size_t i = 0; i < polygon.paths.size();) {
    const std::size_t number = polygon.polygon_of[i];
    bool inside = ring_contains(polygon.paths[i], p);
    for (++i; i < polygon.paths.size() && polygon.polygon_of[i] == number; ++i) {
      inside = inside && !ring_contains(polygon.paths[i], p);
    }
    if (inside) return true;
  }
  return false;
}

SpherePoint nearest_on_border(const SphereShape& shape, bool rings, const SpherePoint& p) noexcept {
  SpherePoint best = shape.paths.front().front();
  double least = 10;
  for (const SpherePath& path : shape.paths) {
    each_edge(path, rings, [&](const SpherePoint& a, const SpherePoint& b) {
      const SpherePoint near = nearest_on_edge(p, a, b);
      const double angle = angle_between(p, near);
      if (angle >= least) return;
      least = angle;
      best = near;
    });
  }
  return best;
}

double length_of(const SphereShape& line) noexcept {
  double sum = 0;
  for (const SpherePath& path : line.paths) {
    each_edge(path, false,
              [&](const SpherePoint& a, const SpherePoint& b) { sum += angle_between(a, b); });
  }
  return sum;
}

double outline_of(const SphereShape& polygon) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < polygon.paths.size(); ++i) {
    const std::size_t own = polygon.polygon_of[i];
    each_edge(polygon.paths[i], true, [&](const SpherePoint& a, const SpherePoint& b) {
      const double whole = angle_between(a, b);
      std::vector<double> cuts{0, 1};
      for (std::size_t k = 0; k < polygon.paths.size(); ++k) {
        if (polygon.polygon_of[k] == own) continue;
        each_edge(polygon.paths[k], true, [&](const SpherePoint& c, const SpherePoint& d) {
          if (!edges_meet(a, b, c, d)) return;
          const SpherePoint line = cross(cross(a, b), cross(c, d));
          const SpherePoint where = unit(dot(line, a + b) < 0 ? line * -1 : line);
          cuts.push_back(angle_between(a, where) / whole);
        });
      }
      std::sort(cuts.begin(), cuts.end());
      for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
        const SpherePoint middle = along_edge(a, b, (cuts[k] + cuts[k + 1]) / 2);
        if (!in_another(polygon, own, middle)) sum += whole * (cuts[k + 1] - cuts[k]);
      }
    });
  }
  return sum;
}

bool overlaps_itself(const SphereShape& polygon) noexcept {
  for (std::size_t i = 0; i < polygon.paths.size(); ++i) {
    for (std::size_t k = i + 1; k < polygon.paths.size(); ++k) {
      if (polygon.polygon_of[i] == polygon.polygon_of[k]) continue;
      const SphereShape one{{polygon.paths[i]}, {}, {0}};
      const SphereShape other{{polygon.paths[k]}, {}, {0}};
      if (borders_meet(one, true, other, true)) return true;
    }
    if (in_another(polygon, polygon.polygon_of[i], polygon.paths[i].front())) return true;
  }
  return false;
}

double area_of(const SphereShape& polygon) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < polygon.paths.size(); ++i) {
    const bool shell = i == 0 || polygon.polygon_of[i] != polygon.polygon_of[i - 1];
    sum += ring_area(polygon.paths[i]) * (shell ? 1 : -1);
  }
  return sum;
}

std::optional<SpherePoint> line_centre(const SphereShape& line) noexcept {
  SpherePoint sum;
  for (const SpherePath& path : line.paths) {
    each_edge(path, false, [&](const SpherePoint& a, const SpherePoint& b) {
      sum = sum + (a + b) * (norm(a - b) / norm(a + b));
    });
  }
  if (norm(sum) == 0) return std::nullopt;
  return unit(sum);
}

std::optional<SpherePoint> polygon_centre(const SphereShape& polygon) noexcept {
  SpherePoint sum;
  for (std::size_t i = 0; i < polygon.paths.size(); ++i) {
    const bool shell = i == 0 || polygon.polygon_of[i] != polygon.polygon_of[i - 1];
    sum = sum + moment(polygon.paths[i]) * (shell ? 1 : -1);
  }
  if (norm(sum) == 0) return std::nullopt;
  return unit(sum);
}

bool borders_meet(const SphereShape& a, bool a_rings, const SphereShape& b, bool b_rings) noexcept {
  bool meet = false;
  for (const SpherePath& one : a.paths) {
    each_edge(one, a_rings, [&](const SpherePoint& p, const SpherePoint& q) {
      for (const SpherePath& other : b.paths) {
        if (meet) return;
        each_edge(other, b_rings, [&](const SpherePoint& r, const SpherePoint& s) {
          meet = meet || edges_meet(p, q, r, s);
        });
      }
    });
  }
  return meet;
}

std::string point_json(double longitude, double latitude) {
  std::string out = R"({"type":"Point","coordinates":)";
  append_point(out, longitude, latitude);
  return out + "}";
}

std::string point_json(const SpherePoint& p) {
  const auto place = degrees_of(p);
  return point_json(place[0], place[1]);
}

std::string places_json(const std::vector<std::array<double, 2>>& ring) {
  std::string out = R"({"type":"Polygon","coordinates":[[)";
  for (const auto& place : ring) {
    append_point(out, place[0], place[1]);
    out += ',';
  }
  append_point(out, ring.front()[0], ring.front()[1]);
  return out + "]]}";
}

std::string ring_json(const SpherePath& ring) {
  std::vector<std::array<double, 2>> places;
  places.reserve(ring.size());
  for (const SpherePoint& p : ring) places.push_back(degrees_of(p));
  return places_json(places);
}

std::string line_json(const std::vector<std::vector<std::array<double, 2>>>& lines) {
  const bool several = lines.size() > 1;
  std::string out = several ? R"({"type":"MultiLineString","coordinates":[)"
                            : R"({"type":"LineString","coordinates":)";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += ',';
    out += '[';
    for (std::size_t k = 0; k < lines[i].size(); ++k) {
      if (k > 0) out += ',';
      append_point(out, lines[i][k][0], lines[i][k][1]);
    }
    out += ']';
  }
  return out + (several ? "]}" : "}");
}

}  // namespace harrier::query
