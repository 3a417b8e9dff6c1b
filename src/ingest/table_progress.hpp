// How a table is doing, put together from the streams that fill it.
#pragma once

#include "ingest/connector.hpp"
#include "model/ports.hpp"

#include <string>
#include <vector>

namespace harrier::ingest {

/// How one table is doing, for progress displays, the saved status and metrics.
struct TableProgress {
  model::TableStatus status;
  std::string stream;
  Progress progress;
  /// The lag just before the next poll when all is well: it tells a late table from one that is
  /// read a few times a day. Unknown until the table was caught up once.
  std::optional<Ticks> expected_lag;
  bool busy = false;  ///< a poll is under way
};

/// One entry per table, in the order of first appearance. Of several streams that fill one table
/// (the feeds of AuditGeneral) the one that needs the admin most gives the state, and each reason
/// names its stream; a feed that the tenant has no licence for makes no table `unlicensed` that
/// others fill. Spans and window counts are added up, `done_until` and `last_success` are the
/// oldest, `expected_lag` is the largest, `next_poll` is the earliest.
[[nodiscard]] std::vector<TableProgress> merge_by_table(std::vector<TableProgress> entries);

}  // namespace harrier::ingest
