// The union of polygons that tile: they may have whole edges and corners in common. What overlaps
// is refused.
#include "query/json.hpp"
#include "query/registry.hpp"
#include "query/sphere.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace harrier::query {

namespace {

using Ring = std::vector<int>;  ///< corners by number, counterclockwise

struct Piece {
  std::vector<Ring> rings;

  [[nodiscard]] std::size_t corners() const {
    std::size_t sum = 0;
    for (const Ring& ring : rings) sum += ring.size();
    return sum;
  }
};

/// Radians within which two corners are one.
constexpr double kClose = 1e-11;
constexpr std::size_t kMostCorners = 1500;

SpherePoint middle(const SpherePoint& a, const SpherePoint& b) {
  return along_edge(a, b, 0.5);
}

class Tiles {
 public:
  /// False where the polygon is not a single ring.
  bool add(const SphereShape& polygon) {
    if (polygon.paths.size() != 1) return false;
    SphereShape own = polygon;
    Ring ring;
    for (const SpherePoint& p : own.paths[0]) ring.push_back(number_of(p));
    // A ring whose edges are taken the other way round has its inside on the other side.
    if (!runs_left(own)) std::reverse(ring.begin(), ring.end());
    shapes_.push_back(std::move(own));
    pieces_.push_back({{std::move(ring)}});
    return true;
  }

  [[nodiscard]] std::size_t corners() const { return points_.size(); }

  /// True where no two polygons overlap and they meet in whole edges and corners only.
  [[nodiscard]] bool tile() const {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      for (std::size_t j = 0; j < pieces_.size(); ++j) {
        if (i != j && !fit(i, j)) return false;
      }
    }
    return true;
  }

  /// GeoJSON; empty where the union has a hole or touches itself in a corner.
  [[nodiscard]] std::string united() const {
    // The two smallest first; the order says at which corner a ring begins.
    std::multimap<std::size_t, Piece> queue;
    for (const Piece& piece : pieces_) queue.emplace(piece.corners(), piece);
    while (queue.size() > 1) {
      const Piece a = std::move(queue.extract(queue.begin()).mapped());
      const Piece b = std::move(queue.extract(queue.begin()).mapped());
      Piece both = join(a, b);
      if (both.rings.empty()) return {};
      const std::size_t corners = both.corners();
      queue.emplace(corners, std::move(both));
    }
    const Piece& whole = queue.begin()->second;
    std::string rings;
    for (const Ring& ring : whole.rings) {
      SphereShape shape;
      shape.polygon_of.push_back(0);
      auto& path = shape.paths.emplace_back();
      for (const int corner : ring) path.push_back(points_[static_cast<std::size_t>(corner)]);
      if (!runs_left(shape)) return {};
      if (whole.rings.size() == 1) return ring_json(path);
      const std::string polygon = ring_json(path);
      rings += (rings.empty() ? "" : ",") + std::string(json_member(polygon, "coordinates"));
    }
    return R"({"type":"MultiPolygon","coordinates":[)" + rings + "]}";
  }

 private:
  using Edge = std::pair<int, int>;

  int number_of(const SpherePoint& p) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (angle_between(points_[i], p) < kClose) return static_cast<int>(i);
    }
    points_.push_back(p);
    return static_cast<int>(points_.size() - 1);
  }

  /// True where the inside is to the left of the ring's edges.
  static bool runs_left(const SphereShape& shape) {
    const SpherePath& path = shape.paths[0];
    SpherePoint sum;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const SpherePoint& a = path[i];
      const SpherePoint& b = path[(i + 1) % path.size()];
      sum = {sum.x + a.y * b.z - a.z * b.y, sum.y + a.z * b.x - a.x * b.z,
             sum.z + a.x * b.y - a.y * b.x};
    }
    return sum.x * path[0].x + sum.y * path[0].y + sum.z * path[0].z > 0;
  }

  static std::vector<Edge> edges_of(const Piece& piece) {
    std::vector<Edge> edges;
    for (const Ring& ring : piece.rings) {
      for (std::size_t i = 0; i < ring.size(); ++i) {
        edges.emplace_back(ring[i], ring[(i + 1) % ring.size()]);
      }
    }
    return edges;
  }

  [[nodiscard]] const SpherePoint& at(int corner) const {
    return points_[static_cast<std::size_t>(corner)];
  }

  [[nodiscard]] bool on_edge(int corner, const Edge& edge) const {
    const SpherePoint near = nearest_on_edge(at(corner), at(edge.first), at(edge.second));
    return angle_between(near, at(corner)) < kClose;
  }

  [[nodiscard]] bool fit(std::size_t i, std::size_t j) const {
    const auto other = edges_of(pieces_[j]);
    const std::set<Edge> others(other.begin(), other.end());
    for (const Edge& edge : edges_of(pieces_[i])) {
      if (others.contains(edge)) return false;
      if (others.contains({edge.second, edge.first})) continue;
      if (contains(shapes_[j], middle(at(edge.first), at(edge.second)))) return false;
      for (const Edge& one : other) {
        const bool first = edge.first == one.first || edge.first == one.second;
        const bool second = edge.second == one.first || edge.second == one.second;
        if (!first && !second) {
          if (edges_meet(at(edge.first), at(edge.second), at(one.first), at(one.second))) {
            return false;
          }
          continue;
        }
        const int loose = first ? edge.second : edge.first;
        const int shared = first ? edge.first : edge.second;
        const int far = one.first == shared ? one.second : one.first;
        if (on_edge(loose, one) || on_edge(far, edge)) return false;
      }
    }
    return true;
  }

  /// Without the edges that both have, each in its direction. A ring begins behind its last edge.
  static Piece join(const Piece& a, const Piece& b) {
    std::vector<Edge> edges = edges_of(a);
    const auto more = edges_of(b);
    edges.insert(edges.end(), more.begin(), more.end());
    const std::set<Edge> all(edges.begin(), edges.end());
    std::map<int, std::size_t> leaving;
    std::vector<bool> open(edges.size(), false);
    for (std::size_t e = 0; e < edges.size(); ++e) {
      if (all.contains({edges[e].second, edges[e].first})) continue;
      if (!leaving.emplace(edges[e].first, e).second) return {};
      open[e] = true;
    }
    Piece piece;
    for (std::size_t e = edges.size(); e-- > 0;) {
      if (!open[e]) continue;
      Ring ring;
      for (std::size_t next = e; open[next];) {
        open[next] = false;
        ring.push_back(edges[next].second);
        next = leaving.at(edges[next].second);
      }
      piece.rings.push_back(std::move(ring));
    }
    std::reverse(piece.rings.begin(), piece.rings.end());
    return piece;
  }

  std::vector<SpherePoint> points_;
  std::vector<SphereShape> shapes_;
  std::vector<Piece> pieces_;
};

void geo_union_polygons_array(Frame& f) {
  const std::string_view json = f.args[0].s;
  if (json_kind(json) != JsonKind::array) return;
  Tiles tiles;
  bool single = true;
  for (const std::string_view text : json_elements(json)) {
    const auto polygon = read_polygon(text);
    if (!polygon) return;
    single = single && tiles.add(*polygon);
    if (!single || tiles.corners() > kMostCorners) {
      f.error =
          "geo_union_polygons_array() of holes, or of more than 1500 corners, is not "
          "supported";
      return;
    }
  }
  if (tiles.corners() == 0) return;
  const std::string united = tiles.tile() ? tiles.united() : std::string();
  if (united.empty()) {
    f.error =
        "geo_union_polygons_array() of polygons that overlap, or whose union has a hole, is "
        "not supported";
    return;
  }
  f.set_text(united);
}

/// Functions whose rule for what is invalid is public, and the rest is not.
void refuse(Frame& f, std::string_view name) {
  f.error = std::string(name) + "() is not supported but for shapes that are invalid";
}

void geo_polygon_buffer(Frame& f) {
  if (f.real(1, NAN) > 0 && read_polygon(f.args[0].s)) refuse(f, "geo_polygon_buffer");
}

void geo_line_buffer(Frame& f) {
  if (f.real(1, NAN) > 0 && read_line(f.args[0].s)) refuse(f, "geo_line_buffer");
}

constexpr Kernel kKernels[] = {
    strict("geo_union_polygons_array", geo_union_polygons_array),
    strict("geo_polygon_buffer", geo_polygon_buffer),
    strict("geo_line_buffer", geo_line_buffer),
};

}  // namespace

std::span<const Kernel> union_kernels() {
  return kKernels;
}

}  // namespace harrier::query
