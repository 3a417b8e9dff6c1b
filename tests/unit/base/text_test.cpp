#include "base/text.hpp"

#include "base/metrics.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace harrier;

TEST_CASE("nearest_name finds what someone meant and nothing far-fetched", "[base][text]") {
  const std::vector<std::string> names = {"DeviceInfo", "DeviceEvents", "EmailEvents"};
  CHECK(nearest_name("deviceinfo", names) == "DeviceInfo");
  CHECK(nearest_name("DeviceEvent", names) == "DeviceEvents");
  CHECK(nearest_name("SomethingElse", names).empty());
}

TEST_CASE("Invalid UTF-8 becomes U+FFFD", "[base][text]") {
  CHECK(to_valid_utf8("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(to_valid_utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(to_valid_utf8("caf\xC3\xA9") == "caf\xC3\xA9");
  CHECK_FALSE(is_valid_utf8("\xC0\x80"));
}

TEST_CASE("append_json_string escapes what JSON needs escaped", "[base][text]") {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\x01\0z", 7));
  CHECK(out == R"("a\"\\\n\u0001\u0000z")");
}

TEST_CASE("Metrics expose OpenMetrics text", "[base][metrics]") {
  Metrics metrics;
  metrics.declare("harrier_rows", Metrics::Kind::counter, "Rows stored.");
  metrics.declare("harrier_commit_duration_seconds", Metrics::Kind::histogram, "Time to commit.",
                  {0.1, 1});
  metrics.add("harrier_rows", {{"table", "DeviceInfo"}}, 3);
  metrics.observe("harrier_commit_duration_seconds", {}, 0.5);

  const std::string text = metrics.expose();

  CHECK(text.find("harrier_rows_total{table=\"DeviceInfo\"} 3\n") != std::string::npos);
  CHECK(text.find("harrier_commit_duration_seconds_bucket{le=\"0.1\"} 0\n") != std::string::npos);
  CHECK(text.find("harrier_commit_duration_seconds_bucket{le=\"+Inf\"} 1\n") != std::string::npos);
  CHECK(text.ends_with("# EOF\n"));
}
