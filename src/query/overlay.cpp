#include "query/overlay.hpp"

#include "query/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

namespace harrier::query {

namespace {

/// Radians within which two places are one.
constexpr double kClose = 1e-11;

using Edge = std::pair<int, int>;  ///< corners by number
using Ring = std::vector<int>;

SpherePoint cross(const SpherePoint& a, const SpherePoint& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

double dot(const SpherePoint& a, const SpherePoint& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/// Exact enough also for places that are very close.
double distance(const SpherePoint& a, const SpherePoint& b) {
  return std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
}

/// True where the inside, less than a hemisphere, is to the left of the ring's edges.
bool runs_left(const SpherePath& ring) {
  SpherePoint sum;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const SpherePoint& a = ring[i];
    const SpherePoint& b = ring[(i + 1) % ring.size()];
    const SpherePoint c = cross(a, b);
    sum = {sum.x + c.x, sum.y + c.y, sum.z + c.z};
  }
  return dot(sum, ring[0]) > 0;
}

SphereShape shape_of(const Region& region) {
  // Every shell with its holes: a hole belongs to the smallest shell around it.
  SphereShape shape;
  std::vector<const SpherePath*> holes;
  std::vector<std::vector<const SpherePath*>> polygons;
  for (const SpherePath& ring : region.rings) {
    if (runs_left(ring)) {
      polygons.push_back({&ring});
    } else {
      holes.push_back(&ring);
    }
  }
  for (const SpherePath* hole : holes) {
    std::size_t best = polygons.size();
    for (std::size_t p = 0; p < polygons.size(); ++p) {
      const SphereShape shell{{*polygons[p][0]}, {}, {0}};
      const SpherePoint inner = along_edge((*hole)[0], (*hole)[1], 0.5);
      if (!contains(shell, inner)) continue;
      if (best == polygons.size() ||
          area_of(shell) < area_of(SphereShape{{*polygons[best][0]}, {}, {0}})) {
        best = p;
      }
    }
    if (best < polygons.size()) polygons[best].push_back(hole);
  }
  for (std::size_t p = 0; p < polygons.size(); ++p) {
    for (const SpherePath* ring : polygons[p]) {
      shape.paths.push_back(*ring);
      shape.polygon_of.push_back(p);
    }
  }
  return shape;
}

/// Edges of two shapes on common corners, cut wherever they meet.
class Arrangement {
 public:
  void add(const SpherePath& path, bool ring, bool second) {
    std::vector<Edge>& edges = second ? second_ : first_;
    Ring numbers;
    for (const SpherePoint& p : path) {
      const int number = number_of(p);
      if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
    }
    for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
      edges.emplace_back(numbers[i], numbers[i + 1]);
    }
    if (ring && numbers.size() > 1 && numbers.front() != numbers.back()) {
      edges.emplace_back(numbers.back(), numbers.front());
    }
  }

  void cut() {
    const std::vector<Edge> first = first_;
    const std::vector<Edge> second = second_;
    first_ = cut(first, second);
    second_ = cut(second, first);
  }

  /// Edges of the first shape cut where they cross one another.
  void cut_itself() {
    const std::vector<Edge> first = first_;
    first_ = cut(first, first);
  }

  [[nodiscard]] const std::vector<Edge>& first() const { return first_; }

  [[nodiscard]] const std::vector<Edge>& second() const { return second_; }

  [[nodiscard]] const SpherePoint& at(int corner) const {
    return points_[static_cast<std::size_t>(corner)];
  }

  [[nodiscard]] SpherePoint middle(const Edge& edge) const {
    return along_edge(at(edge.first), at(edge.second), 0.5);
  }

  [[nodiscard]] SpherePath path(const Ring& ring) const {
    SpherePath out;
    for (const int corner : ring) out.push_back(at(corner));
    return out;
  }

 private:
  int number_of(const SpherePoint& p) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (distance(points_[i], p) < kClose) return static_cast<int>(i);
    }
    points_.push_back(p);
    return static_cast<int>(points_.size() - 1);
  }

  [[nodiscard]] bool far_apart(const Edge& e, const Edge& o) const {
    const SpherePoint& a = at(e.first);
    const SpherePoint& b = at(e.second);
    const SpherePoint& c = at(o.first);
    const SpherePoint& d = at(o.second);
    // Each edge lies within its length of its first end.
    return distance(a, c) > (distance(a, b) + distance(c, d)) * 1.6 + kClose;
  }

  std::vector<Edge> cut(const std::vector<Edge>& edges, const std::vector<Edge>& others) {
    std::vector<Edge> out;
    for (const Edge& e : edges) {
      std::set<int> corners;
      for (const Edge& o : others) {
        if (far_apart(e, o)) continue;
        bool touch = o.first == e.first || o.first == e.second || o.second == e.first ||
                     o.second == e.second;
        for (const int corner : {o.first, o.second}) {
          if (corner == e.first || corner == e.second) continue;
          const SpherePoint near = nearest_on_edge(at(corner), at(e.first), at(e.second));
          if (distance(near, at(corner)) >= kClose) continue;
          corners.insert(corner);
          touch = true;
        }
        if (touch) continue;
        const auto where = crossing(at(e.first), at(e.second), at(o.first), at(o.second));
        if (where) corners.insert(number_of(*where));
      }
      corners.erase(e.first);
      corners.erase(e.second);
      std::vector<int> along(corners.begin(), corners.end());
      std::sort(along.begin(), along.end(), [&](int a, int b) {
        return distance(at(e.first), at(a)) < distance(at(e.first), at(b));
      });
      int from = e.first;
      for (const int corner : along) {
        out.emplace_back(from, corner);
        from = corner;
      }
      out.emplace_back(from, e.second);
    }
    return out;
  }

  std::vector<SpherePoint> points_;
  std::vector<Edge> first_;
  std::vector<Edge> second_;
};

Edge reversed(const Edge& edge) {
  return {edge.second, edge.first};
}

/// Rings of edges that have their inside to the left. A ring begins behind its last edge.
class Rings {
 public:
  Rings(const Arrangement& places, const std::vector<Edge>& edges)
      : places_(places), edges_(edges), open_(edges.size(), true) {
    for (std::size_t e = 0; e < edges_.size(); ++e) leaving_.emplace(edges_[e].first, e);
  }

  std::vector<Ring> found() {
    std::vector<Ring> rings;
    for (std::size_t e = edges_.size(); e-- > 0;) {
      if (!open_[e]) continue;
      Ring ring;
      std::optional<std::size_t> next = e;
      while (next) {
        open_[*next] = false;
        const int corner = edges_[*next].second;
        const auto before = std::find(ring.begin(), ring.end(), corner);
        if (before != ring.end()) {
          // The ring touches itself here: what lies between is a ring of its own.
          keep(rings, Ring(before, ring.end()));
          ring.erase(before, ring.end());
        }
        ring.push_back(corner);
        if (corner == edges_[e].first) break;
        next = leftmost(edges_[*next]);
      }
      keep(rings, std::move(ring));
    }
    std::reverse(rings.begin(), rings.end());
    return rings;
  }

 private:
  static void keep(std::vector<Ring>& rings, Ring ring) {
    if (ring.size() > 2) rings.push_back(std::move(ring));
  }

  [[nodiscard]] std::optional<std::size_t> leftmost(const Edge& edge) const {
    const auto [from, to] = leaving_.equal_range(edge.second);
    std::optional<std::size_t> best;
    double least = 10;
    const SpherePoint& here = places_.at(edge.second);
    const double back = azimuth(here, places_.at(edge.first));
    for (auto it = from; it != to; ++it) {
      if (!open_[it->second]) continue;
      double turn = azimuth(here, places_.at(edges_[it->second].second)) - back;
      if (turn <= 0) turn += 2 * std::numbers::pi;
      if (turn >= least) continue;
      least = turn;
      best = it->second;
    }
    return best;
  }

  const Arrangement& places_;
  const std::vector<Edge>& edges_;
  std::vector<bool> open_;
  std::multimap<int, std::size_t> leaving_;
};

/// Pieces one after the other as long as each goes on where the last one ended and, with `only`,
/// no other piece ends there.
std::vector<SpherePath> chained(const Arrangement& places, const std::vector<Edge>& edges,
                                const std::map<int, int>& ends) {
  std::vector<SpherePath> lines;
  int last = -1;
  for (const Edge& edge : edges) {
    const auto meet = ends.find(edge.first);
    const bool goes_on = edge.first == last && (meet == ends.end() || meet->second == 2);
    if (!goes_on) lines.push_back({places.at(edge.first)});
    lines.back().push_back(places.at(edge.second));
    last = edge.second;
  }
  return lines;
}

void add_all(Arrangement& places, const std::vector<SpherePath>& paths, bool rings, bool second) {
  for (const SpherePath& path : paths) places.add(path, rings, second);
}

/// The edges of each that are on the right side of the other's border.
std::vector<Edge> chosen(const Arrangement& places, const Region& a, const Region& b, bool inside) {
  std::vector<Edge> kept;
  const std::set<Edge> of_first(places.first().begin(), places.first().end());
  const std::set<Edge> of_second(places.second().begin(), places.second().end());
  const SphereShape first = shape_of(a);
  const SphereShape second = shape_of(b);
  for (const Edge& edge : places.first()) {
    if (of_second.contains(reversed(edge))) continue;
    if (of_second.contains(edge) || contains(second, places.middle(edge)) == inside) {
      kept.push_back(edge);
    }
  }
  for (const Edge& edge : places.second()) {
    if (of_first.contains(edge) || of_first.contains(reversed(edge))) continue;
    if (contains(first, places.middle(edge)) == inside) kept.push_back(edge);
  }
  return kept;
}

Region region_from(const Arrangement& places, const std::vector<Edge>& edges) {
  Region region;
  for (const Ring& ring : Rings(places, edges).found()) region.rings.push_back(places.path(ring));
  return region;
}

/// The corners that edges of both shapes end in, and no edge of `used` does.
SpherePath common_points(const Arrangement& places, const std::vector<Edge>& used) {
  std::set<int> first;
  std::set<int> gone;
  for (const Edge& edge : places.first()) first.insert({edge.first, edge.second});
  for (const Edge& edge : used) gone.insert({edge.first, edge.second});
  SpherePath points;
  for (const Edge& edge : places.second()) {
    for (const int corner : {edge.first, edge.second}) {
      if (first.contains(corner) && gone.insert(corner).second) points.push_back(places.at(corner));
    }
  }
  return points;
}

std::string ring_text(const SpherePath& ring) {
  const std::string polygon = ring_json(ring);
  const std::string_view rings = json_member(polygon, "coordinates");
  return std::string(rings.substr(1, rings.size() - 2));
}

}  // namespace

std::size_t Region::corners() const {
  std::size_t sum = 0;
  for (const SpherePath& ring : rings) sum += ring.size();
  return sum;
}

Region region_of(const SphereShape& polygons) {
  Region region;
  for (std::size_t i = 0; i < polygons.paths.size(); ++i) {
    SpherePath ring = polygons.paths[i];
    const bool shell = i == 0 || polygons.polygon_of[i] != polygons.polygon_of[i - 1];
    if (runs_left(ring) != shell) std::reverse(ring.begin(), ring.end());
    region.rings.push_back(std::move(ring));
  }
  return region;
}

Region united(const Region& a, const Region& b) {
  Arrangement places;
  add_all(places, a.rings, true, false);
  add_all(places, b.rings, true, true);
  places.cut();
  return region_from(places, chosen(places, a, b, false));
}

Region united(std::vector<Region> regions) {
  std::multimap<std::size_t, Region> queue;
  for (Region& region : regions) queue.emplace(region.corners(), std::move(region));
  while (queue.size() > 1) {
    const Region a = std::move(queue.extract(queue.begin()).mapped());
    const Region b = std::move(queue.extract(queue.begin()).mapped());
    Region both = united(a, b);
    const std::size_t corners = both.corners();
    queue.emplace(corners, std::move(both));
  }
  return queue.empty() ? Region() : std::move(queue.begin()->second);
}

Common in_common(const Region& a, const Region& b) {
  Arrangement places;
  add_all(places, a.rings, true, false);
  add_all(places, b.rings, true, true);
  places.cut();
  std::vector<Edge> used = chosen(places, a, b, true);
  Common common;
  common.region = region_from(places, used);
  const std::set<Edge> of_second(places.second().begin(), places.second().end());
  std::vector<Edge> borders;
  for (const Edge& edge : places.first()) {
    if (of_second.contains(reversed(edge))) borders.push_back(edge);
  }
  common.lines = chained(places, borders, {});
  used.insert(used.end(), borders.begin(), borders.end());
  common.points = common_points(places, used);
  return common;
}

Common lines_within(const std::vector<SpherePath>& lines, const Region& region) {
  Arrangement places;
  add_all(places, lines, false, false);
  add_all(places, region.rings, true, true);
  places.cut();
  const std::set<Edge> border(places.second().begin(), places.second().end());
  const SphereShape shape = shape_of(region);
  std::vector<Edge> used;
  for (const Edge& edge : places.first()) {
    if (border.contains(edge) || border.contains(reversed(edge)) ||
        contains(shape, places.middle(edge))) {
      used.push_back(edge);
    }
  }
  Common common;
  common.lines = chained(places, used, {});
  common.points = common_points(places, used);
  return common;
}

Common lines_in_common(const std::vector<SpherePath>& a, const std::vector<SpherePath>& b) {
  Arrangement places;
  add_all(places, a, false, false);
  add_all(places, b, false, true);
  places.cut();
  const std::set<Edge> of_second(places.second().begin(), places.second().end());
  std::vector<Edge> used;
  for (const Edge& edge : places.first()) {
    if (of_second.contains(edge) || of_second.contains(reversed(edge))) used.push_back(edge);
  }
  Common common;
  common.lines = chained(places, used, {});
  common.points = common_points(places, used);
  return common;
}

std::vector<SpherePath> united_lines(const std::vector<SpherePath>& lines) {
  Arrangement places;
  add_all(places, lines, false, false);
  places.cut_itself();
  std::set<Edge> seen;
  std::vector<Edge> pieces;
  std::map<int, int> ends;
  for (const Edge& edge : places.first()) {
    if (seen.contains(edge) || seen.contains(reversed(edge))) continue;
    seen.insert(edge);
    pieces.push_back(edge);
    ++ends[edge.first];
    ++ends[edge.second];
  }
  return chained(places, pieces, ends);
}

std::string region_json(const Region& region) {
  const SphereShape shape = shape_of(region);
  if (shape.paths.empty()) return {};
  std::vector<std::string> polygons;
  for (std::size_t i = 0; i < shape.paths.size(); ++i) {
    if (shape.polygon_of[i] == polygons.size()) {
      polygons.push_back(ring_text(shape.paths[i]));
    } else {
      polygons.back() += "," + ring_text(shape.paths[i]);
    }
  }
  if (polygons.size() == 1) return R"({"type":"Polygon","coordinates":[)" + polygons[0] + "]}";
  std::string out = R"({"type":"MultiPolygon","coordinates":[)";
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    out += (i == 0 ? "[" : ",[") + polygons[i] + "]";
  }
  return out + "]}";
}

std::string paths_json(const std::vector<SpherePath>& lines) {
  if (lines.empty()) return {};
  std::vector<std::vector<std::array<double, 2>>> places;
  for (const SpherePath& line : lines) {
    auto& path = places.emplace_back();
    for (const SpherePoint& p : line) path.push_back(degrees_of(p));
  }
  return line_json(places);
}

std::string common_json(const Common& common) {
  std::vector<std::string> shapes;
  for (const SpherePoint& p : common.points) shapes.push_back(point_json(p));
  if (std::string lines = paths_json(common.lines); !lines.empty()) shapes.push_back(lines);
  if (std::string area = region_json(common.region); !area.empty()) shapes.push_back(area);
  if (shapes.size() == 1) return shapes[0];
  std::string out = R"({"type":"GeometryCollection","geometries":[)";
  for (std::size_t i = 0; i < shapes.size(); ++i) out += (i == 0 ? "" : ",") + shapes[i];
  return out + "]}";
}

}  // namespace harrier::query
