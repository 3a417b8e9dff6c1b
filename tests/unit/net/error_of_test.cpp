#include "net/api_client.hpp"
#include "support/catch.hpp"

using namespace harrier;
using namespace std::chrono_literals;

namespace {

const Instant kNow = parse_instant("2026-11-24T10:00:00Z").value();

Error error_of(int status, std::string_view body, net::Headers headers = {}) {
  return net::error_of(status, headers, body, kNow);
}

}  // namespace

TEST_CASE("Statuses and bodies have their classes", "[net][error_of]") {
  struct Case {
    int status;
    const char* body;
    Errc code;
    const char* service_code;
  };

  const Case cases[] = {
      {400,
       R"({"error":{"code":"BadRequest","message":"Query execution has exceeded the allowed result size. Optimize it."}})",
       Errc::too_large, "BadRequest"},
      {400,
       R"({"error":{"code":"BadRequest","message":"Query execution has exceeded the allowed limits, code 80DA0003"}})",
       Errc::too_large, "BadRequest"},
      {400, R"({"error":{"code":"BadRequest","message":"Result size limit exceeded"}})",
       Errc::too_large, "BadRequest"},
      {400,
       R"({"error":{"code":"BadRequest","message":"Query stopped due to excessive resource consumption."}})",
       Errc::too_large, "BadRequest"},
      {413, "<html>Request Entity Too Large</html>", Errc::too_large, ""},
      {400,
       R"({"error":{"code":"BadRequest","message":"Failed to resolve table or column expression named 'DeviceTvmX'"}})",
       Errc::unlicensed, "BadRequest"},
      {400,
       R"({"error":{"code":"BadRequest","message":"'where' operator: Failed to resolve scalar expression named 'Foo'"}})",
       Errc::config, "BadRequest"},
      {400,
       R"({"error":{"code":"BadRequest","message":"Resource not found for the segment 'security'."}})",
       Errc::unlicensed, "BadRequest"},
      {400, R"({"error":{"code":"badRequest","message":"The query timed out."}})", Errc::timeout,
       "badRequest"},
      {400, R"({"error":{"code":"AF20024","message":"The subscription is already enabled."}})",
       Errc::config, "AF20024"},
      {400,
       R"({"error":{"code":"AF20051","message":"Content requested with the key x has already expired."}})",
       Errc::gone, "AF20051"},
      {400, R"({"error":{"code":"AF20050","message":"The specified content does not exist."}})",
       Errc::not_found, "AF20050"},
      {401,
       R"({"error":{"code":"InvalidAuthenticationToken","message":"Lifetime validation failed"}})",
       Errc::auth, "InvalidAuthenticationToken"},
      {401, R"({"error":{"code":"AF10001","message":"The permission set () sent in the request"}})",
       Errc::forbidden, "AF10001"},
      {403, R"({"error":{"code":"Forbidden","message":"Missing application roles","target":"x"}})",
       Errc::forbidden, "Forbidden"},
      {403,
       R"({"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"Neither tenant is B2C"}})",
       Errc::unlicensed, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"},
      {403, "<html><head><title>403 Forbidden</title></head></html>", Errc::forbidden, ""},
      {403,
       R"({'error':{'code':'AF429','message':'Too many requests. Method=GetBlob, PublisherId=x'}})",
       Errc::throttled, "AF429"},
      {403, "<p>AF429: too many requests</p>", Errc::throttled, "AF429"},
      {404, R"({"error":{"code":"ResourceNotFound","message":""}})", Errc::not_found,
       "ResourceNotFound"},
      {408, "", Errc::timeout, ""},
      {410, R"({"error":{"code":"syncStateNotFound","message":"gone"}})", Errc::gone,
       "syncStateNotFound"},
      {429,
       R"({"error":{"code":"429","message":"API calls quota exceeded! maximum allowed 45 per 00:01:00"}})",
       Errc::throttled, "429"},
      {429, "", Errc::throttled, ""},
      {500,
       R"({"error":{"code":"AF50000","message":"An internal error occurred. Retry the request."}})",
       Errc::unavailable, "AF50000"},
      {400, R"({"error":{"code":"AF50005","message":"internal"}})", Errc::unavailable, "AF50005"},
      {502, "<html/>", Errc::unavailable, ""},
      {503, "", Errc::unavailable, ""},
      {504, R"({"error":{"code":"UnknownError","message":""}})", Errc::timeout, "UnknownError"},
      {302, "", Errc::protocol, ""},
      {418, "", Errc::config, ""},
  };
  for (const Case& c : cases) {
    const Error error = error_of(c.status, c.body);
    INFO(c.status << " " << c.body << " -> " << error);
    CHECK(error.code == c.code);
    CHECK(error.service_code == c.service_code);
    CHECK(error.http_status == c.status);
    CHECK_FALSE(error.retry_after.has_value());
  }
}

TEST_CASE("The waiting time comes from the header, else from the text", "[net][error_of]") {
  CHECK(error_of(429, "", {{"retry-after", "2.128"}}).retry_after == 2128ms);
  CHECK(error_of(429, R"({"error":{"code":"TooManyRequests","message":"try again in 9 seconds"}})")
            .retry_after == 9s);
  CHECK(error_of(503, "", {{"Retry-After", "7"}}).code == Errc::throttled);
  CHECK(error_of(503, "", {{"Retry-After", "7"}}).retry_after == 7s);
  CHECK(error_of(500, "", {{"Retry-After", "Tue, 24 Nov 2026 10:00:05 GMT"}}).retry_after == 5s);
  CHECK_FALSE(error_of(404, "", {{"Retry-After", "7"}}).retry_after.has_value());
}

TEST_CASE("A demand of conditional access is not met by a new token", "[net][error_of]") {
  CHECK(error_of(401, "",
                 {{"WWW-Authenticate", R"(Bearer error="insufficient_claims", claims="eyJ")"}})
            .code == Errc::config);
}

TEST_CASE("Messages are one short line without HTML or control characters", "[net][error_of]") {
  CHECK(error_of(403, "<html>secret page</html>").message == "status 403 (forbidden)");
  CHECK(error_of(403, std::string(50, '\0')).message == "status 403 (forbidden)");
  CHECK(error_of(400, "{\"error\":{\"code\":\"X\",\"message\":\"a\\r\\n\\u0007b.  \"}}").message ==
        "status 400 (bad request) X: a b");
  const std::string longer(5000, 'x');
  CHECK(error_of(400, R"({"error":{"code":"X","message":")" + longer + "\"}}").message.size() <
        400);
}

TEST_CASE("Odd error bodies do no harm", "[net][error_of]") {
  for (const char* body :
       {"null", "[]", "{\"error\":null}", "{\"error\":[1]}", "{\"error\":\"invalid_client\"}",
        "{'error':{'code':'", "AF", "'code'", "{\"error\":{\"code\":429}}", "\xFF\xFE"}) {
    INFO(body);
    CHECK(error_of(400, body).http_status == 400);
  }
  CHECK(error_of(400, "{\"error\":{\"code\":429}}").code == Errc::throttled);
  CHECK(error_of(400, "{\"error\":\"invalid_client\"}").service_code == "invalid_client");
}
