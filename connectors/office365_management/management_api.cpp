#include "connectors/office365_management/management_api.hpp"

#include "base/text.hpp"
#include "ingest/json_walk.hpp"

#include <fmt/format.h>

namespace harrier::connectors::office365_management {

namespace {

using ingest::JsonArrayReader;
using ingest::JsonObjectReader;

// Blobs are kept seven days by the documentation; a listing that names no expiry is taken at its
// word.
constexpr Ticks kDocumentedLife = std::chrono::hours(24 * 7);

std::string base_path(const Feed& feed) {
  return fmt::format("/api/v1.0/{}/activity/feed", feed.tenant);
}

std::string zoneless(Instant instant) {
  return format_instant(instant).substr(0, 19);
}

std::string text_of(std::string_view value) {
  return value.size() >= 2 && value.front() == '"'
             ? ingest::unescaped(value.substr(1, value.size() - 2))
             : std::string();
}

Error no_listing(std::string_view what) {
  return Error(Errc::protocol, fmt::format("the answer is no list of {}", what));
}

}  // namespace

std::string list_subscriptions_path(const Feed& feed) {
  return with_publisher(base_path(feed) + "/subscriptions/list", feed);
}

std::string start_subscription_path(const Feed& feed) {
  return with_publisher(
      fmt::format("{}/subscriptions/start?contentType={}", base_path(feed), feed.content_type),
      feed);
}

std::string list_content_path(const Feed& feed, model::Window window) {
  return with_publisher(
      fmt::format("{}/subscriptions/content?contentType={}&startTime={}&endTime={}",
                  base_path(feed), feed.content_type, zoneless(window.from), zoneless(window.to)),
      feed);
}

std::string with_publisher(std::string link, const Feed& feed) {
  if (to_lower(link).find("publisheridentifier=") != std::string::npos) return link;
  link += link.find('?') == std::string::npos ? '?' : '&';
  return link + "PublisherIdentifier=" + feed.publisher;
}

Result<bool> is_subscribed(std::string_view reply, std::string_view content_type) {
  JsonArrayReader subscriptions(ingest::skip_json_space(reply));
  bool found = false;
  while (subscriptions.next()) {
    JsonObjectReader members(subscriptions.value());
    std::string type;
    std::string status = "enabled";
    while (members.next()) {
      if (equals_ignore_case(members.key(), "contentType")) type = text_of(members.value());
      if (equals_ignore_case(members.key(), "status")) status = text_of(members.value());
    }
    found =
        found || (equals_ignore_case(type, content_type) && equals_ignore_case(status, "enabled"));
  }
  if (!subscriptions.ok()) return no_listing("subscriptions");
  return found;
}

Result<std::vector<model::WorkItem>> parse_listing(std::string_view reply,
                                                   std::string_view stream) {
  std::vector<model::WorkItem> items;
  JsonArrayReader blobs(ingest::skip_json_space(reply));
  while (blobs.next()) {
    model::WorkItem item;
    item.stream = stream;
    JsonObjectReader members(blobs.value());
    std::optional<Instant> created;
    std::optional<Instant> expires;
    while (members.next()) {
      const auto key = members.key();
      const std::string value = text_of(members.value());
      if (equals_ignore_case(key, "contentId")) item.id = value;
      if (equals_ignore_case(key, "contentUri")) item.detail = value;
      if (equals_ignore_case(key, "contentCreated")) created = parse_instant(value);
      if (equals_ignore_case(key, "contentExpiration")) expires = parse_instant(value);
    }
    if (item.id.empty() || item.detail.empty() || !created) return no_listing("content");
    item.created = *created;
    item.expires = expires.value_or(*created + kDocumentedLife);
    items.push_back(std::move(item));
  }
  if (!blobs.ok()) return no_listing("content");
  return items;
}

}  // namespace harrier::connectors::office365_management
