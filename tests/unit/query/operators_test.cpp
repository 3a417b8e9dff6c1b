// Operators at their edges: what joins, expansions and aggregates do with nothing and with nulls.
#include "support/catch.hpp"

#include "compare.hpp"

using harrier::query::test::Rows;
using harrier::query::test::value_of_query;

namespace {

using Cells = std::vector<std::vector<std::string>>;

Cells rows_of(std::string_view text) {
  auto rows = harrier::query::test::run_query(text);
  INFO(text);
  if (rows.has_error()) FAIL(rows.error().message);
  return rows->rows;
}

constexpr const char* kLeft =
    "let L = datatable(k:long, a:string)[1,'x', 1,'y', 2,'z', long(null),'n'];";
constexpr const char* kRight = "let R = datatable(k:long, b:string)[1,'p', 3,'q', long(null),'m'];";

Cells join(const std::string& kind) {
  return rows_of(std::string(kLeft) + kRight + "L | join kind=" + kind +
                 " R on k | sort by a asc, b asc");
}

Cells half(const std::string& kind, const std::string& column) {
  return rows_of(std::string(kLeft) + kRight + "L | join kind=" + kind + " R on k | project " +
                 column + " | sort by " + column + " asc");
}

}  // namespace

TEST_CASE("Joins of every kind; nulls match nulls", "[operators]") {
  CHECK(join("inner") == Cells{{"null", "\"n\"", "null", "\"m\""},
                               {"1", "\"x\"", "1", "\"p\""},
                               {"1", "\"y\"", "1", "\"p\""}});
  CHECK(join("innerunique").size() == 2);
  CHECK(join("leftouter").size() == 4);
  CHECK(join("rightouter").size() == 4);
  CHECK(join("fullouter").size() == 5);
  CHECK(half("leftsemi", "a") == Cells{{"\"n\""}, {"\"x\""}, {"\"y\""}});
  CHECK(half("leftanti", "a") == Cells{{"\"z\""}});
  CHECK(half("rightsemi", "b") == Cells{{"\"m\""}, {"\"p\""}});
  CHECK(half("rightanti", "b") == Cells{{"\"q\""}});
}

TEST_CASE("An outer join leaves texts empty and the rest null", "[operators]") {
  CHECK(
      rows_of(
          "datatable(k:long)[7] | join kind=leftouter (datatable(k:long, s:string)[1,'a']) on k") ==
      Cells{{"7", "null", "\"\""}});
}

TEST_CASE("Aggregates over nothing", "[operators]") {
  CHECK(rows_of("datatable(x:long)[] | summarize count(), sum(x), avg(x), min(x), make_list(x), "
                "dcount(x)") == Cells{{"0", "0", "\"NaN\"", "null", "[]", "0"}});
  CHECK(rows_of("datatable(x:long)[] | summarize count() by x").empty());
}

TEST_CASE("mv-expand: null gives a row, an empty array none", "[operators]") {
  CHECK(rows_of("datatable(d:dynamic)[dynamic(null), dynamic([]), dynamic([1,2])] | mv-expand d") ==
        Cells{{"null"}, {"1"}, {"2"}});
  CHECK(rows_of("print a = dynamic([1,2,3]), b = dynamic(['x']) | mv-expand a, b") ==
        Cells{{"1", "\"x\""}, {"2", "null"}, {"3", "null"}});
}

TEST_CASE("Window functions see the rows in order", "[operators]") {
  CHECK(rows_of("range x from 1 to 3 step 1 | sort by x desc | extend n = row_number(), p = "
                "prev(x), s = row_cumsum(x)") ==
        Cells{{"3", "1", "null", "3"}, {"2", "2", "3", "5"}, {"1", "3", "2", "6"}});
}

TEST_CASE("make-series fills its grid per group", "[operators]") {
  CHECK(rows_of("datatable(g:string, t:long, v:long)['a',0,1, 'a',2,3, 'b',1,5] | make-series s = "
                "sum(v) default = -1 "
                "on t from 0 to 3 step 1 by g | project g, s | sort by g asc") ==
        Cells{{"\"a\"", "[1,-1,3]"}, {"\"b\"", "[-1,5,-1]"}});
}

TEST_CASE("Columns that depend on the data", "[operators]") {
  CHECK(rows_of("datatable(d:dynamic)[dynamic({'a':1,'b':'x'}), dynamic({'a':2})] | evaluate "
                "bag_unpack(d)") == Cells{{"1", "\"x\""}, {"2", "\"\""}});
  CHECK(rows_of("datatable(k:string, c:string)['p','x', 'p','y', 'q','x'] | evaluate pivot(c) | "
                "sort by k asc") == Cells{{"\"p\"", "1", "1"}, {"\"q\"", "1", "0"}});
}

TEST_CASE("materialize and toscalar run once", "[operators]") {
  CHECK(value_of_query("let r = materialize(range x from 1 to 5 step 1 | extend n = rand()); "
                       "r | join kind=inner r on n | count") == "5");
  CHECK(value_of_query(
            "let m = toscalar(range x from 1 to 5 step 1 | summarize max(x)); print m + 1") == "6");
}

TEST_CASE("Season, trend and outliers of a series", "[series]") {
  const std::string weekly =
      "let s = toscalar(range i from 0 to 69 step 1 | extend y = iff(i == 40, 90, 10 + 5 * (i % "
      "7)) "
      "| summarize make_list(y)); ";
  const auto value = [&](std::string_view rest) {
    return value_of_query(weekly + std::string(rest));
  };
  CHECK(value("print s = s | extend (f, score, base) = series_decompose_anomalies(s) "
              "| mv-expand with_itemindex=i f to typeof(long) | where f != 0 "
              "| summarize make_list(i)") == "[40]");
  CHECK(value("print s = s | extend (base, season, trend, rest) = series_decompose(s, 7, 'none') "
              "| project todouble(base[3]) + todouble(rest[3]) == todouble(s[3])") == "true");
  CHECK(value("print (f, s, t, r) = series_decompose_forecast(range(0, 9, 1), 2, 0, 'linefit')") ==
        "[0.0,1.0,2.0,3.0,4.0,5.0,6.0,7.0,8.0,9.0]");
  CHECK(value("print x = series_outliers(dynamic([1,2,1,2,1,2,1,2,1,2,50,1])) "
              "| project toreal(x[10]) > 1.5 and toreal(x[0]) == 0") == "true");
  CHECK(value("print series_decompose(s, 7, 'sine')").find("linefit") != std::string::npos);
}

TEST_CASE("Names of legs, pairs without delimiters, flags of patterns", "[operators]") {
  CHECK(value_of_query("let V = view () { print x = 1 }; union withsource=S V, (print x = 2) "
                       "| summarize strcat_array(make_list(S), ' ')") == "\"V union_arg1\"");
  CHECK(value_of_query("print s = 'at 10:00 [x] Id:7, Text: done' | parse-kv s as (Id:long, "
                       "Text:string) | project strcat(Id, Text)") == "\"7done\"");
  CHECK(value_of_query("print s = 'a=1' | parse-kv s as (a:long) with (kv_delimiter='=')")
            .find("one delimiter") != std::string::npos);
  CHECK(value_of_query("print s = 'xAy' | parse kind=regex flags=iu s with 'xa' rest "
                       "| project rest") == "\"y\"");
}

TEST_CASE("Active users: often enough within the lookback, by dimension", "[operators]") {
  const std::string data =
      "datatable(u:string, t:datetime, d:string)['a',datetime(2018-06-30),'x', "
      "'a',datetime(2018-07-01 01:00),'x', 'a',datetime(2018-07-01 02:00),'x', "
      "'a',datetime(2018-07-02),'x', 'b',datetime(2018-07-01),'y', 'b',datetime(2018-07-03),'y']";
  const std::string call =
      " | evaluate active_users_count(u, t, datetime(2018-07-01), datetime(2018-07-04), ";
  CHECK(rows_of(data + call +
                "2d, 1d, 2, 1d, d) | project d, dcount, day = dayofmonth(t) "
                "| sort by day asc") == Cells{{"\"x\"", "1", "1"}, {"\"x\"", "1", "2"}});
  CHECK(rows_of(data + call + "30d, 1d, 2, 7d) | project dcount") == Cells{{"2"}});
  CHECK(value_of_query(data + call + "30d, 0d, 2, 7d)").find("positive") != std::string::npos);
}

TEST_CASE("A condition behind an innerunique join chooses among the rows of a key", "[operators]") {
  CHECK(rows_of(std::string(kLeft) + kRight + "L | join R on k | where a == 'y' | project a, b") ==
        Cells{{"\"y\"", "\"p\""}});
  CHECK(rows_of(std::string(kLeft) + kRight + "L | join R on k | where b == 'p' | project a, b") ==
        Cells{{"\"x\"", "\"p\""}});
}

TEST_CASE("rows_near keeps each row once", "[operators]") {
  const std::string rows = "range x from 1 to 9 step 1 | evaluate rows_near(x in (3, 5), ";
  CHECK(rows_of(rows + "1)") == Cells{{"2"}, {"3"}, {"4"}, {"5"}, {"6"}});
  CHECK(rows_of(rows + "0, 1)") == Cells{{"3"}, {"4"}, {"5"}, {"6"}});
  CHECK(rows_of(rows + "100)").size() == 9);
  CHECK(rows_of("range x from 1 to 9 step 1 | evaluate rows_near(x > 9, 3)").empty());
}

TEST_CASE("Windows over bins: percentiles and counts", "[operators]") {
  CHECK(rows_of("range x from 0 to 5 step 1 | extend g = iff(x % 2 == 0, 'e', 'o') | evaluate "
                "rolling_percentile(x, 50, x, 2, 2) | sort by x asc") ==
        Cells{{"0", "0"}, {"2", "1"}, {"4", "3"}});
  CHECK(rows_of("range x from 0 to 5 step 1 | extend g = iff(x % 2 == 0, 'e', 'o') | evaluate "
                "rolling_percentile(x, 100, x, 2, 2, g) | sort by g asc, x asc") ==
        Cells{{"0", "\"e\"", "0"},
              {"2", "\"e\"", "2"},
              {"4", "\"e\"", "4"},
              {"0", "\"o\"", "1"},
              {"2", "\"o\"", "3"},
              {"4", "\"o\"", "5"}});
  CHECK(rows_of("datatable(u:string, t:long)['a',1, 'a',1, 'b',2, 'a',4] | evaluate "
                "sliding_window_counts(u, t, 1, 5, 2, 1) | sort by t asc") ==
        Cells{{"1", "2", "1"}, {"2", "3", "2"}, {"3", "1", "1"}, {"4", "1", "1"}, {"5", "1", "1"}});
}

TEST_CASE("sequence_detect finds every choice of steps within its lengths", "[operators]") {
  const std::string rows =
      "datatable(t:long, k:string, h:string)[1,'a','x', 3,'b','x', 9,'b','x', 2,'a','y', 4,'a','y',"
      " 5,'b','y'] | evaluate sequence_detect(t, ";
  CHECK(rows_of(rows + "5, 5, a = (k == 'a'), b = (k == 'b'), h) | sort by h asc, a_t asc") ==
        Cells{{"\"x\"", "1", "3", "2"}, {"\"y\"", "2", "5", "3"}, {"\"y\"", "4", "5", "1"}});
  CHECK(rows_of(rows + "100, 100, k == 'a', k == 'b', k == 'b') | count") == Cells{{"15"}});
}

TEST_CASE("Places are looked up in polygons and near lines", "[operators]") {
  const std::string places =
      "let P = datatable(n:string, g:dynamic)['p', dynamic({\"type\":\"Polygon\",\"coordinates\":"
      "[[[0,0],[1,0],[1,1],[0,1],[0,0]]]})]; let L = datatable(n:string, g:dynamic)['l', "
      "dynamic({\"type\":\"LineString\",\"coordinates\":[[0,0],[1,0]]})]; "
      "datatable(x:real, y:real)[0.5,0.5, 0.5,-0.05, 9.0,9.0] | ";
  CHECK(rows_of(places + "evaluate geo_polygon_lookup(P, x, y, g) | project x, y, n") ==
        Cells{{"0.5", "0.5", "\"p\""}});
  CHECK(rows_of(places + "evaluate geo_polygon_lookup(P, x, y, g, radius = 6000, "
                         "return_unmatched = true) | project y, n") ==
        Cells{{"0.5", "\"p\""}, {"-0.05", "\"p\""}, {"9.0", "\"\""}});
  CHECK(rows_of(places + "evaluate geo_line_lookup(L, x, y, g, 6000) | project y, n") ==
        Cells{{"-0.05", "\"l\""}});
}

TEST_CASE("reduce keeps the words that many texts have at one place", "[operators]") {
  CHECK(rows_of("range x from 1 to 10 step 1 | project s = strcat('user ', x, ' logged on') | "
                "reduce by s") == Cells{{"\"user * logged on\"", "10", "\"user 1 logged on\""}});
  CHECK(rows_of("range x from 1 to 4 step 1 | project s = strcat('a', x) | reduce by s") ==
        Cells{{"\"others\"", "4", "\"\""}});
  CHECK(rows_of("datatable(s:string)['a b', 'a c', 'z'] | reduce kind=source by s with "
                "threshold=0.5") ==
        Cells{{"\"a b\"", "\"a *\""}, {"\"a c\"", "\"a *\""}, {"\"z\"", "\"others\""}});
  CHECK(rows_of("datatable(s:string)[] | reduce by s").empty());
}

TEST_CASE("What hll and tdigest keep is exact, also when it is merged", "[operators]") {
  CHECK(rows_of("range x from 1 to 100 step 1 | summarize e = hll(iff(x % 2 == 0, x, 0)), t = "
                "hll(iff(x % 3 == 0, x, 0)) | evaluate dcount_intersect(e, t)") ==
        Cells{{"51", "17"}});
  CHECK(rows_of("range x from 1 to 100 step 1 | summarize h = hll(x % 7), d = tdigest(x) by x % 2 "
                "| summarize h = hll_merge(h), d = tdigest_merge(d) | project dcount_hll(h), "
                "percentile_tdigest(d, 50), percentiles_array_tdigest(d, 1, 99), rank_tdigest(d, "
                "30), percentrank_tdigest(d, 30)") == Cells{{"7", "50", "[1,99]", "30.0", "30.0"}});
}

TEST_CASE("basket finds the fullest combinations that enough rows have", "[operators]") {
  const std::string rows =
      "datatable(a:string, b:string, n:long)['x','p',1, 'x','p',1, 'x','q',1, 'y','q',1, '','z',1]";
  CHECK(rows_of(rows + " | project a, b | evaluate basket(0.4) | project Count, Percent, a, b | "
                       "sort by a asc, b asc") == Cells{{"2", "40.0", "\"\"", "\"q\""},
                                                        {"3", "60.0", "\"x\"", "\"\""},
                                                        {"2", "40.0", "\"x\"", "\"p\""}});
  CHECK(rows_of(rows + " | project a, n | evaluate basket(0.5, '~', 1) | project Count, a, n | "
                       "sort by Count desc") == Cells{{"5", "\"\"", "1"}, {"3", "\"x\"", "null"}});
  CHECK(rows_of(rows + " | where a == 'none' | evaluate basket()").empty());
}
