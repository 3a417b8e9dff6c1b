// Scalar functions through queries: what each prints for small inputs and at its edges.
#include "support/catch.hpp"

#include "compare.hpp"

using harrier::query::test::value_of_query;

namespace {

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

}  // namespace

TEST_CASE("Text functions", "[functions]") {
  check({{R"(strcat("a", 1, true, 1.0))", "\"a1True1.0\""},
         {R"(substring("abcdef", -3, 2))", "\"de\""},
         {R"(indexof("abcabc", "b", 0, -1, 2))", "4"},
         {R"(split("a_b", "_")[1])", "\"b\""},
         {R"(split("", "_"))", "[\"\"]"},
         {R"(replace_string("aaa", "a", "b"))", "\"bbb\""},
         {R"(reverse("Мир"))", "\"риМ\""},
         {R"(trim("x", "xxabcxx"))", "\"xabcx\""},
         {R"(extract("(\\d+)", 1, "a12b"))", "\"12\""},
         {R"(extract("(\\d+)", 1, "a12b", typeof(long)))", "12"},
         {R"(extract_all("(\\w)(\\d)", "a1b2"))", R"([["a","1"],["b","2"]])"},
         {R"(replace_regex("a1", "(\\w)(\\d)", "\\2\\1"))", "\"1a\""},
         {R"(countof("aaa", "aa"))", "2"},
         {R"(base64_decode_tostring("SGVsbG8="))", "\"Hello\""},
         {R"(base64_encode_tostring("Kusto"))", "\"S3VzdG8=\""},
         {R"(url_decode("a%20b+c"))", "\"a b c\""},
         {R"(hash_sha256("World"))", "\"78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524\""},
         {R"(hash("World"))", "1846988464401551951"},
         {R"(parse_path("C:\\temp\\file.txt").Filename)", "\"file.txt\""},
         {R"(parse_command_line("echo \"hello world!\" a\\b", "windows"))", R"(["echo","hello world!","a\\b"])"}});
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
      check(
          {{R"(parse_json("not json"))", "\"not json\""},
           {R"(parse_json("{\"a\":[1,2]}").a[-1])", "2"},
           {R"(isnull(parse_json("{}").x))", "true"},
           {R"(array_slice(dynamic([1,2,3,4]), 1, -2))", "[2,3]"},
           {R"(array_sort_desc(dynamic([1,3,2])))", "[3,2,1]"},
           {R"(set_difference(dynamic([1,2,3]), dynamic([2])))", "[1,3]"},
           {R"(set_has_element(dynamic([1,"2"]), 2))", "false"},
           {R"(bag_merge(dynamic({"a":1}), dynamic({"a":2,"b":3})))", R"({"a":1,"b":3})"},
           {R"(bag_keys(dynamic({"a":1,"b":2})))", R"(["a","b"])"},
           {R"(bag_pack("k", 1, "d", datetime(2020-01-01)).d)", "\"2020-01-01T00:00:00.0000000Z\""},
           {R"(dynamic({"a":5}).a == 5)", "true"},
           {R"(tostring(dynamic({"a":"x"}).a))", "\"x\""}});
    }

    TEST_CASE("Nulls", "[functions]") {
      check({{"int(null) == 1", "false"},
             {"int(null) != 1", "true"},
             {"isnull(int(null) == int(null))", "true"},
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
      CHECK(value_of_query("print geo_info_from_ip_address('1.2.3.4')").find("database") !=
            std::string::npos);
    }
