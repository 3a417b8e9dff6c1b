#include "unit/net/net_fixture.hpp"

#include <fmt/format.h>

#include <map>

using namespace harrier;
using namespace std::chrono_literals;
using test::FakeProxy;
using test::FakeServer;
using test::NetLoop;
using test::Reply;

namespace {

test::ServerOptions with_tls() {
  test::ServerOptions options;
  options.tls = true;
  return options;
}

net::HttpOptions through(const FakeProxy& proxy, std::string_view user = {},
                         std::map<std::string, std::string> environment = {}) {
  net::HttpOptions options;
  const std::string address = fmt::format("http://{}127.0.0.1:{}", user, proxy.port());
  options.proxy =
      net::ProxyRules::make(address, [environment = std::move(environment)](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
      }).value();
  return options;
}

struct Remote {
  Remote() {
    test::IdentityOptions names;
    names.names = {"service.test"};
    names.addresses = {};
    test::ServerOptions options = with_tls();
    options.identity = ca.issue(names);
    server = std::make_unique<FakeServer>(options);
    server->script("/x", Reply(200, "through"));
  }

  test::TestCa ca;
  std::unique_ptr<FakeServer> server;
};

}  // namespace

TEST_CASE("HTTPS works with an authority of one's own, and the connection is kept", "[net][tls]") {
  FakeServer server(with_tls());
  server.script("/x", Reply(200, std::string(200'000, 'x')).pack(test::Packing::gzip));
  NetLoop loop(server.ca());
  for (int i = 0; i < 3; ++i) {
    const auto answer = loop.get(server.url("/x"));
    REQUIRE(answer.has_value());
    CHECK(answer->body.size() == 200'000);
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("A second handshake to the same server works too", "[net][tls]") {
  FakeServer server(with_tls());
  server.script("/x", Reply(200, "x").with("Connection", "close"));
  NetLoop loop(server.ca());
  for (int i = 0; i < 3; ++i) REQUIRE(loop.get(server.url("/x")).has_value());
  CHECK(server.connections() == 3);
}

TEST_CASE("An unknown authority is refused with the remedy", "[net][tls][security]") {
  FakeServer server(with_tls());
  NetLoop loop;
  const auto answer = loop.get(server.url("/x"));
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::config);
  CHECK(answer.error().message.find("network.ca_file") != std::string::npos);
  CHECK(server.requests().empty());
}

TEST_CASE("A certificate for another host, or out of its time, is refused",
          "[net][tls][security]") {
  const test::TestCa ca;
  test::IdentityOptions other;
  other.names = {"other.test"};
  other.addresses = {};
  test::IdentityOptions expired;
  expired.to = -1h;
  test::IdentityOptions early;
  early.from = 1h;
  for (const auto& options : {other, expired, early}) {
    test::ServerOptions server_options = with_tls();
    server_options.identity = ca.issue(options);
    FakeServer server(server_options);
    NetLoop loop(ca.certificate());
    const auto answer = loop.get(server.url("/x"));
    REQUIRE(answer.has_error());
    INFO(answer.error().message);
    CHECK(answer.error().code == Errc::config);
    CHECK(server.requests().empty());
  }
}

TEST_CASE("An address is verified as an address", "[net][tls][security]") {
  const test::TestCa ca;
  test::IdentityOptions by_name;
  by_name.names = {"localhost", "127.0.0.1"};
  by_name.addresses = {};
  test::ServerOptions options = with_tls();
  FakeServer good(options);
  good.script("/x", Reply(200, "x"));
  NetLoop loop(good.ca());
  CHECK(loop.get(fmt::format("https://127.0.0.1:{}/x", good.port())).has_value());

  options.identity = ca.issue(by_name);
  FakeServer bad(options);
  NetLoop strict(ca.certificate());
  CHECK(strict.get(fmt::format("https://127.0.0.1:{}/x", bad.port())).has_error());
}

TEST_CASE("TLS 1.1 is refused", "[net][tls][security]") {
  test::ServerOptions options = with_tls();
  options.only_tls_1_1 = true;
  FakeServer server(options);
  NetLoop loop(server.ca());
  const auto answer = loop.get(server.url("/x"));
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::unavailable);
  CHECK(server.requests().empty());
}

TEST_CASE("A body that ends with the connection needs the TLS goodbye", "[net][tls][security]") {
  FakeServer server(with_tls());
  Reply reply(200, "complete");
  reply.until_close = true;
  server.script("/good", reply);
  server.script("/cut", Reply(200, "complete and cut").fail(test::Fault::torn_reset));
  NetLoop loop(server.ca());
  CHECK(loop.get(server.url("/good"))->body == "complete");
  CHECK(loop.get(server.url("/cut")).has_error());
}

TEST_CASE("A ca_file that holds no certificate is a configuration error", "[net][tls]") {
  test::TempDir dir;
  asio::io_context context;
  net::HttpOptions options;
  options.ca_file = dir.write("ca.pem", "no certificate");
  auto made = net::make_http_client(context.get_executor(), options);
  REQUIRE(made.has_error());
  CHECK(made.error().code == Errc::config);
  CHECK(made.error().message.find("ca.pem") != std::string::npos);
}

TEST_CASE("A plain server under an https URL is an error", "[net][tls]") {
  FakeServer server;
  NetLoop loop;
  CHECK(loop.get(fmt::format("https://127.0.0.1:{}/x", server.port())).has_error());
}

TEST_CASE(
    "Requests go through the proxy's tunnel, and nothing but the tunnel's head is for the proxy",
    "[net][proxy]") {
  Remote remote;
  FakeProxy proxy(remote.server->port());
  NetLoop loop(remote.ca.certificate(), through(proxy));
  net::Request request;
  request.url = "https://service.test/x?secret=1";
  request.headers.emplace_back("Authorization", "Bearer token");

  const auto first = loop.send(request);
  const auto second = loop.send(request);

  REQUIRE(first.has_value());
  CHECK(first->body == "through");
  REQUIRE(second.has_value());
  REQUIRE(proxy.requests().size() == 1);
  const auto seen = proxy.requests()[0];
  CHECK(seen.method == "CONNECT");
  CHECK(seen.target == "service.test:443");
  CHECK(seen.header("Host") == "service.test:443");
  CHECK(seen.header("Authorization").empty());
  CHECK(seen.header("Proxy-Authorization").empty());
  CHECK(remote.server->requests().size() == 2);
  CHECK(remote.server->requests()[0].header("Proxy-Authorization").empty());
}

TEST_CASE("A proxy gets its credentials, and only it", "[net][proxy]") {
  Remote remote;
  FakeProxy proxy(remote.server->port(), "Basic dXNlcjpwYXNz");
  NetLoop loop(remote.ca.certificate(), through(proxy, "user:pass@"));
  REQUIRE(loop.get("https://service.test/x").has_value());
  CHECK(remote.server->requests()[0].header("Proxy-Authorization").empty());
}

TEST_CASE("A proxy that wants other credentials is a configuration error", "[net][proxy]") {
  Remote remote;
  FakeProxy proxy(remote.server->port(), "Basic dXNlcjpwYXNz");
  NetLoop loop(remote.ca.certificate(), through(proxy, "user:hunter2@"));
  const auto answer = loop.get("https://service.test/x");
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::config);
  CHECK(answer.error().message.find("407") != std::string::npos);
  CHECK(answer.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("A tunnel that the proxy refuses is unavailable", "[net][proxy]") {
  Remote remote;
  FakeProxy proxy(remote.server->port());
  proxy.refuse_with(503);
  NetLoop loop(remote.ca.certificate(), through(proxy));
  const auto answer = loop.get("https://service.test/x");
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::unavailable);
}

TEST_CASE("The certificate is verified through the tunnel as well", "[net][proxy][security]") {
  Remote remote;
  FakeProxy proxy(remote.server->port());
  NetLoop loop(remote.ca.certificate(), through(proxy));
  const auto answer = loop.get("https://elsewhere.test/x");
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::config);
  CHECK(remote.server->requests().empty());
}

TEST_CASE("NO_PROXY keeps a host away from the proxy", "[net][proxy]") {
  Remote remote;
  FakeProxy proxy(remote.server->port());
  NetLoop loop(remote.ca.certificate(), through(proxy, "", {{"NO_PROXY", "service.invalid"}}));
  // The name does not exist, so going direct fails; the proxy would have taken it.
  CHECK(loop.get("https://service.invalid/x").has_error());
  CHECK(proxy.requests().empty());
}
