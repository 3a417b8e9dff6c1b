// S2 cells: the sphere on the faces of a cube, each face quartered along a Hilbert curve.
#include "query/functions/shared.hpp"

#include <algorithm>
#include <cmath>

namespace harrier::query {

namespace {

constexpr int kDeepest = 30;
constexpr int kSwap = 1;
constexpr int kInvert = 2;
/// Quadrant (i high bit, j low bit) at each position of the curve, by the curve's orientation.
constexpr int kQuadrant[4][4] = {{0, 1, 3, 2}, {0, 2, 3, 1}, {3, 2, 0, 1}, {3, 1, 0, 2}};
constexpr int kTurn[4] = {kSwap, 0, 0, kInvert | kSwap};

struct Square {
  int face = 0;
  int level = 0;
  std::uint32_t i = 0;
  std::uint32_t j = 0;
};

double face_to_square(double u) {
  return u >= 0 ? 0.5 * std::sqrt(1 + 3 * u) : 1 - 0.5 * std::sqrt(1 - 3 * u);
}

double square_to_face(double s) {
  return s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3;
}

std::uint32_t step_of(double s) {
  constexpr double kSteps = 1 << kDeepest;
  return static_cast<std::uint32_t>(std::clamp(std::floor(s * kSteps), 0.0, kSteps - 1));
}

Square square_of(const SpherePoint& p) {
  const double x = std::fabs(p.x);
  const double y = std::fabs(p.y);
  const double z = std::fabs(p.z);
  Square square;
  square.level = kDeepest;
  square.face = x >= y ? (x >= z ? 0 : 2) : (y >= z ? 1 : 2);
  const double along = square.face == 0 ? p.x : (square.face == 1 ? p.y : p.z);
  if (along < 0) square.face += 3;
  double u = 0;
  double v = 0;
  switch (square.face) {
    case 0:
      u = p.y / p.x, v = p.z / p.x;
      break;
    case 1:
      u = -p.x / p.y, v = p.z / p.y;
      break;
    case 2:
      u = -p.x / p.z, v = -p.y / p.z;
      break;
    case 3:
      u = p.z / p.x, v = p.y / p.x;
      break;
    case 4:
      u = p.z / p.y, v = -p.x / p.y;
      break;
    default:
      u = -p.y / p.z, v = -p.x / p.z;
  }
  square.i = step_of(face_to_square(u));
  square.j = step_of(face_to_square(v));
  return square;
}

SpherePoint point_of(int face, double s, double t) {
  const double u = square_to_face(s);
  const double v = square_to_face(t);
  switch (face) {
    case 0:
      return {1, u, v};
    case 1:
      return {-u, 1, v};
    case 2:
      return {-u, -v, 1};
    case 3:
      return {-1, -v, -u};
    case 4:
      return {v, -1, -u};
    default:
      return {v, u, -1};
  }
}

SpherePoint unit_of(const SpherePoint& p) {
  const double length = std::hypot(p.x, p.y, p.z);
  return {p.x / length, p.y / length, p.z / length};
}

/// The hexadecimal name of the cell at a level, without its trailing zeros.
std::string name_of(const Square& square, int level) {
  std::uint64_t id = static_cast<std::uint64_t>(square.face);
  int orientation = square.face & kSwap;
  for (int k = 0; k < level; ++k) {
    const int shift = kDeepest - 1 - k;
    const int quadrant = static_cast<int>((square.i >> shift & 1U) * 2 + (square.j >> shift & 1U));
    int position = 0;
    while (kQuadrant[orientation][position] != quadrant) ++position;
    id = id * 4 + static_cast<std::uint64_t>(position);
    orientation ^= kTurn[position];
  }
  id = (id * 2 + 1) << (2 * (kDeepest - level));
  std::string out;
  for (int shift = 60; shift >= 0 && id << (60 - shift) != 0; shift -= 4) {
    out += "0123456789abcdef"[id >> shift & 15U];
  }
  return out;
}

std::optional<Square> square_named(std::string_view name) {
  if (name.empty() || name.size() > 16) return std::nullopt;
  std::uint64_t id = 0;
  for (std::size_t k = 0; k < 16; ++k) {
    const std::size_t digit =
        k < name.size() ? std::string_view("0123456789abcdef").find(name[k]) : 0;
    if (digit == std::string_view::npos) return std::nullopt;
    id = id * 16 + digit;
  }
  if (id == 0) return std::nullopt;
  const int zeros = __builtin_ctzll(id);
  Square square;
  square.face = static_cast<int>(id >> 61);
  if (zeros % 2 != 0 || zeros > 2 * kDeepest || square.face > 5) return std::nullopt;
  square.level = kDeepest - zeros / 2;
  int orientation = square.face & kSwap;
  for (int k = 0; k < square.level; ++k) {
    const std::size_t position = id >> (59 - 2 * k) & 3U;
    const int quadrant = kQuadrant[orientation][position];
    square.i = square.i * 2 + static_cast<std::uint32_t>(quadrant >> 1);
    square.j = square.j * 2 + static_cast<std::uint32_t>(quadrant & 1);
    orientation ^= kTurn[position];
  }
  return square;
}

void geo_point_to_s2cell(Frame& f) {
  const double longitude = f.real(0, NAN);
  const double latitude = f.real(1, NAN);
  const std::int64_t level = f.integer(2, 11);
  if (!is_place(longitude, latitude) || level < 0 || level > kDeepest) return;
  f.set_text(name_of(square_of(sphere_point(longitude, latitude)), static_cast<int>(level)));
}

void geo_s2cell_to_central_point(Frame& f) {
  const auto square = square_named(f.text(0));
  if (!square) return;
  const double size = std::ldexp(1.0, -square->level);
  f.set_text(
      point_json(point_of(square->face, (square->i + 0.5) * size, (square->j + 0.5) * size)));
}

SpherePath corners_of(const Square& square) {
  const double size = std::ldexp(1.0, -square.level);
  SpherePath ring;
  for (const auto& [right, up] :
       {std::pair(0U, 0U), std::pair(1U, 0U), std::pair(1U, 1U), std::pair(0U, 1U)}) {
    ring.push_back(
        unit_of(point_of(square.face, (square.i + right) * size, (square.j + up) * size)));
  }
  return ring;
}

void geo_s2cell_to_polygon(Frame& f) {
  const auto square = square_named(f.text(0));
  if (square) f.set_text(ring_json(corners_of(*square)));
}

std::string name_of(const Square& square) {
  const int shift = kDeepest - square.level;
  return name_of(Square{square.face, kDeepest, square.i << shift, square.j << shift}, square.level);
}

/// The cell a number of steps away, on another face where it leaves its own.
std::string neighbour(const Square& square, int right, int up) {
  const double size = std::ldexp(1.0, -square.level);
  const auto beside = [&](std::uint32_t at, int step) {
    return std::clamp((at + 0.5 + step) * size, -1e-9, 1 + 1e-9);
  };
  return name_of(square_of(point_of(square.face, beside(square.i, right), beside(square.j, up))),
                 square.level);
}

void geo_s2cell_neighbors(Frame& f) {
  const auto square = square_named(f.text(0));
  if (!square) return;
  std::vector<std::string> names;
  for (const auto& [right, up] :
       {std::pair(-1, -1), std::pair(1, -1), std::pair(0, -1), std::pair(0, 1), std::pair(-1, 0),
        std::pair(1, 0), std::pair(-1, 1), std::pair(1, 1)}) {
    // Where three faces meet there are only seven.
    std::string name = neighbour(*square, right, up);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  f.set_text(names_json(as_a_set(std::move(names))));
}

constexpr std::size_t kMostCells = 65'536;

/// Which cells a shape, with everything within an angle of it, reaches into.
class Covering {
 public:
  Covering(const SphereShape& shape, bool rings, double angle)
      : shape_(shape), rings_(rings), angle_(angle) {}

  /// Nothing for more than kMostCells. Errors: cancelled, limit (time).
  [[nodiscard]] Result<std::vector<Square>> cells(int level, const QueryContext& query) const {
    std::vector<Square> found;
    for (int face = 0; face < 6; ++face) {
      if (reaches({face, 0, 0, 0})) found.push_back({face, 0, 0, 0});
    }
    for (int at = 0; at < level; ++at) {
      std::vector<Square> finer;
      for (const Square& square : found) {
        HARRIER_TRYV(query.check());
        for (const std::uint32_t part : {0U, 1U, 2U, 3U}) {
          const Square child{square.face, at + 1, square.i * 2 + (part >> 1),
                             square.j * 2 + (part & 1U)};
          if (reaches(child)) finer.push_back(child);
        }
        if (finer.size() > kMostCells) return std::vector<Square>();
      }
      found = std::move(finer);
    }
    return found;
  }

 private:
  [[nodiscard]] bool reaches(const Square& square) const {
    const SphereShape cell{{corners_of(square)}, {}, {0}};
    const SpherePoint centre =
        unit_of({cell.paths[0][0].x + cell.paths[0][2].x, cell.paths[0][0].y + cell.paths[0][2].y,
                 cell.paths[0][0].z + cell.paths[0][2].z});
    double reach = 0;
    for (const SpherePoint& p : cell.paths[0]) reach = std::max(reach, angle_between(centre, p));
    if (rings_ && contains(shape_, centre)) return true;
    const double away = angle_between(centre, nearest_on_border(shape_, rings_, centre));
    if (away > reach * 1.01 + angle_) return false;
    if (contains(cell, shape_.paths[0][0]) || borders_meet(cell, true, shape_, rings_)) return true;
    if (angle_ <= 0) return false;
    for (const SpherePoint& p : cell.paths[0]) {
      if (angle_between(p, nearest_on_border(shape_, rings_, p)) <= angle_) return true;
    }
    for (const SpherePath& path : shape_.paths) {
      for (const SpherePoint& p : path) {
        if (angle_between(p, nearest_on_border(cell, true, p)) <= angle_) return true;
      }
    }
    return false;
  }

  const SphereShape& shape_;
  bool rings_;
  double angle_;
};

void answer_covering(Frame& f, const std::optional<SphereShape>& shape, bool rings) {
  const std::int64_t level = f.integer(1, 11);
  const double radius = f.real(2, 0);
  if (!shape || level < 0 || level > kDeepest || !(radius >= 0)) return;
  const auto cells =
      Covering(*shape, rings, radius / kEarthRadius).cells(static_cast<int>(level), f.query);
  if (!cells) {
    f.error = cells.error().message;
    return;
  }
  if (cells->empty()) return;
  std::vector<std::string> names;
  for (const Square& square : *cells) names.push_back(name_of(square));
  f.set_text(names_json(names));
}

void geo_polygon_to_s2cells(Frame& f) {
  answer_covering(f, read_polygon(f.args[0].s), true);
}

void geo_line_to_s2cells(Frame& f) {
  answer_covering(f, read_line(f.args[0].s), false);
}

constexpr Kernel kKernels[] = {
    strict("geo_point_to_s2cell", geo_point_to_s2cell),
    strict("geo_s2cell_to_central_point", geo_s2cell_to_central_point),
    strict("geo_s2cell_to_polygon", geo_s2cell_to_polygon),
    strict("geo_s2cell_neighbors", geo_s2cell_neighbors),
    strict("geo_polygon_to_s2cells", geo_polygon_to_s2cells),
    strict("geo_line_to_s2cells", geo_line_to_s2cells),
};

}  // namespace

std::span<const Kernel> cell_kernels() {
  return kKernels;
}

}  // namespace harrier::query
