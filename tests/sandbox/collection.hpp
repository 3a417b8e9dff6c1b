// Lists of entities that Graph and Defender for Endpoint serve: what they hold, and how they
// answer.
#pragma once

#include "model/catalog.hpp"
#include "sandbox/http.hpp"
#include "sandbox/record.hpp"
#include "sandbox/world.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// One version of one entity, as its maker sees it.
struct EntityContext {
  const World& world;
  std::string_view table;
  std::uint64_t index = 0;
  unsigned version = 0;  ///< 0: as created
  Instant created;
  Instant updated;  ///< of this version

  [[nodiscard]] std::uint64_t hash(std::uint64_t purpose) const noexcept;
  [[nodiscard]] const User& user() const noexcept;
  [[nodiscard]] const Device& device() const noexcept;
};

/// What is known about one list.
struct CollectionSpec {
  std::string_view table;  ///< where Harrier stores it
  std::string_view path;
  std::string_view time_property;  ///< what `$filter` bounds; empty: not filterable
  std::string_view kind;           ///< required value of `signInEventTypes/any`; empty: none
  unsigned versions = 1;           ///< how often an entity changes, creation included
  std::uint64_t page = 1000;       ///< rows of a page without `$top`
  std::uint64_t max_top = 1000;
  enum class Excess : std::uint8_t { clamp, refuse } excess = Excess::clamp;
  enum class Paging : std::uint8_t { skip_token, skip, delta } paging = Paging::skip_token;
  bool is_optional =
      false;  ///< a collector may have read it or not (changes that a full list holds too)
  bool hides_last = false;  ///< an entity's last version is its end: this list no longer has it
  std::uint64_t fixed_count = 0;  ///< 0: as many as `events`
  void (*make)(const EntityContext&, Record&) = nullptr;
  /// Column and property, for tables whose columns are not the properties in PascalCase.
  std::vector<std::pair<std::string_view, std::string_view>> columns;
};

/// One list of a tenant. Immutable, so free to share between threads.
class Collection {
 public:
  Collection(const World& world, model::TablePtr table, CollectionSpec spec);

  [[nodiscard]] const CollectionSpec& spec() const noexcept { return spec_; }

  [[nodiscard]] const model::TableSchema& table() const noexcept { return *table_; }

  /// Answers a request as of `now`.
  [[nodiscard]] HttpResponse answer(const HttpRequest& request, Instant now,
                                    std::string_view next_origin) const;

  /// How many entities have been published by `now`.
  [[nodiscard]] std::uint64_t count(Instant now) const;
  [[nodiscard]] Instant created(std::uint64_t index) const;
  /// When a version came to be, and when lists show it.
  [[nodiscard]] Instant updated(std::uint64_t index, unsigned version) const;
  [[nodiscard]] Instant visible(std::uint64_t index, unsigned version) const;
  /// The version that lists show at `now`.
  [[nodiscard]] unsigned version_at(std::uint64_t index, Instant now) const;
  /// True when the newest version is the entity's removal (delta lists).
  [[nodiscard]] bool is_removed(std::uint64_t index, unsigned version) const;
  /// True when the entity has ended and the list no longer names it (full lists).
  [[nodiscard]] bool is_hidden(unsigned version) const;
  [[nodiscard]] Record make(std::uint64_t index, unsigned version) const;

  /// The columns that are judged, and what Harrier must have stored in them.
  [[nodiscard]] std::vector<std::string> judged_columns() const;
  [[nodiscard]] std::vector<std::string> stored(std::uint64_t index, unsigned version) const;

 private:
  struct Listing;

  [[nodiscard]] std::optional<HttpResponse> select(const HttpRequest& request,
                                                   Listing& listing) const;
  [[nodiscard]] HttpResponse delta(const HttpRequest& request, Instant now,
                                   std::string_view origin) const;
  /// A page's size as the tenant's settings cut it.
  [[nodiscard]] std::uint64_t shortened(std::uint64_t page) const;
  [[nodiscard]] std::string entity_json(std::uint64_t index, unsigned version) const;

  const World& world_;
  model::TablePtr table_;
  CollectionSpec spec_;
  Timeline timeline_;
};

/// The lists of Graph and of Defender for Endpoint.
[[nodiscard]] std::vector<CollectionSpec> graph_collections();
[[nodiscard]] std::vector<CollectionSpec> sign_in_collections();
[[nodiscard]] std::vector<CollectionSpec> risk_collections();
[[nodiscard]] std::vector<CollectionSpec> directory_collections();
[[nodiscard]] std::vector<CollectionSpec> endpoint_collections();

}  // namespace harrier::sandbox
