// The grid: the position of a cell on its face of the icosahedron is a number of the hexagonal
// lattice, x + yω with ω a third of a turn. A step to the next finer resolution multiplies by 2 - ω
// (odd resolutions) or 3 + ω (even ones), both of norm 7, and adds a digit: nothing or one of the
// six units. Seen from a face, a point is three weights of the face's corners; over an edge the
// weights change by a reflection. The projection is central, so weights are plain coordinates.
#include "query/h3.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_set>

namespace harrier::query::h3 {

namespace {

/// x + yω.
struct Hex {
  std::int64_t x = 0;
  std::int64_t y = 0;

  friend Hex operator+(Hex a, Hex b) { return {a.x + b.x, a.y + b.y}; }

  friend Hex operator-(Hex a, Hex b) { return {a.x - b.x, a.y - b.y}; }

  friend Hex operator*(Hex a, Hex b) {
    return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x - a.y * b.y};
  }
};

/// The units by their angle in sixths of a turn.
constexpr std::array<Hex, 6> kUnit{Hex{1, 0},  Hex{1, 1},   Hex{0, 1},
                                   Hex{-1, 0}, Hex{-1, -1}, Hex{0, -1}};
constexpr int kCentre = -1;
/// Angles of the digits 0 to 6, and back.
constexpr std::array<int, 7> kAngle{kCentre, 4, 2, 3, 0, 5, 1};
constexpr std::array<int, 6> kDigit{4, 6, 2, 3, 1, 5};
/// The direction that a pentagon does not have.
constexpr int kGap = 4;
constexpr Hex kOddStep{2, -1};
constexpr Hex kEvenStep{3, 1};
/// Angles of a face's corners seen from its centre.
constexpr std::array<int, 3> kCorner{0, 2, 4};

constexpr int kVertices = 12;
constexpr int kFaces = 20;
constexpr int kBaseCells = 122;

/// Fuller's icosahedron: no vertex is on land. The other six are opposite to these.
constexpr std::array<SpherePoint, kVertices / 2> kVertex{
    SpherePoint{0.420152426708710003, 0.078145249402782959, 0.904082550615019298},
    SpherePoint{0.995009439436241649, -0.091347795276427931, 0.040147175877166645},
    SpherePoint{0.518836730327364437, 0.835420380378235850, 0.181331837557262454},
    SpherePoint{-0.414682225320335218, 0.655962405434800777, 0.630675807891475371},
    SpherePoint{-0.515455959944041808, -0.381716898287133011, 0.767200992517747538},
    SpherePoint{0.355781402532944713, -0.843580002466178147, 0.402234226602925571}};
/// Counterclockwise; the first corner is where the face's x axis points.
constexpr std::array<std::array<std::uint8_t, 3>, kFaces> kFace{
    {{0, 1, 2},  {0, 5, 1},  {0, 2, 3},   {0, 3, 4}, {0, 4, 5},  {10, 2, 1}, {9, 1, 5},
     {1, 9, 10}, {11, 3, 2}, {2, 10, 11}, {7, 4, 3}, {3, 11, 7}, {8, 5, 4},  {4, 7, 8},
     {5, 8, 9},  {6, 8, 7},  {6, 7, 11},  {6, 9, 8}, {6, 10, 9}, {6, 11, 10}}};
/// The face whose axes the digits of each base cell follow.
constexpr std::array<std::uint8_t, kBaseCells> kHome{
    3,  4,  3,  4,  2,  3,  3,  4,  2,  4,  3,  3,  1,  1,  13, 0,  2,  10, 2,  4,  12,
    4,  2,  10, 2,  10, 1,  13, 0,  1,  2,  0,  8,  2,  12, 13, 12, 11, 4,  10, 12, 0,
    1,  1,  0,  10, 13, 6,  8,  0,  8,  14, 11, 0,  14, 12, 13, 11, 7,  11, 13, 5,  6,
    10, 6,  5,  9,  8,  15, 6,  8,  14, 17, 14, 11, 5,  7,  15, 16, 16, 15, 9,  7,  8,
    6,  9,  5,  9,  17, 14, 15, 17, 16, 15, 5,  16, 7,  6,  7,  17, 19, 9,  19, 17, 7,
    17, 15, 5,  16, 16, 18, 18, 19, 17, 19, 18, 18, 19, 19, 18, 19, 18};

SpherePoint vertex(int v) {
  const SpherePoint& p = kVertex[static_cast<std::size_t>(v % 6)];
  return v < 6 ? p : SpherePoint{-p.x, -p.y, -p.z};
}

double dot(const SpherePoint& a, const SpherePoint& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

SpherePoint cross(const SpherePoint& a, const SpherePoint& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

int turned(int angle, int by) {
  return ((angle + by) % 6 + 6) % 6;
}

template <class Number>
using Weights = std::array<Number, 3>;

/// Weights of the corners of a face whose corners are `size` from its centre; their sum is fixed.
Weights<std::int64_t> weights_of(Hex at, std::int64_t size) {
  const std::int64_t rest = size - at.x - at.y;
  return {3 * at.x + rest, 3 * at.y + rest, rest};
}

Hex hex_of(const Weights<std::int64_t>& weights) {
  return {(weights[0] - weights[2]) / 3, (weights[1] - weights[2]) / 3};
}

int corner_of(int face, int vertex) {
  const auto& corners = kFace[static_cast<std::size_t>(face)];
  return static_cast<int>(std::find(corners.begin(), corners.end(), vertex) - corners.begin());
}

template <class Number>
SpherePoint point_of(int face, const Weights<Number>& weights) {
  SpherePoint sum;
  for (std::size_t i = 0; i < 3; ++i) {
    const SpherePoint corner = vertex(kFace[static_cast<std::size_t>(face)][i]);
    const auto weight = static_cast<double>(weights[i]);
    sum = {sum.x + weight * corner.x, sum.y + weight * corner.y, sum.z + weight * corner.z};
  }
  const double length = std::sqrt(dot(sum, sum));
  return {sum.x / length, sum.y / length, sum.z / length};
}

/// What follows from the tables.
struct Grid {
  struct Over {
    int face = 0;
    int turn = 0;  ///< angle of that face's x axis in the plane of this one
  };

  using Key = std::array<std::int64_t, kVertices>;  ///< weights of all vertices

  struct Base {
    Key key{};
    int vertex = kCentre;  ///< of a pentagon
  };

  std::array<std::array<Over, 3>, kFaces> over{};  ///< the edge opposite each corner
  std::array<Base, kBaseCells> bases{};
  std::map<Key, int> numbers;

  Grid() {
    for (int face = 0; face < kFaces; ++face) {
      for (int corner = 0; corner < 3; ++corner) find_neighbour(face, corner);
    }
    std::map<Key, double> heights;
    for (int face = 0; face < kFaces; ++face) {
      for (std::int64_t x = -2; x <= 2; ++x) {
        for (std::int64_t y = -2; y <= 2; ++y) {
          const auto weights = weights_of({x, y}, 2);
          if (*std::min_element(weights.begin(), weights.end()) < 0) continue;
          heights.emplace(key_of(face, weights), point_of(face, weights).z);
        }
      }
    }
    // Base cells are numbered from north to south.
    std::vector<std::pair<double, Key>> order;
    for (const auto& [key, height] : heights) order.emplace_back(-height, key);
    std::sort(order.begin(), order.end());
    for (std::size_t n = 0; n < order.size() && n < bases.size(); ++n) {
      const Key& key = order[n].second;
      bases[n].key = key;
      numbers.emplace(key, static_cast<int>(n));
      const auto used = [](std::int64_t weight) { return weight != 0; };
      if (std::count_if(key.begin(), key.end(), used) == 1) {
        bases[n].vertex =
            static_cast<int>(std::find_if(key.begin(), key.end(), used) - key.begin());
      }
    }
  }

  static Key key_of(int face, const Weights<std::int64_t>& weights) {
    Key key{};
    for (std::size_t i = 0; i < 3; ++i) key[kFace[static_cast<std::size_t>(face)][i]] = weights[i];
    return key;
  }

  [[nodiscard]] const Over& across(int face, int corner) const {
    return over[static_cast<std::size_t>(face)][static_cast<std::size_t>(corner)];
  }

  /// The face after `face` counterclockwise around one of its vertices.
  [[nodiscard]] int next_around(int face, int vertex) const {
    return across(face, (corner_of(face, vertex) + 1) % 3).face;
  }

 private:
  void find_neighbour(int face, int corner) {
    const auto& corners = kFace[static_cast<std::size_t>(face)];
    const int a = corners[static_cast<std::size_t>((corner + 1) % 3)];
    const int b = corners[static_cast<std::size_t>((corner + 2) % 3)];
    for (int other = 0; other < kFaces; ++other) {
      if (other == face || corner_of(other, a) == 3 || corner_of(other, b) == 3) continue;
      const int apex = 3 - corner_of(other, a) - corner_of(other, b);
      const int turn = turned(kCorner[static_cast<std::size_t>(corner)] + 3,
                              -kCorner[static_cast<std::size_t>(apex)]);
      over[static_cast<std::size_t>(face)][static_cast<std::size_t>(corner)] = {other, turn};
    }
  }
};

const Grid& grid() {
  static const Grid made;
  return made;
}

struct Place {
  int face = 0;
  Weights<std::int64_t> weights{};
  int turn = 0;  ///< angle of the face's x axis in the plane where the way began
};

/// Over the edge opposite a corner.
void cross_edge(Place& place, int corner) {
  const Grid::Over& over = grid().across(place.face, corner);
  const std::int64_t beyond = place.weights[static_cast<std::size_t>(corner)];
  Weights<std::int64_t> weights{-beyond, -beyond, -beyond};
  for (int i = 0; i < 3; ++i) {
    if (i == corner) continue;
    const int vertex = kFace[static_cast<std::size_t>(place.face)][static_cast<std::size_t>(i)];
    weights[static_cast<std::size_t>(corner_of(over.face, vertex))] =
        place.weights[static_cast<std::size_t>(i)] + beyond;
  }
  place = {over.face, weights, turned(place.turn, over.turn)};
}

/// To the face that the point is on.
void settle(Place& place) {
  while (true) {
    const auto least = std::min_element(place.weights.begin(), place.weights.end());
    if (*least >= 0) return;
    cross_edge(place, static_cast<int>(least - place.weights.begin()));
  }
}

/// Angle from a pentagon's vertex into each face around it, in the axes of its home.
int direction_at_home(int home, int vertex, int face) {
  int at = home;
  int angle = turned(kCorner[static_cast<std::size_t>(corner_of(home, vertex))], 3);
  while (at != face) {
    at = grid().next_around(at, vertex);
    angle = turned(angle, 1);
    if (angle == kGap) angle = turned(angle, 1);
  }
  return angle;
}

int face_in_direction(int home, int vertex, int angle) {
  int face = home;
  while (direction_at_home(home, vertex, face) != angle) face = grid().next_around(face, vertex);
  return face;
}

/// Angle from a vertex into a face, in the face's own axes.
int own_direction(int face, int vertex) {
  return turned(kCorner[static_cast<std::size_t>(corner_of(face, vertex))], 3);
}

using Angles = std::vector<int>;

int leading(const Angles& angles) {
  const auto first =
      std::find_if(angles.begin(), angles.end(), [](int angle) { return angle != kCentre; });
  return first == angles.end() ? kCentre : *first;
}

void turn_all(Angles& angles, int by) {
  for (int& angle : angles) angle = angle == kCentre ? kCentre : turned(angle, by);
}

int base_of(Cell cell) {
  return static_cast<int>(cell >> 45U & 0x7FU);
}

int digit_of(Cell cell, int resolution) {
  return static_cast<int>(cell >> (3U * static_cast<unsigned>(kFinest - resolution)) & 7U);
}

Cell with_digit(Cell cell, int resolution, int digit) {
  const auto shift = 3U * static_cast<unsigned>(kFinest - resolution);
  return (cell & ~(Cell{7} << shift)) | (static_cast<Cell>(digit) << shift);
}

Cell with_resolution(Cell cell, int resolution) {
  return (cell & ~(Cell{15} << 52U)) | (static_cast<Cell>(resolution) << 52U);
}

bool is_pentagon_base(int base) {
  return grid().bases[static_cast<std::size_t>(base)].vertex != kCentre;
}

/// A cell's centre on the lattice of its resolution, in the axes of a face. The axes are those of
/// its digits turned by `turn`.
struct Position {
  int face = 0;
  Hex at;
  int turn = 0;
};

Position position_of(Cell cell) {
  const int base = base_of(cell);
  const Grid::Base& known = grid().bases[static_cast<std::size_t>(base)];
  Position position;
  position.face = kHome[static_cast<std::size_t>(base)];
  Angles angles;
  for (int r = 1; r <= resolution_of(cell); ++r) {
    angles.push_back(kAngle[static_cast<std::size_t>(digit_of(cell, r))]);
  }
  if (known.vertex != kCentre && leading(angles) != kCentre) {
    const int angle = leading(angles);
    position.face = face_in_direction(position.face, known.vertex, angle);
    position.turn = turned(own_direction(position.face, known.vertex), -angle);
    turn_all(angles, position.turn);
  }
  Weights<std::int64_t> weights{};
  for (std::size_t i = 0; i < 3; ++i) {
    weights[i] = known.key[kFace[static_cast<std::size_t>(position.face)][i]];
  }
  position.at = hex_of(weights);
  bool odd = true;
  for (const int angle : angles) {
    position.at = position.at * (odd ? kOddStep : kEvenStep);
    if (angle != kCentre) position.at = position.at + kUnit[static_cast<std::size_t>(angle)];
    odd = !odd;
  }
  return position;
}

/// Corners' distance from a face's centre on the lattice of the next even resolution.
std::int64_t size_of(int resolution) {
  std::int64_t size = 2;
  for (int r = 1; r < resolution + 1; r += 2) size *= 7;
  return size;
}

Place place_of(const Position& position, int resolution) {
  const Hex at = resolution % 2 != 0 ? position.at * kEvenStep : position.at;
  Place place{position.face, weights_of(at, size_of(resolution)), 0};
  settle(place);
  return place;
}

/// The lattice point nearest to x + yω.
Hex nearest(double x, double y) {
  Hex best;
  double least = INFINITY;
  for (const double a : {std::floor(x), std::floor(x) + 1}) {
    for (const double b : {std::floor(y), std::floor(y) + 1}) {
      const double dx = x - a;
      const double dy = y - b;
      const double distance = dx * dx - dx * dy + dy * dy;
      if (distance >= least) continue;
      least = distance;
      best = {static_cast<std::int64_t>(a), static_cast<std::int64_t>(b)};
    }
  }
  return best;
}

/// Takes the last digit off: the angle of what `at` is beside a multiple of the step.
int take_digit(Hex& at, Hex step) {
  const Hex conjugate{step.x - step.y, -step.y};
  for (int angle = kCentre; angle < 6; ++angle) {
    const Hex rest = angle == kCentre ? at : at - kUnit[static_cast<std::size_t>(angle)];
    const Hex seven = rest * conjugate;
    if (seven.x % 7 != 0 || seven.y % 7 != 0) continue;
    at = {seven.x / 7, seven.y / 7};
    return angle;
  }
  return kCentre;
}

int nearest_face(const SpherePoint& point) {
  int best = 0;
  double most = -INFINITY;
  for (int face = 0; face < kFaces; ++face) {
    const double along = dot(point, point_of(face, Weights<double>{1, 1, 1}));
    if (along <= most) continue;
    most = along;
    best = face;
  }
  return best;
}

Cell cell_of(int base, const Angles& angles) {
  Cell cell = Cell{1} << 59U | angles.size() << 52U | static_cast<Cell>(base) << 45U |
              ((Cell{1} << 45U) - 1);
  for (std::size_t r = 0; r < angles.size(); ++r) {
    const int digit = angles[r] == kCentre ? 0 : kDigit[static_cast<std::size_t>(angles[r])];
    cell = with_digit(cell, static_cast<int>(r) + 1, digit);
  }
  return cell;
}

/// The border between two corners: a third of a lattice step is the unit. Odd resolutions lie
/// askew, so that their edges cross those of the icosahedron between corners.
void add_crossing(SpherePath& path, int face, const Weights<std::int64_t>& from,
                  const Weights<std::int64_t>& to) {
  const auto least_from = std::min_element(from.begin(), from.end());
  const auto least_to = std::min_element(to.begin(), to.end());
  if ((*least_from < 0) == (*least_to < 0) || *least_from == 0 || *least_to == 0) return;
  const auto corner =
      static_cast<std::size_t>(*least_from < 0 ? least_from - from.begin() : least_to - to.begin());
  const double share =
      static_cast<double>(from[corner]) / static_cast<double>(from[corner] - to[corner]);
  Weights<double> at{};
  for (std::size_t i = 0; i < 3; ++i) {
    at[i] = static_cast<double>(from[i]) + static_cast<double>(to[i] - from[i]) * share;
  }
  at[corner] = 0;
  path.push_back(point_of(face, at));
}

/// The corner of a cell at `angle` plus half a sixth from its centre, both thrice as large.
Weights<std::int64_t> corner_weights(const Weights<std::int64_t>& centre, int angle, bool odd,
                                     std::int64_t size) {
  const Hex middle = hex_of(centre);
  Hex offset = Hex{2, 1} * kUnit[static_cast<std::size_t>(angle)];
  if (odd) offset = offset * kEvenStep;
  return weights_of(Hex{3 * middle.x, 3 * middle.y} + offset, 3 * size);
}

/// A pentagon has a corner in each face around its vertex, or on the edges between them.
SpherePath pentagon_border(int base, int resolution) {
  const bool odd = resolution % 2 != 0;
  const std::int64_t size = size_of(resolution);
  const int vertex = grid().bases[static_cast<std::size_t>(base)].vertex;
  SpherePath path;
  for (const int direction : {odd ? 1 : 0, odd ? 2 : 1, odd ? 3 : 2, odd ? 5 : 3, odd ? 0 : 5}) {
    const int face = face_in_direction(kHome[static_cast<std::size_t>(base)], vertex, direction);
    Weights<std::int64_t> centre{};
    centre[static_cast<std::size_t>(corner_of(face, vertex))] = 3 * size;
    const int own = own_direction(face, vertex);
    const auto here = corner_weights(centre, odd ? turned(own, -1) : own, odd, size);
    path.push_back(point_of(face, here));
    if (odd) add_crossing(path, face, here, corner_weights(centre, own, odd, size));
  }
  return path;
}

/// The cells around one: six, or five.
std::vector<Cell> neighbours_of(Cell cell) {
  const int resolution = resolution_of(cell);
  const Position position = position_of(cell);
  std::vector<Cell> found;
  for (const int angle : {1, 2, 3, 4, 5, 0}) {
    Position next = position;
    next.at = next.at + kUnit[static_cast<std::size_t>(turned(angle, position.turn))];
    const Place place = place_of(next, resolution);
    const Cell other = cell_at(point_of(place.face, place.weights), resolution);
    if (other != cell && std::find(found.begin(), found.end(), other) == found.end()) {
      found.push_back(other);
    }
  }
  return found;
}

/// The ring as if there were no pentagon: round the lattice from the last cell of the ring before.
std::vector<Cell> flat_ring(Cell cell, int distance) {
  const int resolution = resolution_of(cell);
  Position position = position_of(cell);
  const auto unit = [&](int angle) {
    return kUnit[static_cast<std::size_t>(turned(angle, position.turn))];
  };
  for (int i = 0; i < distance; ++i) position.at = position.at + unit(0);
  std::vector<Cell> ring;
  for (const int angle : {2, 3, 4, 5, 0, 1}) {
    for (int i = 0; i < distance; ++i) {
      position.at = position.at + unit(angle);
      const Place place = place_of(position, resolution);
      ring.push_back(cell_at(point_of(place.face, place.weights), resolution));
    }
  }
  return ring;
}

}  // namespace

std::optional<Cell> parse_cell(std::string_view text) {
  Cell cell = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), cell, 16);
  if (problem != std::errc() || end != text.data() + text.size() || text.size() > 16) {
    return std::nullopt;
  }
  if (cell >> 56U != 8 || base_of(cell) >= kBaseCells) return std::nullopt;
  bool leads = is_pentagon_base(base_of(cell));
  for (int r = 1; r <= kFinest; ++r) {
    const int digit = digit_of(cell, r);
    if ((digit == 7) != (r > resolution_of(cell))) return std::nullopt;
    if (leads && digit == 1) return std::nullopt;
    leads = leads && digit == 0;
  }
  return cell;
}

std::string cell_name(Cell cell) {
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), cell, 16).ptr;
  return {text.data(), end};
}

int resolution_of(Cell cell) noexcept {
  return static_cast<int>(cell >> 52U & 15U);
}

Cell cell_at(const SpherePoint& point, int resolution) {
  const int face = nearest_face(point);
  const auto& corners = kFace[static_cast<std::size_t>(face)];
  Weights<double> weights{};
  for (std::size_t i = 0; i < 3; ++i) {
    weights[i] = dot(point, cross(vertex(corners[(i + 1) % 3]), vertex(corners[(i + 2) % 3])));
  }
  const double sum = weights[0] + weights[1] + weights[2];
  double size = 2;
  for (int r = 2; r <= resolution; r += 2) size *= 7;
  const double x = size * (weights[0] - weights[2]) / sum;
  const double y = size * (weights[1] - weights[2]) / sum;
  const bool odd = resolution % 2 != 0;
  Hex at = odd ? nearest(2 * x + y, 3 * y - x) : nearest(x, y);
  Angles angles(static_cast<std::size_t>(resolution));
  for (int r = resolution; r > 0; --r) {
    angles[static_cast<std::size_t>(r - 1)] = take_digit(at, r % 2 != 0 ? kOddStep : kEvenStep);
  }
  Place place{face, weights_of(at, 2), 0};
  settle(place);
  const int base = grid().numbers.at(Grid::key_of(place.face, place.weights));
  const int home = kHome[static_cast<std::size_t>(base)];
  const int vertex = grid().bases[static_cast<std::size_t>(base)].vertex;
  if (vertex == kCentre) {
    // The middle of an edge is on two faces.
    for (int corner = 0; corner < 3 && place.face != home; ++corner) {
      if (place.weights[static_cast<std::size_t>(corner)] == 0) cross_edge(place, corner);
    }
    turn_all(angles, -place.turn);
    return cell_of(base, angles);
  }
  const int direction = direction_at_home(home, vertex, place.face);
  turn_all(angles, direction - own_direction(place.face, vertex) - place.turn);
  // Over the gap the next face begins.
  if (leading(angles) == kGap) turn_all(angles, direction == kGap - 1 ? 1 : -1);
  return cell_of(base, angles);
}

SpherePoint centre_of(Cell cell) {
  const Place place = place_of(position_of(cell), resolution_of(cell));
  return point_of(place.face, place.weights);
}

SpherePath border_of(Cell cell) {
  const int resolution = resolution_of(cell);
  Angles angles;
  for (int r = 1; r <= resolution; ++r) {
    angles.push_back(kAngle[static_cast<std::size_t>(digit_of(cell, r))]);
  }
  if (is_pentagon_base(base_of(cell)) && leading(angles) == kCentre) {
    return pentagon_border(base_of(cell), resolution);
  }
  const bool odd = resolution % 2 != 0;
  const std::int64_t size = size_of(resolution);
  const Place centre = place_of(position_of(cell), resolution);
  SpherePath path;
  for (int angle = 0; angle < 6; ++angle) {
    const auto here = corner_weights(centre.weights, angle, odd, size);
    const auto next = corner_weights(centre.weights, turned(angle, 1), odd, size);
    Place place{centre.face, here, 0};
    settle(place);
    path.push_back(point_of(place.face, place.weights));
    if (odd) add_crossing(path, centre.face, here, next);
  }
  return path;
}

Cell parent_of(Cell cell, int resolution) noexcept {
  for (int r = resolution + 1; r <= kFinest; ++r) cell = with_digit(cell, r, 7);
  return with_resolution(cell, resolution);
}

std::vector<Cell> children_of(Cell cell, int resolution) {
  std::vector<Cell> cells{cell};
  for (int r = resolution_of(cell) + 1; r <= resolution; ++r) {
    std::vector<Cell> finer;
    for (const Cell one : cells) {
      bool centre = is_pentagon_base(base_of(one));
      for (int above = 1; above < r; ++above) centre = centre && digit_of(one, above) == 0;
      for (int digit = 0; digit < 7; ++digit) {
        if (centre && digit == 1) continue;
        finer.push_back(with_resolution(with_digit(one, r, digit), r));
      }
    }
    cells = std::move(finer);
  }
  return cells;
}

std::vector<std::vector<Cell>> rings_of(Cell cell, int distance) {
  std::vector<std::vector<Cell>> rings{{cell}};
  std::unordered_set<Cell> seen{cell};
  for (int d = 1; d <= distance; ++d) {
    std::vector<Cell> ring;
    for (const Cell inner : rings.back()) {
      for (const Cell next : neighbours_of(inner)) {
        if (seen.insert(next).second) ring.push_back(next);
      }
    }
    std::vector<Cell> flat = flat_ring(cell, d);
    const std::unordered_set<Cell> cells(ring.begin(), ring.end());
    const bool same =
        flat.size() == ring.size() && std::unordered_set<Cell>(flat.begin(), flat.end()) == cells;
    rings.push_back(same ? std::move(flat) : std::move(ring));
  }
  return rings;
}

}  // namespace harrier::query::h3
