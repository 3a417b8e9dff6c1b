#include "net/url.hpp"

#include "net/http.hpp"
#include "support/catch.hpp"

using namespace harrier;

TEST_CASE("A URL is taken apart", "[net][url]") {
  const auto url = net::parse_url(
      "HTTPS://Graph.Microsoft.com/v1.0/auditLogs/signIns?$top=5&$filter=a%20eq%201#part");

  REQUIRE(url.has_value());
  CHECK(url->scheme == "https");
  CHECK(url->host == "graph.microsoft.com");
  CHECK(url->port == 443);
  CHECK(url->target == "/v1.0/auditLogs/signIns?$top=5&$filter=a%20eq%201");
  CHECK(url->host_header() == "graph.microsoft.com");
  CHECK(url->origin() == "https://graph.microsoft.com:443");
}

TEST_CASE("A URL without a path asks for the root", "[net][url]") {
  CHECK(net::parse_url("http://127.0.0.1:8080")->target == "/");
  CHECK(net::parse_url("http://127.0.0.1:8080?a=b")->target == "/?a=b");
  CHECK(net::parse_url("http://[::1]:8080/x")->host == "::1");
  CHECK(net::parse_url("http://[::1]:8080/x")->host_header() == "[::1]:8080");
}

TEST_CASE("Stray characters of a link are percent-encoded, the rest is sent as it came",
          "[net][url]") {
  const auto url =
      net::parse_url("https://h/a b?$filter=x eq 'y'&t={1|\"2\"}&u=\xC3\xA4&k=%24skip");

  REQUIRE(url.has_value());
  CHECK(url->target == "/a%20b?$filter=x%20eq%20'y'&t=%7B1%7C%222%22%7D&u=%C3%A4&k=%24skip");
}

TEST_CASE("What is no https or http URL is refused", "[net][url]") {
  for (const char* text :
       {"", "/v1.0/x", "graph.microsoft.com", "ftp://h/x", "https://", "https://user@h/",
        "https://user:pw@h/", "https://h:0/", "https://h:99999/", "https://h/a\nb",
        "https://h/a\x7F", "javascript:alert(1)"}) {
    INFO(text);
    CHECK(net::parse_url(text).has_error());
  }
}

TEST_CASE("Origins are equal when scheme, host and port are", "[net][url][security]") {
  const std::string base = "https://graph.microsoft.com/v1.0";
  CHECK(net::same_origin(base, "https://graph.microsoft.com/v1.0/x?$skiptoken=1"));
  CHECK(net::same_origin(base, "https://GRAPH.microsoft.com:443/beta"));
  CHECK_FALSE(net::same_origin(base, "http://graph.microsoft.com/v1.0"));
  CHECK_FALSE(net::same_origin(base, "https://graph.microsoft.com:8443/v1.0"));
  CHECK_FALSE(net::same_origin(base, "https://graph.microsoft.com.evil.test/v1.0"));
  CHECK_FALSE(net::same_origin(base, "https://graph.microsoft.com@evil.test/v1.0"));
  CHECK_FALSE(net::same_origin(base, "https://evil.test\\@graph.microsoft.com/v1.0"));
  CHECK_FALSE(net::same_origin(base, "//graph.microsoft.com/v1.0"));
}

TEST_CASE("Form values are percent-encoded", "[net][url]") {
  CHECK(net::percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(net::percent_encode("a+b/c&d=e f%\n\xC3\xA4") == "a%2Bb%2Fc%26d%3De%20f%25%0A%C3%A4");
}

TEST_CASE("Loopback is told by name and address", "[net][url]") {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"})
    CHECK(net::is_loopback_host(host));
  for (const char* host : {"localhost.evil.test", "128.0.0.1", "169.254.169.254", "::2", ""})
    CHECK_FALSE(net::is_loopback_host(host));
}
