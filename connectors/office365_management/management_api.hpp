// The texts of the Office 365 Management Activity API: addresses, subscriptions, listings.
#pragma once

#include "base/result.hpp"
#include "model/ports.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harrier::connectors::office365_management {

/// Whose feed is read.
struct Feed {
  std::string tenant;
  std::string publisher;     ///< PublisherIdentifier of every call
  std::string content_type;  ///< Audit.Exchange and so on
};

/// Paths below the API's base URL.
[[nodiscard]] std::string list_subscriptions_path(const Feed& feed);
[[nodiscard]] std::string start_subscription_path(const Feed& feed);
/// `startTime` inclusive, `endTime` exclusive, both without zone as the documentation spells them.
[[nodiscard]] std::string list_content_path(const Feed& feed, model::Window window);
/// `link` with the PublisherIdentifier, which returned links lack.
[[nodiscard]] std::string with_publisher(std::string link, const Feed& feed);

/// True when the reply of `subscriptions/list` names `content_type` (any case) as enabled. Errors:
/// protocol.
[[nodiscard]] Result<bool> is_subscribed(std::string_view reply, std::string_view content_type);

/// The blobs of one listing page as work items of `stream`; `detail` is the blob's address. Errors:
/// protocol.
[[nodiscard]] Result<std::vector<model::WorkItem>> parse_listing(std::string_view reply,
                                                                 std::string_view stream);

}  // namespace harrier::connectors::office365_management
