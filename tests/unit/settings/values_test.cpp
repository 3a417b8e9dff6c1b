#include "settings/values.hpp"

#include "support.hpp"

namespace harrier::settings {

namespace {

using std::chrono::milliseconds;

TEST_CASE("A duration may be compound, from days down to milliseconds", "[settings]") {
  CHECK(parse_duration("90d") == milliseconds(7'776'000'000));
  CHECK(parse_duration("1h30m") == milliseconds(5'400'000));
  CHECK(parse_duration("1d2h3m4s5ms") == milliseconds(93'784'005));
  CHECK(parse_duration("500ms") == milliseconds(500));
  CHECK(parse_duration("0") == milliseconds(0));
  CHECK(parse_duration("0s") == milliseconds(0));
}

TEST_CASE("What is no duration is refused", "[settings]") {
  const auto* text = GENERATE("", "5", "m", "-5m", "5 m", "1.5h", "5M", "30m1h", "5m5m", "5w",
                              "99999999999999999999d", "9999999999999999d", "+5m");
  CAPTURE(text);
  CHECK_FALSE(parse_duration(text).has_value());
}

TEST_CASE("A size counts in bytes or binary units", "[settings]") {
  CHECK(parse_size("50MiB") == 52'428'800U);
  CHECK(parse_size("1GiB") == 1'073'741'824U);
  CHECK(parse_size("4KiB") == 4'096U);
  CHECK(parse_size("1024") == 1'024U);
  CHECK_FALSE(parse_size("50MB").has_value());
  CHECK_FALSE(parse_size("").has_value());
  CHECK_FALSE(parse_size("-1").has_value());
  CHECK_FALSE(parse_size("99999999999GiB").has_value());
}

TEST_CASE("A base URL is https, or http on this machine", "[settings]") {
  const auto* good = GENERATE("https://graph.microsoft.com", "https://graph.example:8443/base",
                              "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080",
                              "http://127.9.8.7", "https://[2001:db8::1]:443");
  CAPTURE(good);
  CHECK(url_problem(good).empty());
}

TEST_CASE("Other base URLs are refused", "[settings]") {
  const auto* bad = GENERATE(
      "", "graph.microsoft.com", "ftp://x", "http://graph.microsoft.com", "https://user:pw@host",
      "https://host?x=1", "https://host#f", "https://", "https://host:99999", "https://ho st",
      "http://127.0.0.1.evil.example", "http://localhost.evil.example", "https://host:12x");
  CAPTURE(bad);
  CHECK_FALSE(url_problem(bad).empty());
}

TEST_CASE("A proxy needs a port and may have a user", "[settings]") {
  CHECK(proxy_problem("http://proxy.example:3128").empty());
  CHECK(proxy_problem("http://user:p%40ss@proxy.example:3128").empty());
  CHECK_FALSE(proxy_problem("http://proxy.example").empty());
  CHECK_FALSE(proxy_problem("socks5://proxy.example:1080").empty());
  CHECK(proxy_problem("https://user:hunter2@proxy.example:x").find("hunter2") == std::string::npos);
}

TEST_CASE("An address to listen on has a port; the console's is of this machine", "[settings]") {
  CHECK(listen_problem("127.0.0.1:9464", true).empty());
  CHECK(listen_problem("[::1]:0", true).empty());
  CHECK(listen_problem("0.0.0.0:9464", false).empty());
  CHECK_FALSE(listen_problem("0.0.0.0:8686", true).empty());
  CHECK_FALSE(listen_problem("127.0.0.1", true).empty());
  CHECK_FALSE(listen_problem(":9464", false).empty());
  CHECK_FALSE(listen_problem("127.0.0.1:70000", false).empty());
}

TEST_CASE("A filter is one condition", "[settings]") {
  const auto* good = GENERATE("RemoteIPType == 'Public'", "a has 'x|y;z//' and (b or c)",
                              R"(x == "a\"|b")", "p == @'c:\\|' or q", "p == @'it''s | fine'", "");
  CAPTURE(good);
  CHECK(filter_problem(good).empty());
}

TEST_CASE("A filter that is more than one condition is refused", "[settings]") {
  const auto* bad =
      GENERATE("a | take 1", "'x' == y | where z", "a; b", "a // b", "(a", "a) or (b", "a == 'open",
               R"(a == "\")", "a\nor b", R"(p == @"c:\" | take 1 or q == "x")");
  CAPTURE(bad);
  CHECK_FALSE(filter_problem(bad).empty());
}

TEST_CASE("Every cloud has hosts and scopes of its own", "[settings]") {
  CHECK(default_endpoints(Cloud::public_).graph == "https://graph.microsoft.com");
  CHECK(default_scopes(Cloud::public_).office365 == "https://manage.office.com/.default");
  CHECK(default_scopes(Cloud::public_).defender ==
        "https://api.securitycenter.microsoft.com/.default");
  CHECK(default_endpoints(Cloud::gcc_high).login == "https://login.microsoftonline.us");
  CHECK(default_scopes(Cloud::dod).graph == "https://dod-graph.microsoft.us/.default");
  CHECK(default_endpoints(Cloud::gcc).office365 == "https://manage-gcc.office.com");
  CHECK(default_endpoints(Cloud::china).defender.empty());
  CHECK(default_scopes(Cloud::china).defender.empty());
}

}  // namespace

}  // namespace harrier::settings
