// S2 cells: the sphere on the faces of a cube, each face quartered along a Hilbert curve.
#include "query/registry.hpp"
#include "query/sphere.hpp"

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

void geo_s2cell_to_polygon(Frame& f) {
  const auto square = square_named(f.text(0));
  if (!square) return;
  const double size = std::ldexp(1.0, -square->level);
  SpherePath ring;
  for (const auto& [right, up] :
       {std::pair(0U, 0U), std::pair(1U, 0U), std::pair(1U, 1U), std::pair(0U, 1U)})
    ring.push_back(point_of(square->face, (square->i + right) * size, (square->j + up) * size));
  f.set_text(ring_json(ring));
}

constexpr Kernel kKernels[] = {
    strict("geo_point_to_s2cell", geo_point_to_s2cell),
    strict("geo_s2cell_to_central_point", geo_s2cell_to_central_point),
    strict("geo_s2cell_to_polygon", geo_s2cell_to_polygon),
};

}  // namespace

std::span<const Kernel> cell_kernels() {
  return kKernels;
}

}  // namespace harrier::query
