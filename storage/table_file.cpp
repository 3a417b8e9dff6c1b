#include "storage/table_file.hpp"

#include "base/text.hpp"
#include "storage/columnstore.hpp"
#include "storage/directory.hpp"
#include "storage/sql.hpp"
#include "storage/steps.hpp"
#include "storage/table_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace harrier::storage {

using model::Batch;
using model::Column;

namespace {

constexpr std::size_t kCachedInserts = 4;

std::vector<std::uint32_t> key_order(const Batch& batch) {
  std::vector<std::uint32_t> order(batch.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return batch.key(a) < batch.key(b); });
  return order;
}

}  // namespace

Result<> TableFile::require_open() const {
  if (damaged_)
    return Error(Errc::storage_corrupt,
                 fmt::format("{}: the store is damaged; open the table anew", file().string()));
  if (!connection_)
    return Error(Errc::storage, fmt::format("{}: the store is closed", file().string()));
  return {};
}

WriteMode TableFile::mode() const noexcept {
  if (table_->is_snapshot()) return WriteMode::snapshot;
  return pass_ && latest_kind(*table_) == LatestKind::entity ? WriteMode::confirm
                                                             : WriteMode::plain;
}

Result<> TableFile::begin(std::optional<Instant> pass) {
  HARRIER_TRYV(require_open());
  if (in_page_)
    return Error(Errc::internal, fmt::format("{}: a page is open already", file().string()));
  HARRIER_TRYV(watched(connection_.execute("BEGIN IMMEDIATE")));
  in_page_ = true;
  page_added_columns_ = false;
  page_keys_.clear();
  page_stats_ = model::WriteStats();
  page_id_floor_ = id_floor_;
  const Instant now = clock_.now();
  ingested_text_ = format_instant(now);
  pass_ = pass;
  if (table_->is_snapshot() && !pass_) pass_ = now;
  pass_text_ = pass_ ? format_instant(*pass_) : std::string();
  complete_snapshot_.clear();
  if (table_->is_snapshot()) {
    HARRIER_TRY(auto complete, watched(get_meta(connection_, "snapshot")));
    complete_snapshot_ = complete.value_or(std::string());
  }
  reached("begin");
  return {};
}

Result<RowInsert*> TableFile::insert_for(const model::LayoutPtr& layout, WriteMode mode) {
  const auto serves = [&](const RowInsert& insert) { return insert.serves(layout, mode); };
  const auto found = std::find_if(inserts_.begin(), inserts_.end(), serves);
  if (found != inserts_.end()) return &*found;
  // A page that was rolled back may have taken columns with it that its layout still has.
  HARRIER_TRYV(add_missing(layout->columns));
  HARRIER_TRY(RowInsert insert, RowInsert::prepare(connection_, layout, mode));
  if (inserts_.size() >= kCachedInserts) inserts_.erase(inserts_.begin());
  inserts_.push_back(std::move(insert));
  return &inserts_.back();
}

Result<> TableFile::insert(const Batch& batch) {
  HARRIER_TRYV(require_open());
  if (!in_page_) return Error(Errc::internal, fmt::format("{}: no page is open", file().string()));
  return watched(insert_rows(batch));
}

Result<> TableFile::insert_rows(const Batch& batch) {
  const WriteMode how = mode();
  HARRIER_TRY(RowInsert * insert, insert_for(batch.layout(), how));
  insert->bind_page(PageTexts{ingested_text_, pass_text_, complete_snapshot_});
  const auto order = how == WriteMode::snapshot ? key_order(batch) : batch.time_order();
  for (const std::uint32_t index : order) {
    const model::RowKey& key = batch.key(index);
    if (how == WriteMode::plain && known_.contains(key)) {
      ++page_stats_.duplicates;
      continue;
    }
    auto fresh = insert->insert(connection_, batch.row(index), key);
    if (!fresh) {
      insert->release();
      return fresh.error();
    }
    if (*fresh) {
      ++page_stats_.rows;
      if (page_id_floor_ > 0) HARRIER_TRYV(settle_first_id());
    } else {
      ++page_stats_.duplicates;
    }
    if (how == WriteMode::plain) page_keys_.push_back(key);
  }
  insert->release();
  reached("rows");
  return {};
}

Result<> TableFile::settle_first_id() {
  HARRIER_TRY(Statement update,
              connection_.prepare(fmt::format("UPDATE {} SET \"_Id\" = ?1 WHERE \"_Id\" = ?2",
                                              identifier(table_->name))));
  update.bind(1, page_id_floor_ + 1);
  update.bind(2, connection_.last_insert_id());
  page_id_floor_ = 0;
  return update.run();
}

Result<> TableFile::write_commit(const model::PageCommit& what) {
  for (const auto& mark : what.marks) HARRIER_TRYV(mark_ledger(connection_, mark));
  HARRIER_TRYV(set_cursors(connection_, "", what.cursors));
  if (what.completes_snapshot && pass_) HARRIER_TRYV(set_meta(connection_, "snapshot", pass_text_));
  HARRIER_TRYV(add_to_meta(connection_, "rows", page_stats_.rows));
  HARRIER_TRYV(add_to_meta(connection_, "duplicates", page_stats_.duplicates));
  HARRIER_TRYV(add_to_meta(connection_, "late", page_stats_.late));
  HARRIER_TRYV(set_meta(connection_, "last_commit", format_instant(clock_.now())));
  reached("marks");
  return connection_.execute("COMMIT");
}

Result<model::WriteStats> TableFile::commit(const model::PageCommit& what) {
  HARRIER_TRYV(require_open());
  if (!in_page_) return Error(Errc::internal, fmt::format("{}: no page is open", file().string()));
  if (what.late) page_stats_.late = page_stats_.rows;
  auto written = watched(write_commit(what));
  if (!written) {
    rollback();
    return written.error();
  }
  in_page_ = false;
  id_floor_ = page_id_floor_;
  for (const auto& key : page_keys_) known_.add(key);
  page_keys_.clear();
  if (page_keys_.capacity() > 65'536) page_keys_.shrink_to_fit();
  reached("committed");
  return page_stats_;
}

void TableFile::rollback() noexcept {
  if (!in_page_) return;
  in_page_ = false;
  page_keys_.clear();
  if (connection_ && connection_.in_transaction())
    static_cast<void>(watched(connection_.execute("ROLLBACK")));
  if (!page_added_columns_) return;
  inserts_.clear();  // they may name columns that are gone
  if (connection_) static_cast<void>(watched(load_columns()));
}

Result<model::Ledger> TableFile::ledger(std::string_view stream) {
  HARRIER_TRYV(require_open());
  return watched(get_ledger(connection_, stream));
}

Result<std::optional<std::string>> TableFile::cursor(std::string_view name) {
  HARRIER_TRYV(require_open());
  return watched(get_meta(connection_, cursor_key(name)));
}

Result<std::int64_t> TableFile::last_id() {
  HARRIER_TRYV(require_open());
  HARRIER_TRY(const auto largest, watched(connection_.query_integer(fmt::format(
                                      "SELECT max(\"_Id\") FROM {}", identifier(table_->name)))));
  return std::max(largest, id_floor_);
}

Result<bool> TableFile::holds(std::string_view time, const model::RowKey& key) {
  HARRIER_TRYV(require_open());
  std::string sql =
      fmt::format("SELECT 1 FROM {} WHERE \"_harrier_key\" = ?1", identifier(table_->name));
  const bool timed = !table_->is_snapshot() && !table_->stamped;
  if (timed) sql += fmt::format(" AND {} IS nullif(?2, '')", identifier(table_->time_column));
  HARRIER_TRY(Statement select, watched(connection_.prepare(sql)));
  select.bind_blob(1, key);
  if (timed) select.bind(2, time);
  return watched(select.step());
}

Result<> TableFile::reserve_ids(std::int64_t last_id) {
  return transact([&]() -> Result<> {
    HARRIER_TRYV(set_meta(connection_, "last_id", fmt::format("{}", last_id)));
    return load_id_floor();
  });
}

Result<> TableFile::load_id_floor() {
  HARRIER_TRY(const auto given, get_counter(connection_, "last_id"));
  HARRIER_TRY(const auto largest, connection_.query_integer(fmt::format(
                                      "SELECT max(\"_Id\") FROM {}", identifier(table_->name))));
  id_floor_ = given > largest ? given : 0;
  return {};
}

Result<std::int64_t> TableFile::retain_some(Instant horizon, std::int64_t limit) {
  const std::string name = identifier(table_->name);
  const std::string time = identifier(table_->effective_time_column());
  std::string doomed = fmt::format("SELECT \"_Id\" FROM {} WHERE {} < ?1", name, time);
  if (table_->is_snapshot())
    doomed +=
        " AND coalesce((SELECT value FROM _harrier_meta WHERE key = 'snapshot') NOT IN "
        "(\"_LastSeen\", coalesce(\"_harrier_previous\", '')), 1) LIMIT ?2";
  else
    doomed = fmt::format(
        "SELECT * FROM ({0} ORDER BY {2} LIMIT ?2) UNION ALL SELECT * FROM (SELECT \"_Id\" FROM "
        "{1} WHERE {2} "
        "IS NULL AND \"_Ingested\" < ?1 LIMIT ?2)",
        doomed, name, time);
  const std::string before = format_instant(horizon);
  auto deleted = transact([&]() -> Result<std::int64_t> {
    HARRIER_TRY(const auto largest,
                connection_.query_integer(fmt::format("SELECT max(\"_Id\") FROM {}", name)));
    HARRIER_TRY(Statement erase,
                connection_.prepare(fmt::format(
                    "DELETE FROM {} WHERE \"_Id\" IN ({}) RETURNING \"_Id\"", name, doomed)));
    erase.bind(1, before);
    erase.bind(2, limit);
    std::int64_t count = 0;
    std::set<std::int64_t> segments;
    while (true) {
      HARRIER_TRY(const bool row, erase.step());
      if (!row) break;
      segments.insert(segment_of(erase.integer(0)));
      ++count;
    }
    if (count == 0) return count;
    HARRIER_TRYV(drop_copies_of(segments));
    HARRIER_TRYV(add_to_meta(connection_, "rows", -count));
    HARRIER_TRY(const auto given, get_counter(connection_, "last_id"));
    if (largest > given) HARRIER_TRYV(set_meta(connection_, "last_id", fmt::format("{}", largest)));
    HARRIER_TRYV(load_id_floor());
    return count;
  });
  if (deleted.has_error() || *deleted > 0) known_.clear();
  return deleted;
}

Result<std::int64_t> TableFile::remove_unseen(Instant pass) {
  if (latest_kind(*table_) != LatestKind::entity)
    return Error(Errc::internal, fmt::format("{}: only entities can be removed", file().string()));
  if (auto begun = begin(pass); begun.has_error()) {
    rollback();
    return begun.error();
  }
  auto removed = watched(append_removals(pass));
  if (removed.has_value()) {
    page_stats_.duplicates = 0;  // a removal that is there already was not sent again
    auto committed = commit(model::PageCommit());
    if (committed.has_error()) removed = committed.error();
  }
  rollback();
  return removed;
}

Result<std::int64_t> TableFile::append_removals(Instant pass) {
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table_;
  layout->columns = columns();
  layout->columns.emplace_back("_Other", model::ScalarType::dynamic);
  const std::size_t removed_cell = layout->columns.size();
  layout->columns.emplace_back("_Removed", model::ScalarType::boolean);
  layout->time_index = layout->index_of(table_->time_column);
  std::string list;
  for (std::size_t i = 0; i < removed_cell; ++i)
    list += (i == 0 ? "" : ", ") + identifier(layout->columns[i].name);
  const std::string name = identifier(table_->name);
  HARRIER_TRY(Statement gone,
              connection_.prepare(
                  fmt::format("SELECT {0} FROM {1} WHERE \"_Id\" IN (SELECT \"_Id\" FROM (SELECT "
                              "\"_Id\", \"_Removed\", max(coalesce(\"_harrier_seen\", "
                              "\"_Ingested\")) OVER (PARTITION BY {2}) AS seen, row_number() "
                              "OVER (PARTITION BY {2} ORDER BY {3}) AS place "
                              "FROM {1}) WHERE place = 1 AND \"_Removed\" IS NOT 1 AND seen < ?1)",
                              list, name, entity_columns(*table_), newest_first(*table_))));
  const std::string before = format_instant(pass);
  gone.bind(1, before);
  Batch batch(layout);
  model::KeyHasher hasher(*layout);
  while (true) {
    HARRIER_TRY(const bool row, gone.step());
    if (!row) break;
    const auto cells = batch.add_row();
    for (std::size_t i = 0; i < removed_cell; ++i) {
      const int column = static_cast<int>(i);
      switch (gone.column_type(column)) {
        case 1:
          cells[i] = model::Cell::of_integer(gone.integer(column));
          break;
        case 2:
          cells[i] = model::Cell::of_real(gone.real(column));
          break;
        case 3:
          cells[i] = model::Cell::of_text(batch.arena().copy(gone.text(column)));
          break;
        default:
          break;
      }
    }
    cells[removed_cell] = model::Cell::of_integer(1);
    batch.set_key(hasher.hash(cells));
  }
  HARRIER_TRYV(insert_rows(batch));
  return static_cast<std::int64_t>(batch.size());
}

void TableFile::close() noexcept {
  rollback();
  inserts_.clear();
  connection_ = Connection();
}

}  // namespace harrier::storage
