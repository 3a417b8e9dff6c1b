#include "sandbox/management.hpp"

#include "base/text.hpp"
#include "sandbox/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kContentTypes[] = {"Audit.AzureActiveDirectory", "Audit.Exchange",
                                              "Audit.SharePoint", "Audit.General", "DLP.All"};
constexpr std::size_t kBlobsPerPage = 20;
constexpr Ticks kKept(7 * kTicksPerDay);
constexpr Ticks kTolerance(60 * kTicksPerSecond);

std::string milliseconds(Instant time) {
  return format_instant(time).substr(0, 23) + "Z";
}

HttpResponse json(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

/// The forms of `startTime` and `endTime` that the service documents, and the one with a zone that
/// it accepts.
std::optional<Instant> parse_bound(std::string_view text) {
  return parse_instant(text);
}

}  // namespace

HttpResponse af_error(int status, std::string_view code, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.body = fmt::format(R"({{"error":{{"code":"{}","message":)", code);
  append_json_string(response.body, message);
  response.body += "}}";
  return response;
}

Management::Management(const World& world) : world_(world) {
  for (const auto type : kContentTypes) feeds_.emplace_back(world, type);
}

const ContentFeed* Management::find(std::string_view content_type) const {
  for (const auto& feed : feeds_) {
    if (equals_ignore_case(feed.content_type(), content_type)) return &feed;
  }
  return nullptr;
}

HttpResponse Management::answer(const HttpRequest& request, Instant now,
                                std::string_view next_origin) {
  const auto feed = request.path.find("/activity/feed/");
  const auto head = std::string_view(request.path).substr(0, feed);
  const auto operation = std::string_view(request.path).substr(feed + 15);
  if (!head.starts_with("/api/v1.0/") && !head.starts_with("/api/v1/"))
    return af_error(404, "AF20001", "Unknown version.");
  if (head.substr(head.rfind('/') + 1) != world_.options().tenant) {
    return af_error(
        400, "AF20010",
        "The tenant ID passed in the URL does not match the tenant ID passed in the access token.");
  }
  if (operation == "subscriptions/list") return subscriptions();
  if (operation == "subscriptions/start" && request.method == "POST") return start(request);
  if (operation == "subscriptions/stop" && request.method == "POST") {
    const std::lock_guard lock(mutex_);
    enabled_.erase(std::string(request.parameter("contentType")));
    return json("");
  }
  if (operation == "subscriptions/content") return list(request, now, next_origin);
  if (operation.starts_with("audit/")) return fetch(operation.substr(6), now);
  return af_error(404, "AF20001", "Unknown operation.");
}

HttpResponse Management::subscriptions() {
  const std::lock_guard lock(mutex_);
  std::string body = "[";
  for (const auto& type : enabled_) {
    if (body.size() > 1) body += ',';
    // The service does not keep the case of the request.
    body +=
        fmt::format(R"({{"contentType":"{}","status":"enabled","webhook":null}})", to_lower(type));
  }
  return json(body + "]");
}

HttpResponse Management::start(const HttpRequest& request) {
  const auto* feed = find(request.parameter("contentType"));
  if (feed == nullptr) return af_error(400, "AF20020", "The specified content type is not valid.");
  const std::lock_guard lock(mutex_);
  if (!enabled_.emplace(feed->content_type()).second) {
    return af_error(400, "AF20024", "The subscription is already enabled. No property change.");
  }
  return json(fmt::format(R"({{"contentType":"{}","status":"enabled","webhook":null}})",
                          feed->content_type()));
}

HttpResponse Management::list(const HttpRequest& request, Instant now, std::string_view origin) {
  const auto* feed = find(request.parameter("contentType"));
  if (feed == nullptr) return af_error(400, "AF20020", "The specified content type is not valid.");
  {
    const std::lock_guard lock(mutex_);
    if (!enabled_.contains(feed->content_type()))
      return af_error(400, "AF20022", "No subscription found for the specified content type");
  }
  auto start = parse_bound(request.parameter("startTime"));
  auto end = parse_bound(request.parameter("endTime"));
  if (start.has_value() != end.has_value()) {
    return af_error(400, "AF20030",
                    "Start time and end time must both be specified (or both omitted).");
  }
  if (!start) {
    start = now - Ticks(kTicksPerDay);
    end = now;
  }
  if (*start >= *end || *end - *start > Ticks(kTicksPerDay) || *start < now - kKept - kTolerance) {
    return af_error(
        400, "AF20055",
        "Start time and end time must both be specified (or both omitted) and must be less than or "
        "equal to 24 hours apart, with the start time no more than 7 days in the past.");
  }
  std::size_t offset = 0;
  const auto token = request.parameter("nextPage");
  if (!token.empty()) {
    const auto [last, code] = std::from_chars(token.data(), token.data() + token.size(), offset);
    if (code != std::errc() || last != token.data() + token.size())
      return af_error(400, "AF20031", "Invalid nextPage Input.");
  }
  const auto blobs = feed->blobs(*start, std::min(*end, now));
  std::string body = "[";
  const auto last = std::min(blobs.size(), offset + kBlobsPerPage);
  for (auto i = offset; i < last; ++i) {
    if (i > offset) body += ',';
    const auto id = feed->id_of(blobs[i]);
    body += fmt::format(
        R"({{"contentUri":"{}/api/v1.0/{}/activity/feed/audit/{}","contentId":"{}","contentType":"{}",)"
        R"("contentCreated":"{}","contentExpiration":"{}"}})",
        origin, world_.options().tenant, id, id, feed->content_type(),
        milliseconds(blobs[i].created), milliseconds(feed->expiration(blobs[i])));
  }
  auto response = json(body + "]");
  if (last < blobs.size()) {
    // Every form that was seen in the wild takes its turn.
    static constexpr std::string_view kHeaders[] = {"NextPageUri", "nextpageuri", "NextPageURI"};
    const auto turn = offset / kBlobsPerPage;
    const auto path = fmt::format("/api/{}/{}/activity/feed/subscriptions/content",
                                  turn % 2 == 0 ? "v1.0" : "v1", world_.options().tenant);
    const auto query =
        fmt::format("contenttype={}&starttime={}&endtime={}&nextpage={}", feed->content_type(),
                    format_instant(*start).substr(0, 27), format_instant(*end).substr(0, 27), last);
    response.headers.emplace_back(kHeaders[turn % 3],
                                  fmt::format("{}{}?{}", turn % 4 == 3 ? "" : origin, path, query));
  }
  return response;
}

HttpResponse Management::fetch(std::string_view id, Instant now) const {
  for (const auto& feed : feeds_) {
    const auto blob = feed.find(id);
    if (!blob) continue;
    if (blob->is_expired || feed.expiration(*blob) < now) {
      return blob->number % 2 == 0
                 ? af_error(400, "AF20051", "Content requested with the key has already expired.")
                 : af_error(404, "AF20050", "The specified content does not exist.");
    }
    if (blob->created > now) break;
    return json(feed.content(*blob));
  }
  return af_error(404, "AF20052", fmt::format("Content ID {} in the URL is invalid.", id));
}

}  // namespace harrier::sandbox
