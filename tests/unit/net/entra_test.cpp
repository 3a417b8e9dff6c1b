#include "net/entra_errors.hpp"
#include "net/token_sources.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

using namespace harrier;
using namespace std::chrono_literals;

namespace {

const Instant kNow = parse_instant("2026-11-24T10:00:00Z").value();

std::string body_of(const char* error, int number) {
  return fmt::format(
      R"({{"error":"{}","error_description":"AADSTS{}: Text about app 'x' in tenant 'y'.\r\nTrace ID: t","error_codes":[{}],)"
      R"("timestamp":"2026-11-24 10:00:00Z","trace_id":"1111-22","correlation_id":"3333-44"}})",
      error, number, number);
}

}  // namespace

TEST_CASE("AADSTS numbers have their class and a sentence for the admin", "[net][entra]") {
  struct Case {
    const char* error;
    int number;
    Errc code;
    const char* part;
  };

  const Case cases[] = {
      {"invalid_client", 7000215, Errc::auth, "value, not its id"},
      {"invalid_client", 7000222, Errc::auth, "expired"},
      {"invalid_client", 700027, Errc::auth, "not registered"},
      {"invalid_client", 700024, Errc::auth, "clock"},
      {"unauthorized_client", 700016, Errc::auth, "tenant.client_id"},
      {"invalid_request", 90002, Errc::auth, "tenant.id"},
      {"invalid_request", 900382, Errc::auth, "tenant.cloud"},
      {"invalid_resource", 500011, Errc::auth, "tenant.scopes"},
      {"invalid_client", 7000112, Errc::auth, "disabled"},
      {"access_denied", 53003, Errc::auth, "conditional access"},
      {"invalid_client", 700213, Errc::auth, "federated"},
      {"temporarily_unavailable", 90033, Errc::unavailable, "trouble"},
      {"invalid_request", 90055, Errc::throttled, "too many requests"},
      {"server_error", 12345, Errc::unavailable, "trouble"},
      {"invalid_client", 99999999, Errc::auth, "credential was refused"},
      {"something_new", 99999999, Errc::auth, "status 400"},
  };
  for (const Case& c : cases) {
    const Error error = net::entra_error(400, {}, body_of(c.error, c.number), kNow);
    INFO(c.number << " -> " << error);
    CHECK(error.code == c.code);
    CHECK(error.service_code == fmt::format("AADSTS{}", c.number));
    CHECK(error.message.find(c.part) != std::string::npos);
    CHECK(error.message.find("trace_id 1111-22, correlation_id 3333-44") != std::string::npos);
    CHECK(error.message.find("tenant 'y'") == std::string::npos);
  }
}

TEST_CASE("A loop detected by the service is left alone for five minutes", "[net][entra]") {
  const Error error = net::entra_error(400, {}, body_of("invalid_grant", 50196), kNow);
  CHECK(error.code == Errc::throttled);
  CHECK(error.retry_after == 5min);
}

TEST_CASE("The number is found in the description when the list is absent", "[net][entra]") {
  CHECK(net::entra_error(
            401, {}, R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid"})",
            kNow)
            .service_code == "AADSTS7000215");
}

TEST_CASE("Answers that are no JSON count by their status", "[net][entra]") {
  CHECK(net::entra_error(403, {}, "<html>blocked</html>", kNow).message.find("proxy") !=
        std::string::npos);
  CHECK(net::entra_error(429, {{"Retry-After", "11"}}, "", kNow).retry_after == 11s);
  CHECK(net::entra_error(429, {}, body_of("invalid_client", 7000215), kNow).code ==
        Errc::throttled);
  CHECK(net::entra_error(503, {}, "", kNow).code == Errc::unavailable);
  CHECK(net::entra_error(504, {}, "", kNow).code == Errc::timeout);
  CHECK(net::entra_error(302, {}, "", kNow).code == Errc::protocol);
}

TEST_CASE("Token answers are read with numbers and with texts", "[net][token]") {
  const auto v2 = net::parse_token_answer(
      R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"abc"})",
      kNow);
  REQUIRE(v2.has_value());
  CHECK(v2->value.reveal() == "abc");
  CHECK(v2->lifetime == 3599s);
  CHECK_FALSE(v2->refresh_in.has_value());

  const auto imds = net::parse_token_answer(
      R"({"access_token":"abc","expires_in":"86399","expires_on":"1","token_type":"bearer","refresh_in":"43200"})",
      kNow);
  CHECK(imds->lifetime == 86'399s);
  CHECK(imds->refresh_in == 43'200s);

  const auto on = net::parse_token_answer(
      fmt::format(R"({{"access_token":"abc","expires_on":"{:.0f}"}})", to_unix_seconds(kNow) + 600),
      kNow);
  CHECK(on->lifetime == 600s);
}

TEST_CASE("Token answers that cannot be used are errors", "[net][token]") {
  for (const char* body :
       {"", "<html/>", "{}", R"({"access_token":"abc"})", R"({"access_token":"","expires_in":1})",
        R"({"access_token":"a\r\nb","expires_in":1})", R"({"access_token":"abc","expires_in":-5})",
        R"({"access_token":"abc","expires_in":60,"token_type":"pop"})",
        R"({"access_token":7,"expires_in":"x"})"}) {
    INFO(body);
    const auto answer = net::parse_token_answer(body, kNow);
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == Errc::protocol);
  }
}
