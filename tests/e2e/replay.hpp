// Answers that others recorded from Microsoft's services, served again.
#pragma once

#include "support/fake_server.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::test {

/// One answer as it was recorded.
struct RecordedAnswer {
  RecordedAnswer() = default;
  std::string source;  ///< file below the folder of samples
  std::string method;
  std::string path;  ///< without host and query
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// The answer with its headers, but for those of the transfer and the clock.
[[nodiscard]] Reply to_reply(const RecordedAnswer& answer);

/// Lines of `{"method","url","status","response_headers","body"}`.
[[nodiscard]] std::vector<RecordedAnswer> read_exchanges(const std::filesystem::path& root,
                                                         std::string_view file);
/// Lines of `{"request":{"method","url"},"response":{"statusCode","headers","body"}}`.
[[nodiscard]] std::vector<RecordedAnswer> read_dev_proxy(const std::filesystem::path& root,
                                                         std::string_view file);
/// Lines of bodies alone, all of `path`.
[[nodiscard]] std::vector<RecordedAnswer> read_pages(const std::filesystem::path& root,
                                                     std::string_view file, std::string_view path);

/// A content feed of the Management API in the order in which a client asks for it: listings, each
/// with the blobs that it names behind it or further down.
struct RecordedFeed {
  RecordedFeed() = default;
  std::vector<std::string> listings;
  std::vector<std::string> blobs;  ///< in the order in which the listings name them
};

[[nodiscard]] RecordedFeed read_feed(const std::filesystem::path& root, std::string_view file);

/// Serves lists: all good answers of one path are the pages of one list, in their order. Links that
/// were recorded lead to this server. What was not recorded is 404.
class Replay {
 public:
  explicit Replay(std::vector<RecordedAnswer> answers);

  [[nodiscard]] const FakeServer& server() const noexcept { return server_; }

  /// The elements of all pages of a path, as JSON.
  [[nodiscard]] std::vector<std::string> elements(std::string_view path) const;
  /// Serves the feed for `tenant`. What a feed does not say is answered as an empty one would.
  void add_feed(const RecordedFeed& feed, const std::string& tenant);

  /// Answers every `METHOD path` with this.
  void always(std::string path, const RecordedAnswer& answer) {
    server_.script(std::move(path), to_reply(answer));
  }

 private:
  void serve(const std::string& path, std::vector<std::string> pages);

  std::map<std::string, std::vector<std::string>, std::less<>> pages_;
  FakeServer server_;
};

}  // namespace harrier::test
