// Scalar functions through queries: what each prints for small inputs and at its edges.
#include "kql/functions.hpp"

#include "query/registry.hpp"
#include "query/window.hpp"
#include "support/catch.hpp"

#include "compare.hpp"

#include <cmath>

using harrier::query::test::value_of_query;

namespace {

constexpr std::string_view kWithoutCode[] = {"bag_pack_columns",
                                             "column_ifexists",
                                             "ingestion_time",
                                             "current_cluster_endpoint",
                                             "current_database",
                                             "current_principal",
                                             "datetime_list_timezones",
                                             "geo_geohash_to_central_point",
                                             "geo_point_in_circle",
                                             "hash_combine",
                                             "hash_many",
                                             "series_decompose",
                                             "series_decompose_anomalies",
                                             "series_decompose_forecast",
                                             "series_outliers"};

struct Example {
  const char* expression;
  const char* json;
};

void check(std::initializer_list<Example> examples) {
  for (const Example& example : examples) {
    INFO(example.expression);
    CHECK(value_of_query(std::string("print x = ") + example.expression) == example.json);
  }
}

/// Names that the compiler replaces, or that end a query with a sentence.
bool refused(std::string_view name) {
  for (const std::string_view known : kWithoutCode) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Text functions", "[functions]") {
  check({{R"q(strcat("a", 1, true, 1.0))q", "\"a1True1.0\""},
         {R"q(substring("abcdef", -3, 2))q", "\"de\""},
         {R"q(indexof("abcabc", "b", 0, -1, 2))q", "4"},
         {R"q(split("a_b", "_")[1])q", "\"b\""},
         {R"q(split("", "_"))q", "[\"\"]"},
         {R"q(replace_string("aaa", "a", "b"))q", "\"bbb\""},
         {R"q(reverse("Мир"))q", "\"риМ\""},
         {R"q(trim("x", "xxabcxx"))q", "\"xabcx\""},
         {R"q(extract("(\\d+)", 1, "a12b"))q", "\"12\""},
         {R"q(extract("(\\d+)", 1, "a12b", typeof(long)))q", "12"},
         {R"q(extract_all("(\\w)(\\d)", "a1b2"))q", R"q([["a","1"],["b","2"]])q"},
         {R"q(replace_regex("a1", "(\\w)(\\d)", "\\2\\1"))q", "\"1a\""},
         {R"q(countof("aaa", "aa"))q", "2"},
         {R"q(base64_decode_tostring("SGVsbG8="))q", "\"Hello\""},
         {R"q(base64_encode_tostring("Kusto"))q", "\"S3VzdG8=\""},
         {R"q(url_decode("a%20b+c"))q", "\"a b c\""},
         {R"q(hash_sha256("World"))q",
          "\"78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524\""},
         {R"q(hash("World"))q", "1846988464401551951"},
         {R"q(parse_path("C:\\temp\\file.txt").Filename)q", "\"file.txt\""},
         {R"q(parse_command_line("echo \"hello world!\" a\\b", "windows"))q",
          R"q(["echo","hello world!","a\\b"])q"}});
}

TEST_CASE("Functions of time", "[functions]") {
  check({{"bin(datetime(2007-03-09), 30d)", "\"2007-02-14T00:00:00.0000000Z\""},
         {"startofweek(datetime(2020-06-17))", "\"2020-06-14T00:00:00.0000000Z\""},
         {"endofmonth(datetime(2020-02-15))", "\"2020-02-29T23:59:59.9999999Z\""},
         {"datetime_add('month', 1, datetime(2020-01-31))", "\"2020-02-29T00:00:00.0000000Z\""},
         {"datetime_diff('year', datetime(2021-01-01), datetime(2020-12-31))", "1"},
         {"dayofweek(datetime(2020-06-20))", "\"6.00:00:00\""},
         {"week_of_year(datetime(2021-01-01))", "53"},
         {"format_datetime(datetime(2007-03-09 05:04:03.12), 'yyyy-M-d h:mm:ss.fff tt')",
          "\"2007-3-9 5:04:03.120 AM\""},
         {"format_timespan(1d + 2h, 'd.hh:mm')", "\"1.02:00\""},
         {"datetime(9999-12-31) + 2d", "null"},
         {"1d / 1h", "24.0"}});
}

TEST_CASE("Dynamic values", "[functions]") {
  check({{R"q(parse_json("not json"))q", "\"not json\""},
         {R"q(parse_json("{\"a\":[1,2]}").a[-1])q", "2"},
         {R"q(isnull(parse_json("{}").x))q", "true"},
         {R"q(array_slice(dynamic([1,2,3,4]), 1, -2))q", "[2,3]"},
         {R"q(array_sort_desc(dynamic([1,3,2])))q", "[3,2,1]"},
         {R"q(set_difference(dynamic([1,2,3]), dynamic([2])))q", "[1,3]"},
         {R"q(set_has_element(dynamic([1,"2"]), 2))q", "false"},
         {R"q(bag_merge(dynamic({"a":1}), dynamic({"a":2,"b":3})))q", R"q({"a":1,"b":3})q"},
         {R"q(bag_keys(dynamic({"a":1,"b":2})))q", R"q(["a","b"])q"},
         {R"q(bag_pack("k", 1, "d", datetime(2020-01-01)).d)q", "\"2020-01-01T00:00:00.0000000Z\""},
         {R"q(dynamic({"a":5}).a == 5)q", "true"},
         {R"q(tostring(dynamic({"a":"x"}).a))q", "\"x\""}});
}

TEST_CASE("Nulls in columns compare as Kusto compares them", "[functions]") {
  const std::string rows = "datatable(a:int)[int(null)] | project x = ";
  CHECK(value_of_query(rows + "a == 1") == "false");
  CHECK(value_of_query(rows + "a != 1") == "true");
  CHECK(value_of_query(rows + "a == a") == "null");
  CHECK(value_of_query(rows + "a > 0") == "null");
  CHECK(value_of_query(rows + "not(a == 1)") == "true");
}

TEST_CASE("Nulls", "[functions]") {
  check({{"isnull(int(null) == int(null))", "true"},
         {"isnull(int(null) < 1)", "true"},
         {"int(null) in (1, 2)", "false"},
         {"coalesce('', 'x')", "\"x\""},
         {"iff(bool(null), 1, 2)", "2"},
         {"-7 % 2", "1"},
         {"-7 / 2", "-3"},
         {"1 / 0", "null"},
         {"max_of(int(null), 3)", "3"}});
}

TEST_CASE("Addresses", "[functions]") {
  check({{"ipv4_is_private('10.1.2.3')", "true"},
         {"ipv4_is_private('127.0.0.1')", "false"},
         {"isnull(ipv4_is_private('fe80::1'))", "true"},
         {"ipv4_is_in_range('192.168.1.6', '192.168.1.0/24')", "true"},
         {"ipv4_is_in_any_range('1.2.3.4', dynamic(['10.0.0.0/8','1.2.0.0/16']))", "true"},
         {"parse_ipv4('1.2.3.4')", "16909060"},
         {"format_ipv4('192.168.1.255', 24)", "\"192.168.1.0\""},
         {"has_ipv4('src=10.0.0.1:80', '10.0.0.1')", "true"},
         {"has_ipv4('src=10.0.0.12', '10.0.0.1')", "false"},
         {"ipv6_is_match('::ffff:1.2.3.4', '1.2.3.4')", "true"}});
}

TEST_CASE("What needs a service or a database says so", "[functions]") {
  CHECK(value_of_query("print parse_user_agent('Mozilla', 'browser')").find("database") !=
        std::string::npos);
  CHECK(value_of_query("print geo_info_from_ip_address('1.2.3.4')").find("geo_ipv4.csv") !=
        std::string::npos);
}

TEST_CASE("Every example of the function table gives what it shows", "[functions]") {
  int examples = 0;
  for (const harrier::kql::Function* function : harrier::kql::all_functions()) {
    if (function->example.empty()) continue;
    ++examples;
    const bool whole = function->kind == harrier::kql::FunctionKind::aggregate;
    const std::string text = (whole ? "" : "print x = ") + std::string(function->example);
    INFO(text);
    const auto rows = harrier::query::test::run_query(text);
    if (rows.has_error()) {
      FAIL_CHECK(rows.error().message);
      continue;
    }
    if (function->shows.empty()) continue;
    REQUIRE_FALSE(rows->rows.empty());
    CHECK(harrier::query::test::csv_cell(rows->rows[0][0]) == function->shows);
  }
  CHECK(examples > 100);
}

TEST_CASE("Every function of the table has its code", "[functions]") {
  for (const harrier::kql::Function* function : harrier::kql::all_functions()) {
    if (function->kind == harrier::kql::FunctionKind::aggregate) continue;
    if (function->kind == harrier::kql::FunctionKind::window) {
      CHECK(harrier::query::find_window(function->name) != nullptr);
      continue;
    }
    INFO(function->name);
    CHECK((harrier::query::find_kernel(function->name) != nullptr || refused(function->name)));
  }
}

TEST_CASE("Well-known text of shapes", "[functions]") {
  check({{"geo_from_wkt('POINT (1 2)')", R"({"type":"Point","coordinates":[1,2]})"},
         {"geo_from_wkt('multipoint ((1 1), 2 2)')",
          R"({"type":"MultiPoint","coordinates":[[1,1],[2,2]]})"},
         {"geo_from_wkt('GEOMETRYCOLLECTION (POINT (1 1),LINESTRING (2 2, 3 3.5))')",
          R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,1]},)"
          R"({"type":"LineString","coordinates":[[2,2],[3,3.5]]}]})"},
         {"geo_from_wkt('MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)))')",
          R"({"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,0]]]]})"},
         {"geo_from_wkt('LINESTRING')", "null"},
         {"geo_from_wkt('POINT (1 2) x')", "null"},
         {"geo_from_wkt('POINT (1 200)')", "null"}});
}

TEST_CASE("Cells around a cell, and cells that shapes reach into", "[functions]") {
  const std::string square =
      "dynamic({\"type\":\"Polygon\",\"coordinates\":"
      "[[[10,10],[11,10],[11,11],[10,11],[10,10]]]})";
  const std::string line = "dynamic({\"type\":\"LineString\",\"coordinates\":[[10,10],[11,10]]})";
  // Every cell of a place within is one of the covering, of a place far away none.
  CHECK(value_of_query("print array_index_of(geo_polygon_to_s2cells(" + square +
                       ", 9), geo_point_to_s2cell(10.7, 10.2, 9)) >= 0") == "true");
  CHECK(value_of_query("print array_index_of(geo_polygon_to_s2cells(" + square +
                       ", 9), geo_point_to_s2cell(12, 10.2, 9))") == "-1");
  CHECK(value_of_query("print array_index_of(geo_line_to_s2cells(" + line +
                       ", 9), geo_point_to_s2cell(10.5, 10.5, 9))") == "-1");
  CHECK(value_of_query("print array_index_of(geo_line_to_s2cells(" + line +
                       ", 9, 60000), geo_point_to_s2cell(10.5, 10.5, 9)) >= 0") == "true");
  CHECK(value_of_query("print array_length(geo_line_to_s2cells(" + line +
                       ", 9)) < array_length(geo_polygon_to_s2cells(" + square + ", 9))") ==
        "true");
  CHECK(value_of_query("print geo_polygon_to_s2cells(" + square + ", 30)") == "null");
  CHECK(value_of_query("print array_index_of(geo_polygon_to_h3cells(" + square +
                       ", 5), geo_point_to_h3cell(10.5, 10.5, 5)) >= 0") == "true");
  CHECK(value_of_query("print array_length(set_intersect(geo_s2cell_neighbors('89c259'), "
                       "geo_s2cell_neighbors(tostring(geo_s2cell_neighbors('89c259')[0])))) > 0") ==
        "true");
  CHECK(value_of_query("print array_length(geo_s2cell_neighbors('1'))") == "4");
  CHECK(value_of_query("print array_length(geo_geohash_neighbors('00'))") == "5");
}

TEST_CASE("Polygons and lines laid over one another", "[functions]") {
  const std::string square = R"({"type":"Polygon","coordinates":[[[)";
  const std::string left = square + "0,0],[1,0],[1,1],[0,1],[0,0]]]}";
  const std::string right = square + "1,0],[2,0],[2,1],[1,1],[1,0]]]}";
  const std::string far = square + "5,0],[6,0],[6,1],[5,1],[5,0]]]}";
  const std::string over = square + "0.5,0],[1.5,0],[1.5,1],[0.5,1],[0.5,0]]]}";
  const std::string frame =
      square + "-1,-1],[3,-1],[3,3],[-1,3],[-1,-1]],[[0,0],[0,1],[1,1],[1,0],[0,0]]]}";
  const auto area = [](const std::string& polygon) {
    return value_of_query("print round(geo_polygon_area(" + polygon + ") / 1e6)");
  };
  const auto number = [&](const std::string& polygon) { return std::stod(area(polygon)); };
  const auto given = [](const std::string& polygon) { return "dynamic(" + polygon + ")"; };
  const auto united = [](const std::string& list) {
    return "geo_union_polygons_array(dynamic([" + list + "]))";
  };
  const auto common = [](const std::string& a, const std::string& b) {
    return "geo_intersection_2polygons(dynamic(" + a + "), dynamic(" + b + "))";
  };
  CHECK(area(united(left + "," + right)) == area(united(far + "," + left)));
  CHECK(value_of_query("print array_length(" + united(left + "," + right) + ".coordinates[0])") ==
        "7");
  CHECK(value_of_query("print " + united(left + "," + far) + ".type") == "\"MultiPolygon\"");
  CHECK(area(united(left + "," + left)) == area(given(left)));
  // What two cover is what each covers less what both do.
  CHECK(std::fabs(number(united(left + "," + over)) + number(common(left, over)) -
                  number(given(left)) - number(given(over))) <= 2);
  CHECK(std::fabs(number(common(left, over)) * 2 - number(given(left))) <= 2);
  // A hole that is filled, and what it leaves.
  CHECK(value_of_query("print array_length(" + united(frame + "," + left) + ".coordinates)") ==
        "1");
  CHECK(value_of_query("print array_length(" + united(frame + "," + far) +
                       ".coordinates[0]) + array_length(" + united(frame + "," + far) +
                       ".coordinates[1])") == "3");
  CHECK(value_of_query("print " + common(frame, left) + ".type") == "\"LineString\"");
  CHECK(value_of_query("print " + common(left, far)) ==
        R"({"type":"GeometryCollection","geometries":[]})");
  CHECK(value_of_query("print geo_union_polygons_array(dynamic([1]))") == "null");
  // A buffer is as large as its outline and corners make it.
  const double around = number("geo_polygon_buffer(" + given(left) + ", 10000)");
  const double sides =
      std::stod(value_of_query("print geo_polygon_perimeter(" + given(left) + ") / 1000 * 10"));
  CHECK(std::fabs(around - number(given(left)) - sides - 314.16) < 5);
  CHECK(value_of_query("print geo_point_in_polygon(1.05, 0.5, geo_polygon_buffer(" + given(left) +
                       ", 10000))") == "true");
}

TEST_CASE("Models of series", "[functions]") {
  check({{"series_fit_2lines_dynamic(dynamic([1,2,3,4,10,9,8,7])).rsquare", "1.0"},
         {"series_fit_2lines_dynamic(dynamic([1,2,3,4,10,9,8,7])).right.slope", "-1.0"},
         {"series_fit_2lines_dynamic(dynamic([1,2,3]))", "null"},
         {"series_seasonal(dynamic([1,3,5,2,4,6,1,3,5,2,4,6]))",
          "[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"},
         {"series_seasonal(dynamic([8,12,14,12,10,10,12,14,12,10,10,12,14,12,10,10,12,14,12,10]))",
          "[10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,"
          "14.0,12.0,10.0]"}});
  CHECK(value_of_query("print y = dynamic([1,4,9,16,25,36]) | project (r, c) = series_fit_poly(y, "
                       "dynamic([1,2,3,4,5,6]), 2) | project array_length(c) == 3 and r > "
                       "0.999999 and abs(todouble(c[0]) - 1) < 1e-9 and abs(todouble(c[2])) < "
                       "1e-9") == "true");
  // A wave of three turns has all its weight at the frequency three, and comes back.
  CHECK(value_of_query("range x from 0 to 11 step 1 | extend y = sin(2 * pi() * x * 3 / 12) | "
                       "summarize y = make_list(y) | project (re, im) = series_fft(y) | project "
                       "round(todouble(im[3]), 9)") == "-6.0");
  CHECK(value_of_query("print y = dynamic([3,1,4,1,5,9,2]) | project (re, im) = series_fft(y) | "
                       "project (b, z) = series_ifft(re, im) | project round(todouble(b[5]), 9)") ==
        "9.0");
  CHECK(value_of_query("range x from 0 to 99 step 1 | extend y = sin(2 * pi() * x / 9) | summarize "
                       "y = make_list(y) | project (p, s) = series_periods_detect(y, 4, 50, 1) | "
                       "project p") == "[9.0]");
  CHECK(value_of_query("range x from 0 to 99 step 1 | extend y = sin(2 * pi() * x / 9) | summarize "
                       "y = make_list(y) | project (p, s) = series_periods_validate(y, 13, 9) | "
                       "project s[0] == 0 and s[1] > 0.9") == "true");
}
