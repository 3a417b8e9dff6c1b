#include "net/token_cache.hpp"

#include "unit/net/net_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include <deque>

using namespace harrier;
using namespace std::chrono_literals;

namespace {

// Answers from a list; holds each request back until it is released when `gate` is set.
class ScriptedCredential final : public net::Credential {
 public:
  Task<net::TokenAnswer> acquire(std::string scope) override {
    scopes.push_back(scope);
    const int number = static_cast<int>(scopes.size());
    if (gate != nullptr) {
      boost::system::error_code ignored;
      co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (!failures.empty()) {
      const auto failure = failures.front();
      failures.pop_front();
      if (failure) co_return *failure;
    }
    net::TokenAnswer answer;
    answer.value = Secret(fmt::format("token-{}", number));
    answer.lifetime = lifetime;
    answer.refresh_in = refresh_in;
    co_return answer;
  }

  std::vector<std::string> scopes;
  std::deque<std::optional<Error>> failures;
  std::chrono::seconds lifetime = 3600s;
  std::optional<std::chrono::seconds> refresh_in;
  std::unique_ptr<asio::steady_timer> gate;
};

struct Cached {
  Cached()
      : credential(new ScriptedCredential),
        cache(std::unique_ptr<net::Credential>(credential), clock) {}

  Result<std::string> token(const std::string& scope = "s/.default") {
    HARRIER_TRY(const Secret secret, loop.run(cache.token(scope)));
    return std::string(secret.reveal());
  }

  void hold() {
    credential->gate = std::make_unique<asio::steady_timer>(
        loop.context(), std::chrono::steady_clock::time_point::max());
  }

  test::Loop loop;
  test::SetClock clock{parse_instant("2026-11-24T10:00:00Z").value()};
  ScriptedCredential* credential;
  net::TokenCache cache;
};

Task<> note_token(net::TokenCache& cache, std::vector<std::string>& seen) {
  auto token = co_await cache.token("s/.default");
  seen.push_back(token ? std::string(token->reveal()) : "failed");
  co_return Result<>();
}

}  // namespace

TEST_CASE("A token is acquired once per scope and used until five minutes before its end",
          "[net][token]") {
  Cached c;
  CHECK(c.token().value() == "token-1");
  c.clock.advance(54min);
  CHECK(c.token().value() == "token-1");
  CHECK(c.token("other/.default").value() == "token-2");
  c.clock.advance(61s);
  CHECK(c.token().value() == "token-3");
  CHECK(c.credential->scopes ==
        std::vector<std::string>{"s/.default", "other/.default", "s/.default"});
}

TEST_CASE("refresh_in decides when it is given; short tokens are refreshed at half their life",
          "[net][token]") {
  Cached c;
  c.credential->refresh_in = 100s;
  CHECK(c.token().value() == "token-1");
  c.clock.advance(99s);
  CHECK(c.token().value() == "token-1");
  c.clock.advance(1s);
  CHECK(c.token().value() == "token-2");

  Cached brief;
  brief.credential->lifetime = 60s;
  CHECK(brief.token().value() == "token-1");
  brief.clock.advance(29s);
  CHECK(brief.token().value() == "token-1");
  brief.clock.advance(1s);
  CHECK(brief.token().value() == "token-2");
}

TEST_CASE(
    "While a refresh fails the old token serves, and the refresh is repeated after 30 seconds",
    "[net][token]") {
  Cached c;
  CHECK(c.token().value() == "token-1");
  c.clock.advance(56min);
  c.credential->failures = {Error(Errc::unavailable, "down"), Error(Errc::auth, "refused")};
  CHECK(c.token().value() == "token-1");
  CHECK(c.token().value() == "token-1");
  CHECK(c.credential->scopes.size() == 2);
  c.clock.advance(30s);
  CHECK(c.token().value() == "token-1");
  CHECK(c.credential->scopes.size() == 3);
  c.clock.advance(60s);
  CHECK(c.token().value() == "token-4");
}

TEST_CASE("A token is not used in its last two minutes", "[net][token]") {
  Cached c;
  CHECK(c.token().value() == "token-1");
  c.clock.advance(58min);
  c.credential->failures = {Error(Errc::unavailable, "down")};
  CHECK(c.token().error().code == Errc::unavailable);
}

TEST_CASE("A refused credential is not tried again for a minute", "[net][token]") {
  Cached c;
  for (const Errc code : {Errc::auth, Errc::config}) {
    c.credential->scopes.clear();
    c.credential->failures = {Error(code, "no")};
    CHECK(c.token().error().code == code);
    c.clock.advance(59s);
    CHECK(c.token().error().code == code);
    CHECK(c.credential->scopes.size() == 1);
    c.clock.advance(1s);
    CHECK(c.token().has_value());
    CHECK(c.credential->scopes.size() == 2);
    c.clock.advance(2h);
  }
}

TEST_CASE("A wait that the login service asks for is kept", "[net][token]") {
  Cached c;
  Error throttled(Errc::throttled, "slow down");
  throttled.retry_after = 90s;
  c.credential->failures = {throttled};
  CHECK(c.token().error().retry_after == 90s);
  c.clock.advance(89s);
  CHECK(c.token().has_error());
  c.clock.advance(1s);
  CHECK(c.token().has_value());
}

TEST_CASE("Concurrent callers share one request", "[net][token]") {
  Cached c;
  c.hold();
  std::vector<std::string> seen;
  for (int i = 0; i < 5; ++i)
    asio::co_spawn(c.loop.context(), note_token(c.cache, seen), asio::detached);
  c.loop.context().restart();
  c.loop.context().poll();
  CHECK(seen.empty());

  c.credential->gate->cancel();
  c.loop.context().restart();
  c.loop.context().run();

  CHECK(seen == std::vector<std::string>(5, "token-1"));
  CHECK(c.credential->scopes.size() == 1);
}

TEST_CASE("Concurrent callers share one failure", "[net][token]") {
  Cached c;
  c.hold();
  c.credential->failures = {Error(Errc::unavailable, "down")};
  std::vector<std::string> seen;
  for (int i = 0; i < 5; ++i)
    asio::co_spawn(c.loop.context(), note_token(c.cache, seen), asio::detached);
  c.loop.context().restart();
  c.loop.context().poll();
  c.credential->gate->cancel();
  c.loop.context().restart();
  c.loop.context().run();
  CHECK(seen == std::vector<std::string>(5, "failed"));
  CHECK(c.credential->scopes.size() == 1);
}

TEST_CASE("When the one who asks is cancelled, the next one asks", "[net][token]") {
  Cached c;
  c.hold();
  std::vector<std::string> seen;
  asio::cancellation_signal signal;
  std::vector<std::string> lost;
  asio::co_spawn(c.loop.context(), note_token(c.cache, lost),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  asio::co_spawn(c.loop.context(), note_token(c.cache, seen), asio::detached);
  c.loop.context().restart();
  c.loop.context().poll();
  signal.emit(asio::cancellation_type::terminal);
  c.loop.context().restart();
  c.loop.context().poll();
  c.credential->gate->cancel();
  c.loop.context().restart();
  c.loop.context().run();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].substr(0, 6) == "token-");
}

TEST_CASE("Only the token that was used is dropped", "[net][token]") {
  Cached c;
  CHECK(c.token().value() == "token-1");
  c.cache.invalidate("s/.default", Secret("token-0"));
  CHECK(c.token().value() == "token-1");
  c.cache.invalidate("s/.default", Secret("token-1"));
  CHECK_FALSE(c.cache.expiry("s/.default").has_value());
  CHECK(c.token().value() == "token-2");
  c.cache.invalidate("unknown", Secret("token-2"));
}

TEST_CASE("A refused token that is minutes old gives way to one with newer roles", "[net][token]") {
  Cached c;
  CHECK(c.token().value() == "token-1");
  c.clock.advance(4min);
  CHECK_FALSE(c.cache.outdate("s/.default", Secret("token-1")));
  c.clock.advance(1min);
  CHECK_FALSE(c.cache.outdate("s/.default", Secret("token-0")));
  CHECK_FALSE(c.cache.outdate("unknown", Secret("token-1")));
  CHECK(c.cache.outdate("s/.default", Secret("token-1")));
  CHECK(c.token().value() == "token-2");
  CHECK_FALSE(c.cache.outdate("s/.default", Secret("token-2")));
}

TEST_CASE("What was mended counts at once: tokens and refusals are forgotten", "[net][token]") {
  Cached c;
  c.credential->failures.emplace_back(Error(Errc::auth, "wrong secret"));
  CHECK(c.token().has_error());
  CHECK(c.token().has_error());
  CHECK(c.credential->scopes.size() == 1);
  c.cache.forget();
  CHECK(c.token().value() == "token-2");
  c.cache.forget();
  CHECK(c.token().value() == "token-3");
}

TEST_CASE("The expiry is known for metrics", "[net][token]") {
  Cached c;
  CHECK_FALSE(c.cache.expiry("s/.default").has_value());
  REQUIRE(c.token().has_value());
  CHECK(c.cache.expiry("s/.default") == parse_instant("2026-11-24T11:00:00Z"));
  CHECK_FALSE(c.cache.credential_expiry().has_value());
}
