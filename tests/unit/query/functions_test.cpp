// Scalar functions through queries: what each prints for small inputs and at its edges.
#include "kql/functions.hpp"

#include "query/registry.hpp"
#include "query/window.hpp"
#include "support/catch.hpp"

#include "compare.hpp"

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
                                             "series_fft",
                                             "series_fit_2lines",
                                             "series_fit_2lines_dynamic",
                                             "series_fit_poly",
                                             "series_ifft",
                                             "series_outliers",
                                             "series_periods_detect",
                                             "series_periods_validate",
                                             "series_seasonal",
                                             "welch_test"};

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

TEST_CASE("The union of polygons that tile; others are refused", "[functions]") {
  const std::string square = R"({"type":"Polygon","coordinates":[[[)";
  const std::string left = square + "0,0],[1,0],[1,1],[0,1],[0,0]]]}";
  const std::string right = square + "1,0],[2,0],[2,1],[1,1],[1,0]]]}";
  const std::string far = square + "5,0],[6,0],[6,1],[5,1],[5,0]]]}";
  const std::string over = square + "0.5,0],[1.5,0],[1.5,1],[0.5,1],[0.5,0]]]}";
  const auto united = [](const std::string& list) {
    return value_of_query("print round(geo_polygon_area(geo_union_polygons_array(dynamic([" + list +
                          "]))) / 1e6)");
  };
  CHECK(united(left + "," + right) == united(far + "," + left));
  CHECK(value_of_query("print array_length(geo_union_polygons_array(dynamic([" + left + "," +
                       right + "])).coordinates[0])") == "7");
  CHECK(value_of_query("print geo_union_polygons_array(dynamic([" + left + "," + far +
                       "])).type") == "\"MultiPolygon\"");
  for (const std::string& list : {left + "," + over, left + "," + left}) {
    CHECK(value_of_query("print geo_union_polygons_array(dynamic([" + list + "]))")
              .find("not supported") != std::string::npos);
  }
  CHECK(value_of_query("print geo_union_polygons_array(dynamic([1]))") == "null");
  CHECK(
      value_of_query("print geo_polygon_buffer(dynamic(" + left + "), 10)").find("not supported") !=
      std::string::npos);
}
