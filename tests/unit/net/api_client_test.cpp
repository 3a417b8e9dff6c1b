#include "net/api_client.hpp"

#include "unit/net/net_fixture.hpp"

#include <fmt/format.h>

using namespace harrier;
using namespace std::chrono_literals;
using test::FakeServer;
using test::Reply;

namespace {

// Hands out token-1, token-2, ... ; a new one after each invalidation.
class CountingTokens final : public net::TokenSource {
 public:
  Task<Secret> token(std::string scope) override {
    scopes.push_back(scope);
    co_return Secret(fmt::format("token-{}", generation));
  }

  void invalidate(const std::string&, const Secret& used) override {
    if (used.reveal() == fmt::format("token-{}", generation)) ++generation;
  }

  bool outdate(const std::string& scope, const Secret& used) override {
    if (old) invalidate(scope, used);
    return old;
  }

  [[nodiscard]] std::optional<Instant> expiry(const std::string&) const override {
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Instant> credential_expiry() const override { return std::nullopt; }

  int generation = 1;
  bool old = false;  // tokens are old enough to lack roles that were granted since
  std::vector<std::string> scopes;
};

net::BudgetLimits wide() {
  net::BudgetLimits limits;
  limits.calls_per_minute = 100'000;
  limits.burst = 100;
  limits.concurrency = 2;
  return limits;
}

struct Api {
  explicit Api(std::string base_url)
      : client(options(std::move(base_url)), loop.http(), tokens, budget, clock, metrics) {}

  static net::ApiOptions options(std::string base_url) {
    net::ApiOptions out;
    out.name = "graph";
    out.base_url = std::move(base_url);
    out.scope = "https://graph.microsoft.com/.default";
    return out;
  }

  Result<std::string> call(std::string url) {
    net::Request request;
    request.url = std::move(url);
    HARRIER_TRY(const auto response, loop.run(client.call(std::move(request))));
    return loop.run(net::read_all(*response, 1 << 20));
  }

  double count(const char* code) {
    return metrics.value("harrier_http_requests", {{"api", "graph"}, {"code", code}});
  }

  test::NetLoop loop;
  CountingTokens tokens;
  net::Budget budget{"graph", wide()};
  test::SetClock clock{parse_instant("2026-11-24T10:00:00Z").value()};
  Metrics metrics;
  net::ApiClient client;
};

}  // namespace

TEST_CASE("A call carries the bearer token to a path or to a link of the same origin",
          "[net][api]") {
  FakeServer server;
  server.script("/v1.0/x", Reply(200, "{}"));
  Api api(server.url());

  REQUIRE(api.call("/v1.0/x").has_value());
  REQUIRE(api.call(server.url("/v1.0/x?$skiptoken=2")).has_value());

  const auto seen = server.requests();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].header("Authorization") == "Bearer token-1");
  CHECK(seen[0].header("Accept") == "application/json");
  CHECK(seen[1].target == "/v1.0/x?$skiptoken=2");
  CHECK(api.tokens.scopes[0] == "https://graph.microsoft.com/.default");
  CHECK(api.count("200") == 2);
}

TEST_CASE("A link to another origin never sees a token", "[net][api][security]") {
  FakeServer server;
  FakeServer other;
  Api api(server.url());
  const auto answer = api.call(other.url("/v1.0/x"));
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::protocol);
  CHECK(other.connections() == 0);
  CHECK(api.tokens.scopes.empty());
}

TEST_CASE("A redirect is an error and is not followed", "[net][api][security]") {
  FakeServer server;
  FakeServer other;
  server.script("/x", Reply(302).with("Location", other.url("/x")));
  Api api(server.url());
  const auto answer = api.call("/x");
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::protocol);
  CHECK(other.connections() == 0);
}

TEST_CASE("A refused token is replaced once", "[net][api]") {
  FakeServer server;
  server.script("/x", [](const test::SeenRequest& seen) {
    return seen.header("Authorization") == "Bearer token-2" ? Reply(200, "{}") : Reply(401);
  });
  Api api(server.url());
  CHECK(api.call("/x").has_value());
  CHECK(server.requests().size() == 2);
}

TEST_CASE("A second refusal is the outcome", "[net][api]") {
  FakeServer server;
  server.script("/x",
                Reply(401, R"({"error":{"code":"InvalidAuthenticationToken","message":"no"}})"));
  Api api(server.url());
  const auto answer = api.call("/x");
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::auth);
  CHECK(answer.error().service_code == "InvalidAuthenticationToken");
  CHECK(answer.error().message.find("graph: ") == 0);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("A permission that was granted meanwhile comes with a new token", "[net][api]") {
  FakeServer server;
  server.script("/x", [](const test::SeenRequest& seen) {
    return seen.header("Authorization") == "Bearer token-2" ? Reply(200, "{}") : Reply(403);
  });
  Api api(server.url());
  CHECK(api.call("/x").error().code == Errc::forbidden);
  CHECK(server.requests().size() == 1);
  api.tokens.old = true;
  CHECK(api.call("/x").has_value());
  CHECK(server.requests().size() == 3);
}

TEST_CASE("A permission that is missing still is asked for twice and no more", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply(403));
  Api api(server.url());
  api.tokens.old = true;
  CHECK(api.call("/x").error().code == Errc::forbidden);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("A missing permission under status 401 is no reason for a new token", "[net][api]") {
  FakeServer server;
  server.script(
      "/x",
      Reply(
          401,
          R"({"error":{"code":"AF10001","message":"The permission set () sent in the request"}})"));
  Api api(server.url());
  CHECK(api.call("/x").error().code == Errc::forbidden);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Throttling stops the whole budget and is counted", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply(429).with("Retry-After", "30.5"));
  Api api(server.url());
  const auto answer = api.call("/x");
  REQUIRE(answer.has_error());
  CHECK(answer.error().retry_after == 30'500ms);
  CHECK(api.budget.blocked_for() > 25s);
  CHECK(api.metrics.value("harrier_http_throttled", {{"api", "graph"}}) == 1);
  CHECK(api.count("429") == 1);
}

TEST_CASE("Retry-After on a good answer means nothing", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply(200, "{}").with("Retry-After", "1209600"));
  Api api(server.url());
  REQUIRE(api.call("/x").has_value());
  CHECK(api.budget.blocked_for() == 0ms);
}

TEST_CASE("The service's Date is the clock, also of failed answers", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply(500).with("Date", "Tue, 24 Nov 2026 10:30:00 GMT"));
  server.script("/y", Reply(200, "{}").with("Date", "Tue, 24 Nov 2026 10:00:01 GMT"));
  Api api(server.url());
  CHECK(api.client.clock_skew() == Ticks(0));
  REQUIRE(api.call("/x").has_error());
  CHECK(api.client.clock_skew() == Ticks(30min));
  CHECK(api.client.now() == parse_instant("2026-11-24T10:30:00Z").value());
  REQUIRE(api.call("/y").has_value());
  CHECK(api.client.clock_skew() == Ticks(0));
}

TEST_CASE("A Date that no other confirms is trusted for a minute, else for ten", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply(200, "{}").with("Date", "Tue, 24 Nov 2026 09:00:00 GMT"));
  Api api(server.url());
  REQUIRE(api.call("/x").has_value());
  CHECK(api.client.clock_skew() == Ticks(-1h));
  api.clock.advance(61s);
  CHECK(api.client.clock_skew() == Ticks(0));
  CHECK(api.client.answered_now() == parse_instant("2026-11-24T09:01:01Z").value());

  server.script("/y", Reply(200, "{}").with("Date", "Tue, 24 Nov 2026 09:01:01 GMT"));
  REQUIRE(api.call("/y").has_value());
  api.clock.advance(9min);
  CHECK(api.client.clock_skew() == Ticks(-1h));
  api.clock.advance(61s);
  CHECK(api.client.now() == api.clock.now());
}

TEST_CASE("A call holds its place until the body has ended", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply(200, "{}"));
  Api api(server.url());
  net::Request request;
  request.url = "/x";
  auto first = api.loop.run(api.client.call(request)).value();
  auto second = api.loop.run(api.client.call(request)).value();
  asio::co_spawn(api.loop.context(), api.client.call(request), [](std::exception_ptr, auto) {});
  api.loop.context().restart();
  api.loop.context().poll();
  CHECK(api.budget.waiting() == 1);

  REQUIRE(api.loop.run(net::read_all(*first, 100)).has_value());
  CHECK(api.budget.waiting() == 0);
}

TEST_CASE("Network errors are counted by name", "[net][api]") {
  FakeServer server;
  server.script("/x", Reply().fail(test::Fault::reset));
  Api api(server.url());
  CHECK(api.call("/x").error().code == Errc::unavailable);
  CHECK(api.count("unavailable") == 1);
}

TEST_CASE("An API that the cloud does not have is unlicensed, and nobody is asked for a token",
          "[net][api]") {
  Api api("");
  const auto answer = api.call("/api/machines");
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::unlicensed);
  CHECK(answer.error().message.find("this cloud does not offer") != std::string::npos);
  CHECK(api.tokens.scopes.empty());
}
