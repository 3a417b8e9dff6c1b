// The texts of the collection queries to advanced hunting, and how their size is chosen.
#pragma once

#include "model/ledger.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier::connectors::microsoft365_defender {

/// One of `of` parts that a window's rows are dealt into by hash.
struct Shard {
  int index = 0;
  int of = 1;
};

/// What to read of a table.
struct HuntingRead {
  HuntingRead() = default;
  std::string table;
  std::string clock;  ///< column the window bounds: `_Ingested` or the table's time column; empty:
                      ///< no bounds
  model::Window window;
  Shard shard;
  std::string filter;  ///< the admin's own predicate; empty: none
};

/// `T | extend _Ingested = ingestion_time() | where … | where hash(…) == i | where <filter>`.
/// Only the forms that the interface document promises occur.
[[nodiscard]] std::string rows_query(const HuntingRead& read);
/// The same rows, counted.
[[nodiscard]] std::string count_query(const HuntingRead& read);
/// `T | extend _Ingested = ingestion_time() | take N`: shows the columns, the clock and whether the
/// table exists.
[[nodiscard]] std::string probe_query(std::string_view table, int rows);
/// `from/to`, for cursors.
[[nodiscard]] std::string window_text(model::Window window);
[[nodiscard]] std::optional<model::Window> parse_window(std::string_view text);
/// The request body: the query and a Timespan of 30 days, so that the service's default never
/// narrows a window.
[[nodiscard]] std::string request_body(std::string_view query);

/// Into how many parts `rows` must be dealt so that each is about half of `max_rows`.
[[nodiscard]] int shards_for(std::int64_t rows, std::int64_t max_rows) noexcept;
/// True when an answer of `rows` may have been cut at the cap.
[[nodiscard]] bool may_be_cut(std::int64_t rows, std::int64_t max_rows) noexcept;

}  // namespace harrier::connectors::microsoft365_defender
