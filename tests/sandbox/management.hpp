// The Office 365 Management Activity API: subscriptions, listings of content blobs, and the blobs.
#pragma once

#include "model/catalog.hpp"
#include "sandbox/http.hpp"
#include "sandbox/record.hpp"
#include "sandbox/world.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// One audit record, with the table it belongs to.
struct AuditRecord {
  std::string_view table;
  Record record;
};

/// Record `index` of a content type. `created` is its event time.
[[nodiscard]] AuditRecord make_audit_record(const World& world, std::string_view content_type,
                                            std::uint64_t index, Instant created);
/// The columns judged in `table`: name and property (empty: the record says).
[[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> audit_columns(
    std::string_view table);

/// The records and blobs of one content type. Immutable.
class ContentFeed {
 public:
  ContentFeed(const World& world, std::string_view content_type);

  /// A blob: records [first, last), some of them twice; a redelivery brings the records of an
  /// earlier blob again.
  struct Blob {
    std::uint64_t number = 0;
    bool is_redelivery = false;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Instant created;
    bool is_expired = false;
  };

  [[nodiscard]] std::string_view content_type() const noexcept { return content_type_; }

  /// Blobs created in [from, to), oldest first.
  [[nodiscard]] std::vector<Blob> blobs(Instant from, Instant to) const;
  [[nodiscard]] std::string id_of(const Blob& blob) const;
  [[nodiscard]] std::optional<Blob> find(std::string_view id) const;
  [[nodiscard]] std::string content(const Blob& blob) const;
  [[nodiscard]] AuditRecord record(std::uint64_t index) const;
  /// Records whose blob was created before `time`.
  [[nodiscard]] std::uint64_t count_before(Instant time) const;
  /// Until when the service keeps a blob.
  [[nodiscard]] Instant expiration(const Blob& blob) const;
  /// True when every blob with the record is gone by `now`, or was before it could be read.
  [[nodiscard]] bool is_lost(std::uint64_t index, Instant now) const;

 private:
  [[nodiscard]] Blob blob(std::uint64_t number) const;
  /// The later blob that brings the records of blob `number` once more; few are.
  [[nodiscard]] std::optional<Blob> redelivery(std::uint64_t number) const;

  const World& world_;
  std::string_view content_type_;
  Timeline timeline_;
  std::uint64_t history_ = 0;
  bool is_live_ = false;
};

/// The API as a whole. Thread-safe.
class Management {
 public:
  explicit Management(const World& world);

  /// Answers a request below `/api/v1.0/{tenant}/activity/feed/`. `next_origin` is what listings
  /// and blobs name as host.
  [[nodiscard]] HttpResponse answer(const HttpRequest& request, Instant now,
                                    std::string_view next_origin);

  [[nodiscard]] const std::vector<ContentFeed>& feeds() const noexcept { return feeds_; }

 private:
  [[nodiscard]] HttpResponse subscriptions();
  [[nodiscard]] HttpResponse start(const HttpRequest& request);
  [[nodiscard]] HttpResponse list(const HttpRequest& request, Instant now, std::string_view origin);
  [[nodiscard]] HttpResponse fetch(std::string_view id, Instant now) const;
  [[nodiscard]] const ContentFeed* find(std::string_view content_type) const;

  const World& world_;
  std::vector<ContentFeed> feeds_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> enabled_;
};

/// An error of this API.
[[nodiscard]] HttpResponse af_error(int status, std::string_view code, std::string_view message);

}  // namespace harrier::sandbox
