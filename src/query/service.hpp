// Running a KQL text over the stores.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "kql/bound.hpp"
#include "query/context.hpp"
#include "query/vector.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

/// What is known about a finished query.
struct Summary {
  kql::Schema schema;
  std::uint64_t rows = 0;
  bool truncated = false;  ///< more rows than `Limits::result_rows`, or the sink had enough
  std::chrono::milliseconds elapsed{0};
  std::vector<std::string> warnings;  ///< sentences
  std::optional<kql::Render> render;
};

/// Takes a result's rows. Used by the thread that runs the query.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Once, before the rows.
  [[nodiscard]] virtual Result<> begin(const kql::Schema& schema) = 0;
  /// A batch; false: no more are wanted.
  [[nodiscard]] virtual Result<bool> rows(const Chunk& chunk) = 0;
  /// Once, after the rows of a query that succeeded.
  [[nodiscard]] virtual Result<> end(const Summary& summary) = 0;
};

struct ServiceOptions {
  /// Scans use as many threads as there are processors, eight at most.
  ServiceOptions();

  std::filesystem::path stores;  ///< folder of the table stores
  std::filesystem::path
      mappings;  ///< folder of local tables (externaldata copies, FileProfile.csv); empty: none
  Limits limits;
};

/// Compiles and runs queries. Thread-safe: every query has its own connections; the catalog and the
/// clock must outlive it.
class QueryService {
 public:
  QueryService(const model::Catalog& catalog, const Clock& clock, ServiceOptions options)
      : catalog_(catalog), clock_(clock), options_(std::move(options)) {}

  /// `timespan`: only rows of the last so long, by each table's time column. `progress`: told how
  /// far the scans are; may be null.
  /// Errors: query (`line:column: what`, the line, and a caret below the place), limit (memory,
  /// time, length), cancelled, storage, and what the sink returns.
  [[nodiscard]] Result<Summary> run(std::string_view text, std::optional<Ticks> timespan,
                                    Sink& sink, CancelToken cancel = {},
                                    ScanProgressPtr progress = {}) const;
  /// The plan, one operator a line, then what each store is asked. Errors: as `run`.
  [[nodiscard]] Result<std::string> explain(std::string_view text,
                                            std::optional<Ticks> timespan) const;

 private:
  const model::Catalog& catalog_;
  const Clock& clock_;
  ServiceOptions options_;
};

}  // namespace harrier::query
