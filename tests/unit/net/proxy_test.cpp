#include "net/proxy.hpp"

#include "net/base64.hpp"
#include "support/catch.hpp"

#include <map>

using namespace harrier;
using net::NoProxy;
using net::ProxyRules;

namespace {

Result<ProxyRules> make(std::string_view setting, std::map<std::string, std::string> environment) {
  return ProxyRules::make(setting, [environment = std::move(environment)](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
}

}  // namespace

TEST_CASE("NO_PROXY rules cover hosts, suffixes, addresses and networks", "[net][proxy]") {
  const NoProxy rules(
      "example.com, .internal.test,*.wild.test,10.0.0.0/8 "
      "192.168.1.7,[2001:db8::1]:8443,fd00::/8,ported.test:8080");
  CHECK(rules.matches("example.com", 443));
  CHECK(rules.matches("Sub.Example.COM", 443));
  CHECK_FALSE(rules.matches("notexample.com", 443));
  CHECK(rules.matches("a.internal.test", 443));
  CHECK(rules.matches("internal.test", 443));
  CHECK(rules.matches("x.wild.test", 443));
  CHECK(rules.matches("10.200.3.4", 443));
  CHECK_FALSE(rules.matches("11.0.0.1", 443));
  CHECK(rules.matches("192.168.1.7", 443));
  CHECK_FALSE(rules.matches("192.168.1.70", 443));
  CHECK(rules.matches("2001:db8::1", 8443));
  CHECK_FALSE(rules.matches("2001:db8::1", 443));
  CHECK(rules.matches("fd12::9", 443));
  CHECK(rules.matches("ported.test", 8080));
  CHECK_FALSE(rules.matches("ported.test", 443));
  CHECK_FALSE(NoProxy("").matches("example.com", 443));
  CHECK_FALSE(NoProxy("10.0.0.0/99, /8, :80, .").matches("10.1.1.1", 80));
}

TEST_CASE("A star covers everything", "[net][proxy]") {
  CHECK(NoProxy("*").matches("anything.test", 1));
  CHECK(NoProxy("a.test *").matches("::5", 1));
}

TEST_CASE("The setting wins over the environment, NO_PROXY applies to both", "[net][proxy]") {
  const auto rules = make("http://set.test:3128",
                          {{"HTTPS_PROXY", "http://env.test:1"}, {"NO_PROXY", "direct.test"}});
  REQUIRE(rules.has_value());
  REQUIRE(rules->proxy_for("graph.test", 443) != nullptr);
  CHECK(rules->proxy_for("graph.test", 443)->host == "set.test");
  CHECK(rules->proxy_for("graph.test", 443)->port == 3128);
  CHECK(rules->proxy_for("direct.test", 443) == nullptr);
}

TEST_CASE("The environment is read in both spellings", "[net][proxy]") {
  CHECK(make("", {{"HTTPS_PROXY", "env.test:8080"}})->proxy_for("x.test", 443)->host == "env.test");
  CHECK(make("", {{"https_proxy", "http://low.test"}})->proxy_for("x.test", 443)->port == 80);
  CHECK(make("", {{"https_proxy", "http://low.test"}, {"no_proxy", "x.test"}})
            ->proxy_for("x.test", 443) == nullptr);
  CHECK(make("", {})->proxy_for("x.test", 443) == nullptr);
}

TEST_CASE("Loopback and metadata addresses never go through the proxy", "[net][proxy]") {
  const auto rules = make("http://p.test:1", {});
  for (const char* host : {"localhost", "127.0.0.1", "::1", "169.254.169.254"})
    CHECK(rules->proxy_for(host, 443) == nullptr);
}

TEST_CASE("Proxy credentials are decoded and become Basic", "[net][proxy]") {
  const auto rules = make("http://us%40er:p%3Aw@p.test:1", {});
  REQUIRE(rules.has_value());
  CHECK(rules->proxy_for("x.test", 443)->authorization.reveal() ==
        "Basic " + net::base64("us@er:p:w"));
}

TEST_CASE("A proxy address that cannot be used is told without its password",
          "[net][proxy][security]") {
  for (const char* text :
       {"http://user:hunter2@", "https://user:hunter2@p.test:1", "socks5://user:hunter2@p.test:1",
        "http://user:hunter2@p.test:0", "http://user:hunter2@p.test:port"}) {
    const auto rules = make(text, {});
    INFO(text);
    REQUIRE(rules.has_error());
    CHECK(rules.error().code == Errc::config);
    CHECK(rules.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("Base64 follows RFC 4648", "[net][base64]") {
  CHECK(net::base64("").empty());
  CHECK(net::base64("f") == "Zg==");
  CHECK(net::base64("fo") == "Zm8=");
  CHECK(net::base64("foobar") == "Zm9vYmFy");
  CHECK(net::base64("\xFB\xFF") == "+/8=");
  CHECK(net::base64url("\xFB\xFF") == "-_8");
}
