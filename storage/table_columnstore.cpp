// Column copies of a store: made behind the writer, dropped with rows they hold.
#include "storage/columnstore.hpp"
#include "storage/reader.hpp"
#include "storage/sql.hpp"
#include "storage/steps.hpp"
#include "storage/table_file.hpp"
#include "storage/table_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::storage {

using model::Column;

Result<bool> TableFile::fill_columnstore(const std::vector<std::string>& columns) {
  std::vector<Column> wanted;
  std::vector<std::string> names;
  if (latest_kind(*table_) == LatestKind::none && !columns.empty()) {
    // Ids and time come with whatever is chosen: counts and time bounds are read from them.
    wanted.emplace_back("_Id", model::ScalarType::long_);
    names.emplace_back("_Id");
    for (const Column& column : this->columns()) {
      const bool time = column.name == table_->time_column;
      if (!time && std::find(columns.begin(), columns.end(), column.name) == columns.end())
        continue;
      wanted.push_back(column);
      names.push_back(column.name);
    }
  }
  if (!copied_columns_ || *copied_columns_ != names) {
    HARRIER_TRY(const bool dropped, transact([&] { return drop_copies_except(names); }));
    copied_columns_ = names;
    copied_end_.reset();
    if (dropped) return true;
  }
  if (wanted.empty()) return false;
  HARRIER_TRY(const RowRange rows, watched(stored_ids(connection_, table_->name)));
  if (rows.empty()) return false;
  const std::int64_t end = rows.last / kSegmentRows;
  if (copied_end_ && end <= *copied_end_) return false;
  HARRIER_TRY(const auto segment,
              watched(segment_without_copies(segment_of(rows.first), end, wanted.size())));
  if (segment) {
    HARRIER_TRYV(transact([&] { return copy_segment(*segment, wanted); }));
    return true;
  }
  copied_end_ = end;
  return false;
}

Result<> TableFile::drop_copies_of(const std::set<std::int64_t>& segments) {
  HARRIER_TRY(Statement drop,
              connection_.prepare("DELETE FROM _harrier_columnstore WHERE segment = ?1"));
  for (const std::int64_t segment : segments) {
    drop.bind(1, segment);
    HARRIER_TRYV(drop.run());
  }
  copied_end_.reset();
  return {};
}

Result<bool> TableFile::drop_copies_except(const std::vector<std::string>& columns) {
  HARRIER_TRYV(connection_.execute(fmt::format(
      "DELETE FROM _harrier_columnstore WHERE \"column\" NOT IN ({})", literals(columns))));
  return connection_.changes() > 0;
}

Result<std::optional<std::int64_t>> TableFile::segment_without_copies(std::int64_t first,
                                                                      std::int64_t end,
                                                                      std::size_t columns) {
  HARRIER_TRY(Statement have,
              connection_.prepare("SELECT segment, count(*) FROM _harrier_columnstore "
                                  "WHERE segment >= ?1 GROUP BY segment ORDER BY segment"));
  have.bind(1, first);
  for (std::int64_t at = first; at < end; ++at) {
    HARRIER_TRY(const bool more, have.step());
    if (!more || have.integer(0) != at || have.integer(1) < static_cast<std::int64_t>(columns))
      return std::optional(at);
  }
  return std::optional<std::int64_t>();
}

Result<> TableFile::copy_segment(std::int64_t segment, const std::vector<Column>& columns) {
  std::string list;
  std::vector<SegmentBuilder> builders;
  for (const Column& column : columns) {
    list += (list.empty() ? "" : ", ") + identifier(column.name);
    builders.emplace_back(segment_form(column.type));
  }
  {
    HARRIER_TRY(Statement rows, connection_.prepare(fmt::format(
                                    "SELECT {} FROM {} WHERE \"_Id\" BETWEEN ?1 AND ?2 ORDER BY "
                                    "\"_Id\"",
                                    list, identifier(table_->name))));
    rows.bind(1, segment * kSegmentRows + 1);
    rows.bind(2, (segment + 1) * kSegmentRows);
    while (true) {
      HARRIER_TRY(const bool more, rows.step());
      if (!more) break;
      for (std::size_t k = 0; k < builders.size(); ++k) builders[k].add(rows, static_cast<int>(k));
    }
  }
  HARRIER_TRY(Statement insert,
              connection_.prepare("INSERT OR REPLACE INTO _harrier_columnstore VALUES (?1, ?2, "
                                  "?3)"));
  for (std::size_t k = 0; k < builders.size(); ++k) {
    const auto cells = builders[k].finish();
    insert.bind(1, segment);
    insert.bind(2, columns[k].name);
    insert.bind_blob(3, cells);
    HARRIER_TRYV(insert.run());
  }
  reached("copied");
  return {};
}

}  // namespace harrier::storage
