// One HTTP answer into one open page of a store: inflated bytes -> records -> rows, a chunk at a
// time.
#pragma once

#include "ingest/page_reader.hpp"
#include "ingest/record_map.hpp"
#include "model/ports.hpp"
#include "net/http.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::ingest {

/// How to read the records of an answer.
struct PageOptions {
  PageOptions() = default;
  std::string stream;           ///< for quarantine
  std::string items = "value";  ///< member that holds the records; empty: the document is the array
  bool typed_by_reply =
      false;  ///< hunting: names and types come from the reply's `schema`, new columns are added
  std::shared_ptr<const RecordMap> map;  ///< null: a property is the column of its name
  bool removals = false;                 ///< the map has a rule for `_Removed`
  std::optional<Instant> pass;           ///< snapshot tables: the pass the rows belong to
};

/// A page whose end was seen: verified, inserted, not yet committed.
struct IngestedPage {
  IngestedPage() = default;
  std::unique_ptr<model::PageWriter> writer;  ///< commit it, or drop it to roll back
  std::int64_t records = 0;                   ///< elements of the array, broken ones included
  std::uint64_t bytes = 0;                    ///< of the inflated body
  bool ingestion_times = false;               ///< some row carried `_Ingested`
  std::map<std::string, std::string, std::less<>>
      members;                                       ///< raw JSON of the document's other members
  std::vector<model::QuarantinedRecord> quarantine;  ///< goes with the commit

  [[nodiscard]] std::string member_text(
      std::string_view name) const;  ///< a string member, unescaped; empty where absent
};

/// Streams the body of `response` into a new page of `store`. Memory stays bounded by a chunk, a
/// batch and one record. Errors: what `Response::read` and the store say; protocol for a document
/// that is not such a page. The page is then rolled back.
[[nodiscard]] Task<IngestedPage> ingest_page(net::Response& response, model::TableStore& store,
                                             PageOptions options);

}  // namespace harrier::ingest
