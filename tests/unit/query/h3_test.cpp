// The H3 grid against cells known from its reference implementation, and against itself.
#include "query/h3.hpp"

#include "support/catch.hpp"

#include "compare.hpp"

#include <algorithm>
#include <cmath>

using namespace harrier::query;

namespace {

struct Known {
  double longitude;
  double latitude;
  int resolution;
  const char* cell;
};

/// Anywhere, and around pentagons.
constexpr Known kKnown[] = {
    {21.518059, -5.465185, 0, "8097fffffffffff"},
    {-77.396525, 43.617918, 0, "802bfffffffffff"},
    {31.458538, 0.898581, 1, "816afffffffffff"},
    {121.16917, -20.104493, 1, "8194bffffffffff"},
    {105.471674, 15.056145, 2, "826597fffffffff"},
    {-142.123959, 52.120138, 2, "821c27fffffffff"},
    {111.472032, -54.950771, 3, "83e59dfffffffff"},
    {174.458462, -2.410796, 3, "837e00fffffffff"},
    {167.312801, 74.663006, 4, "8404543ffffffff"},
    {-169.928431, -65.020382, 4, "84ea007ffffffff"},
    {-174.599735, -43.236536, 5, "85d44803fffffff"},
    {58.148117, 10.394142, 5, "85620003fffffff"},
    {-92.900515, -38.285724, 6, "86b730797ffffff"},
    {-57.687765, -39.036047, 6, "86c2000e7ffffff"},
    {123.273766, -6.830802, 7, "87950ba92ffffff"},
    {122.296223, 39.068712, 7, "873000011ffffff"},
    {58.481831, -0.025995, 8, "8885060c03fffff"},
    {-121.840513, -10.453831, 8, "889000000dfffff"},
    {178.448991, 84.450132, 9, "89056846e7bffff"},
    {10.532033, 64.702652, 9, "8908000008fffff"},
    {-97.320275, -21.681428, 10, "8ab6ed854cb7fff"},
    {-5.24495, 2.300772, 10, "8a740000002ffff"},
    {-35.85607, 32.179655, 11, "8b34b17006ccfff"},
    {36.521145, -50.102948, 11, "8bd600000003fff"},
    {125.031518, 66.360251, 12, "8c156c2446867ff"},
    {-67.132326, 23.718042, 12, "8c4c00000000dff"},
    {-10.804581, 55.139273, 13, "8d18266daaa627f"},
    {112.867666, -23.717861, 13, "8da60000000073f"},
    {46.603768, -58.64099, 14, "8ee04545530a077"},
    {-143.478509, 50.103205, 14, "8e1c00000000017"},
    {-60.269175, -55.660703, 15, "8fdf53c8457568b"},
    {174.754606, -2.300867, 15, "8f7e00000000018"},
};

constexpr double kTurn = 2 * 3.14159265358979323846;

/// Turns of a border around a point: 1 where it is inside and the border runs counterclockwise.
double turns_around(const SpherePath& border, const SpherePoint& p) {
  double sum = 0;
  for (std::size_t i = 0; i < border.size(); ++i) {
    double step = azimuth(p, border[i]) - azimuth(p, border[(i + 1) % border.size()]);
    if (step > kTurn / 2) step -= kTurn;
    if (step < -kTurn / 2) step += kTurn;
    sum += step;
  }
  return sum / kTurn;
}

}  // namespace

TEST_CASE("H3 cells of points", "[h3]") {
  for (const Known& known : kKnown) {
    INFO(known.longitude << " " << known.latitude << " " << known.resolution);
    const h3::Cell cell =
        h3::cell_at(sphere_point(known.longitude, known.latitude), known.resolution);
    CHECK(h3::cell_name(cell) == known.cell);
    REQUIRE(h3::parse_cell(known.cell).has_value());
    CHECK(*h3::parse_cell(known.cell) == cell);
    CHECK(h3::resolution_of(cell) == known.resolution);
    CHECK(h3::cell_at(h3::centre_of(cell), known.resolution) == cell);
    if (known.resolution <= 12) {
      const SpherePath border = h3::border_of(cell);
      CHECK(border.size() >= 5);
      CHECK(turns_around(border, h3::centre_of(cell)) == Approx(1));
    }
  }
}

TEST_CASE("Every coarse H3 cell has its own centre, border and neighbours", "[h3]") {
  std::size_t cells = 0;
  std::size_t pentagons = 0;
  for (int base = 0; base < 122; ++base) {
    const h3::Cell root =
        h3::Cell{8} << 56U | static_cast<h3::Cell>(base) << 45U | ((h3::Cell{1} << 45U) - 1);
    for (const h3::Cell cell : h3::children_of(root, 2)) {
      ++cells;
      REQUIRE(h3::parse_cell(h3::cell_name(cell)).has_value());
      REQUIRE(h3::cell_at(h3::centre_of(cell), 2) == cell);
      REQUIRE(h3::parent_of(cell, 0) == root);
      const auto around = h3::rings_of(cell, 1)[1];
      if (around.size() == 5) ++pentagons;
      REQUIRE(around.size() >= 5);
      for (const h3::Cell other : around) {
        const auto back = h3::rings_of(other, 1)[1];
        REQUIRE(std::find(back.begin(), back.end(), cell) != back.end());
      }
    }
  }
  CHECK(cells == 5882);
  CHECK(pentagons == 12);
}

TEST_CASE("Borders of pentagons", "[h3]") {
  const SpherePath even = h3::border_of(*h3::parse_cell("820807fffffffff"));
  REQUIRE(even.size() == 5);
  CHECK(degrees_of(even[0])[0] == Approx(7.6462).margin(1e-4));
  CHECK(degrees_of(even[0])[1] == Approx(64.6651).margin(1e-4));
  const SpherePath odd = h3::border_of(*h3::parse_cell("81083ffffffffff"));
  REQUIRE(odd.size() == 10);
  CHECK(degrees_of(odd[0])[0] == Approx(4.0126).margin(1e-4));
  CHECK(degrees_of(odd[1])[1] == Approx(61.8908).margin(1e-4));
}

TEST_CASE("Names that are no H3 cell", "[h3]") {
  for (const char* text : {"", "abc", "862a1072ffffffff", "962a1072fffffff", "86f61072fffffff",
                           "862a1072ffffffe", "820847fffffffff", "862a1072fffffffq"}) {
    INFO(text);
    CHECK_FALSE(h3::parse_cell(text).has_value());
  }
}

TEST_CASE("Rings of H3 cells in the documented order", "[h3]") {
  CHECK(test::value_of_query("print geo_h3cell_rings('861f8894fffffff', 2)") ==
        R"([["861f8894fffffff"],)"
        R"(["861f88947ffffff","861f8895fffffff","861f88867ffffff","861f8d497ffffff",)"
        R"("861f8d4b7ffffff","861f8896fffffff"],)"
        R"(["861f88967ffffff","861f88977ffffff","861f88957ffffff","861f8882fffffff",)"
        R"("861f88877ffffff","861f88847ffffff","861f8886fffffff","861f8d49fffffff",)"
        R"("861f8d487ffffff","861f8d4a7ffffff","861f8d59fffffff","861f8d597ffffff"]])");
  CHECK(test::value_of_query("print geo_h3cell_children('862a1072fffffff')") ==
        R"(["872a10728ffffff","872a10729ffffff","872a1072affffff","872a1072bffffff",)"
        R"("872a1072cffffff","872a1072dffffff","872a1072effffff"])");
  CHECK(test::value_of_query("print geo_h3cell_parent('862a1072fffffff', 1)") ==
        "\"812a3ffffffffff\"");
  CHECK(test::value_of_query("print geo_h3cell_parent('862a1072fffffff', 100)") == "\"\"");
  CHECK(test::value_of_query("print geo_h3cell_children('862a1072fffffff', 12)") == "null");
}
