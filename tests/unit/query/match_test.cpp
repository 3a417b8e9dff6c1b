#include "query/match.hpp"

#include "query/unicode.hpp"
#include "support/catch.hpp"

using namespace harrier::query;

namespace {

bool has(std::string_view text, std::string_view needle) {
  return Needle(MatchKind::has, false, needle).in(text);
}

}  // namespace

TEST_CASE("has finds whole terms of letters and digits", "[match]") {
  CHECK(has("powershell -enc AAA", "PowerShell"));
  CHECK_FALSE(has("quickbrown", "quick"));
  CHECK(has("alpha_beta", "alpha"));
  CHECK(has("1_2_3", "1"));
  CHECK_FALSE(has("12_3", "1"));
  CHECK(has("anything", ""));
  CHECK(has("a b", " "));
}

TEST_CASE("has: an edge that is a separator needs no boundary", "[match]") {
  CHECK(has("/subscriptions/0000/resourcegroups/test.rg000001?api=1",
            "/resourcegroups/test.rg000001?"));
  CHECK(has(R"(c:\users\a\temp\x.exe)", R"(\temp\)"));
  CHECK(has("evil.exe", ".exe"));
  CHECK_FALSE(has("evil.exes", ".exe"));
}

TEST_CASE("has: terms and case are Unicode's", "[match]") {
  CHECK_FALSE(has("\u041f\u0440\u0438\u0432\u0435\u0442\u041c\u0438\u0440",
                  "\u043f\u0440\u0438\u0432\u0435\u0442"));
  CHECK(has("\u041f\u0440\u0438\u0432\u0435\u0442 \u041c\u0438\u0440", "\u043c\u0438\u0440"));
  CHECK_FALSE(has("caf\u00e9s", "caf"));
  CHECK(Needle(MatchKind::equals, false, "caf\u00e9").in("CAF\u00c9"));
  CHECK_FALSE(Needle(MatchKind::equals, false, "\u00df").in("ss"));
}

TEST_CASE("hasprefix and hassuffix look at one boundary", "[match]") {
  CHECK(Needle(MatchKind::hasprefix, false, "net").in("run NETSTAT now"));
  CHECK_FALSE(Needle(MatchKind::hasprefix, false, "stat").in("run netstat now"));
  CHECK(Needle(MatchKind::hassuffix, false, "stat").in("run netstat now"));
  CHECK_FALSE(Needle(MatchKind::hassuffix, false, "net").in("run netstat now"));
}

TEST_CASE("The search finds a needle at every place of long texts", "[match]") {
  const std::string needle = "Needle";
  for (std::size_t at = 0; at < 70; ++at) {
    const std::string text = std::string(at, 'n') + "NEEDLE" + std::string(70 - at, 'e');
    INFO(at);
    CHECK(Needle(MatchKind::contains, false, needle).in(text));
    CHECK_FALSE(Needle(MatchKind::contains, true, needle).in(text));
    CHECK(find_ascii(text, "needle", 0, true) == at);
  }
}

TEST_CASE("Case mapping is one to one", "[match]") {
  CHECK(lower_text("\u00c9A\u0416") == "\u00e9a\u0436");
  CHECK(upper_text("\u00e9a\u00df") == "\u00c9A\u00df");
  CHECK(code_count("\u041c\u0438\u0440") == 3);
}
