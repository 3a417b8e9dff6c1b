// Recorded payloads of the APIs (HARRIER_SAMPLES): which table a record belongs to, and whether a
// row kept all of it.
#pragma once

#include "ingest/record_map.hpp"
#include "ingest/streams_file.hpp"
#include "model/batch.hpp"
#include "model/catalog.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::test {

/// A record as its API delivered it, out of what a collector or a document wrapped around it.
struct RecordedRecord {
  std::string file;   ///< below the folder of samples
  std::string table;  ///< empty: of an API that Harrier does not read
  std::string text;
};

/// Every record of the folder; empty where HARRIER_SAMPLES is not set. Lines that are no JSON are
/// given as they stand, with the table "malformed".
std::vector<RecordedRecord> recorded_records();

/// A record with the members of its objects in order, without those that stand for nothing (null,
/// the empty text) and `@odata.` annotations: records that are the same event have the same text.
std::string canonical_json(std::string_view record);

/// The table that a record of an API belongs to, told by properties that only its records have.
std::string table_of_record(std::string_view record);

/// What the streams of all connectors say about one table.
struct TableMap {
  model::TablePtr table;
  model::LayoutPtr layout;
  std::shared_ptr<const ingest::RecordMap> map;
  std::shared_ptr<const ingest::NameTables> names;
  std::string path;  ///< where the API has the records
};

/// The map of the first stream whose name is `stream`.
TableMap table_map(const model::Catalog& catalog, std::string_view stream);

/// Rules of the audit feed's tables, all enabled, and their names in streams.toml.
struct AuditTables {
  std::vector<std::string> names;
  std::function<int(std::string_view)> route;
};

AuditTables audit_tables(const model::Catalog& catalog);

/// The values of `record` that row `row` of `batch` does not hold, each with its path: a value is
/// held by a cell of its own, by a cell of JSON, or by the name that stands for it. What stands for
/// nothing (null, the empty text, year 1) and `@odata.` annotations are not asked for.
std::vector<std::string> lost_values(std::string_view record, const model::Batch& batch,
                                     std::size_t row, const ingest::NameTables* names);

}  // namespace harrier::test
