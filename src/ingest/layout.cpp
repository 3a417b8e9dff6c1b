#include "ingest/layout.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace harrier::ingest {

namespace {

using model::Column;
using model::ScalarType;

bool belongs_to_harrier(const model::TableSchema& table, std::string_view name) {
  constexpr std::array<std::string_view, 5> kOwn = {"_Id", "_Other", "_Removed", "_FirstSeen",
                                                    "_LastSeen"};
  if (name.starts_with("_harrier_")) return true;
  if (std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end()) return true;
  for (const auto& alias : table.time_aliases()) {
    if (equals_ignore_case(alias, name)) return true;
  }
  return false;
}

const Column* exact(const std::vector<Column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.source_name == name; });
  return found == columns.end() ? nullptr : &*found;
}

const Column* any_case(const std::vector<Column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
    return equals_ignore_case(column.source_name, name);
  });
  return found == columns.end() ? nullptr : &*found;
}

// The stored name of a new column: the service's own, or with the first free suffix where case
// alone would tell it apart.
std::string new_name(const std::vector<Column>& taken, const std::string& name) {
  std::string candidate = name;
  const auto is_taken = [&](const Column& column) {
    return equals_ignore_case(column.name, candidate);
  };
  for (int suffix = 1; std::any_of(taken.begin(), taken.end(), is_taken); ++suffix)
    candidate = fmt::format("{}_{}", name, suffix);
  return candidate;
}

model::LayoutPtr finish(const model::TablePtr& table, std::vector<Column> columns) {
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table;
  layout->columns = std::move(columns);
  if (layout->index_of("_Ingested") < 0)
    layout->columns.emplace_back("_Ingested", ScalarType::datetime);
  layout->columns.emplace_back("_Other", ScalarType::dynamic);
  layout->time_index = table->time_column.empty() ? -1 : layout->index_of(table->time_column);
  return layout;
}

}  // namespace

model::LayoutPtr layout_of_store(const model::TablePtr& table,
                                 const std::vector<Column>& store_columns, bool removals) {
  std::vector<Column> columns = store_columns;
  if (removals) columns.emplace_back("_Removed", ScalarType::boolean);
  return finish(table, std::move(columns));
}

LayoutPlan layout_of_reply(const model::TablePtr& table, const std::vector<Column>& store_columns,
                           const std::vector<Column>& reply_columns) {
  LayoutPlan plan;
  std::vector<Column> taken = store_columns;
  std::vector<Column> columns;
  std::set<std::string, std::less<>> used;
  for (const Column& sent : reply_columns) {
    if (sent.source_name != "_Ingested" && belongs_to_harrier(*table, sent.source_name)) continue;
    const Column* known = exact(taken, sent.source_name);
    if (known == nullptr) {
      known = any_case(taken, sent.source_name);
      if (known != nullptr && exact(reply_columns, known->source_name) != nullptr) known = nullptr;
    }
    Column column = sent;
    if (sent.source_name != "_Ingested") {
      if (known != nullptr) {
        column.name = known->name;
        column.type = known->type;
      } else {
        column.name = new_name(taken, sent.source_name);
        plan.additions.push_back(column);
        taken.push_back(column);
      }
    }
    if (used.insert(column.name).second) columns.push_back(std::move(column));
  }
  plan.layout = finish(table, std::move(columns));
  return plan;
}

}  // namespace harrier::ingest
