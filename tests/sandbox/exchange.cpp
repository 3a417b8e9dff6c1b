#include "sandbox/exchange.hpp"

#include "base/text.hpp"
#include "sandbox/gzip.hpp"
#include "sandbox/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

namespace harrier::sandbox {
namespace {

std::string http_date(Instant time) {
  static constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto civil = to_civil(time);
  const auto day =
      static_cast<std::size_t>(time.ticks / kTicksPerDay % 7);  // 0001-01-01 was a Monday
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[day], civil.day,
                     kMonths[static_cast<std::size_t>(civil.month) - 1], civil.year, civil.hour,
                     civil.minute, civil.second);
}

HttpResponse error_response(std::string_view api, int status, std::string_view code,
                            std::string_view message) {
  HttpResponse response;
  auto answer = graph_error(status, code, message);
  response.status = status;
  if (api == "graph") {
    response.body = std::move(answer.body);
  } else {
    response.body = fmt::format(R"({{"error":{{"code":"{}","message":)", code);
    append_json_string(response.body, message);
    response.body += R"(,"target":"5c1e0000-0000-4000-8000-000000000001"}})";
  }
  return response;
}

HttpResponse html(int status, std::string_view title) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/html";
  response.body =
      fmt::format("<html><head><title>{} {}</title></head><body><h1>{}</h1></body></html>", status,
                  title, title);
  return response;
}

HttpResponse throttle(std::string_view api, const Fault& fault, Instant now) {
  auto response = error_response(api, 429, "TooManyRequests", "Too many requests.");
  const auto add = [&](std::string value) {
    response.headers.emplace_back("Retry-After", std::move(value));
  };
  if (fault.form == "integer")
    add(fmt::format("{}", static_cast<std::int64_t>(std::ceil(fault.seconds))));
  if (fault.form == "fraction") add(fmt::format("{:.3f}", fault.seconds));
  if (fault.form == "date") {
    add(http_date(now +
                  Ticks(static_cast<std::int64_t>(std::ceil(fault.seconds) * kTicksPerSecond))));
  }
  if (fault.form == "body") {
    response = error_response(
        api, 429, "429",
        fmt::format("API calls quota exceeded! maximum allowed 45 per 00:01:00. You can try "
                    "again in {} seconds.",
                    static_cast<std::int64_t>(std::ceil(fault.seconds))));
  }
  return response;
}

// What a failing service says; some say when to come back.
std::string went_wrong(const Fault& fault) {
  if (fault.form != "body") return "Something went wrong.";
  return fmt::format("Something went wrong. Try again in {} seconds.",
                     static_cast<std::int64_t>(std::ceil(fault.seconds)));
}

}  // namespace

void Service::Exchange::begin(std::string_view api_, Instant now_) {
  api = api_;
  now = now_;
  table.clear();
  query.clear();
  timespan.clear();
  faults.clear();
  rows = 0;
}

void Service::Exchange::read_query() {
  const auto object = parse_flat_object(request.body);
  if (!object) return;
  for (const auto& [key, value] : *object) {
    if (equals_ignore_case(key, "Query")) query = value;
    if (equals_ignore_case(key, "Timespan")) timespan = value;
  }
  const auto text = trim(query);
  const auto end = text.find_first_of(" \t\r\n|");
  table = std::string(text.substr(0, end));
}

const Fault* Service::Exchange::find(std::string_view kind) const {
  const auto found = std::ranges::find(faults, kind, &Fault::kind);
  return found == faults.end() ? nullptr : &*found;
}

std::optional<HttpResponse> Service::faulty_answer(const Exchange& exchange, Instant now) {
  const auto api = exchange.api;
  for (const auto& fault : exchange.faults) {
    const auto& kind = fault.kind;
    if (kind == "throttle") return throttle(api, fault, now);
    if (kind == "cpu_quota") {
      return error_response(
          api, 429, "TooManyRequests",
          fmt::format("You have exceeded your CPU quota. You can run queries again in {} seconds.",
                      static_cast<std::int64_t>(std::ceil(fault.seconds))));
    }
    if (kind == "status") {
      return fault.html ? html(fault.status, reason_phrase(fault.status))
                        : error_response(api, fault.status,
                                         fault.status >= 500 ? "InternalServerError" : "BadRequest",
                                         went_wrong(fault));
    }
    if (kind == "unauthorized")
      return error_response(api, 401, "InvalidAuthenticationToken", "Access token has expired.");
    if (kind == "forbidden") {
      return fault.html
                 ? html(403, "Forbidden")
                 : error_response(
                       api, 403, api == "graph" ? "Authorization_RequestDenied" : "Forbidden",
                       "Missing application roles. API required roles: ThreatHunting.Read.All.");
    }
    if (kind == "bad_gateway") return html(502, "Bad Gateway");
    if (kind == "gateway_timeout") return error_response(api, 504, "UnknownError", "");
    if (kind == "size_limit") {
      return error_response(api, 400, "BadRequest",
                            "Query execution has exceeded the allowed result size.");
    }
    if (kind == "unavailable") {
      auto response = error_response(api, 503, "ServiceUnavailable", "The service is unavailable.");
      response.headers.emplace_back(
          "Retry-After", fmt::format("{}", static_cast<std::int64_t>(std::ceil(fault.seconds))));
      return response;
    }
    if (kind == "af") {
      return af_error(fault.status, fault.form, "The service refused this request on purpose.");
    }
    if (kind == "delta_gone" && !exchange.request.parameter("$deltatoken").empty()) {
      return error_response(api, 410, "syncStateNotFound",
                            "The sync state generation is not found.");
    }
    if (kind == "af429") {
      HttpResponse response;
      response.status = 403;
      response.body =
          "{'error':{'code':'AF429','message':'Too many requests. Method=GetBlob, "
          "PublisherId=00000000-0000-0000-0000-000000000000'}}";
      return response;
    }
  }
  return std::nullopt;
}

bool Service::send(Connection& connection, const Exchange& exchange, HttpResponse response) {
  const auto pause = [](double seconds) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
  };
  if (exchange.has("reset_before_head")) {
    connection.reset();
    return false;
  }
  if (const auto* hang = exchange.find("hang")) pause(hang->seconds);
  auto body = std::move(response.body);
  if (exchange.has("truncated_json")) body.resize(body.size() * 2 / 3);
  const bool damages_gzip = exchange.has("torn_gzip") || exchange.has("wrong_crc");
  const auto accepted = exchange.request.header("accept-encoding");
  const bool is_packed = !response.packed.empty();
  const bool is_zipped = is_packed || (accepted.find("gzip") != std::string_view::npos &&
                                       (body.size() > 512 || damages_gzip));
  // Defender for Endpoint prefers `deflate` where it is offered, and means a stream without a
  // header.
  const bool is_raw = is_zipped && !damages_gzip && exchange.api == "defender" &&
                      accepted.find("deflate") != std::string_view::npos;
  if (is_packed) body = std::move(response.packed);
  if (is_zipped && !is_packed) body = is_raw ? raw_deflate(body) : gzip(body);
  if (exchange.has("torn_gzip") && is_zipped) body.resize(body.size() * 2 / 3);
  if (exchange.has("wrong_crc") && is_zipped && body.size() > 8)
    body[body.size() - 8] = static_cast<char>(~body[body.size() - 8]);

  auto date = exchange.now;
  if (const auto* skew = exchange.find("date_skew")) {
    date = date +
           Ticks(static_cast<std::int64_t>(skew->seconds * static_cast<double>(kTicksPerSecond)));
  }
  const bool is_short = exchange.has("wrong_length");
  auto head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                  response.status, reason_phrase(response.status), http_date(date),
                  response.content_type, body.size() + (is_short ? 4096 : 0));
  if (is_zipped) head += is_raw ? "Content-Encoding: deflate\r\n" : "Content-Encoding: gzip\r\n";
  // Graph was seen to say this with a good answer; it means nothing.
  if (response.status == 200 && exchange.api == "graph" && exchange.now.ticks % 16 == 0)
    head += "Retry-After: 1209600\r\n";
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "request-id: 5c1e0000-0000-4000-8000-000000000001\r\n\r\n";

  if (exchange.has("reset_in_head")) {
    static_cast<void>(connection.write(std::string_view(head).substr(0, head.size() / 2)));
    connection.reset();
    return false;
  }
  if (exchange.has("reset_in_body")) {
    static_cast<void>(connection.write(head + body.substr(0, body.size() / 2)));
    connection.reset();
    return false;
  }
  if (const auto* slow = exchange.find("slow")) {
    if (!connection.write(head)) return false;
    constexpr std::size_t kPieces = 20;
    const auto piece = body.size() / kPieces + 1;
    for (std::size_t at = 0; at < body.size(); at += piece) {
      if (!connection.write(std::string_view(body).substr(at, piece))) return false;
      pause(slow->seconds / static_cast<double>(kPieces));
    }
    return !is_short;
  }
  if (body.size() < 64 * 1024) {
    head += body;
    return connection.write(head) && !is_short && !exchange.has("close_idle");
  }
  return connection.write(head) && connection.write(body) && !is_short &&
         !exchange.has("close_idle");
}

}  // namespace harrier::sandbox
