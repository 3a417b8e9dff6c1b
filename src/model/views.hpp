// Named views: the part of a table's newest state that answers a question of its own.
#pragma once

#include <span>
#include <string_view>

namespace harrier::model {

/// The rows of `<table>_latest` whose `column` is `value`. It stands in the table's store, and its
/// name is a table in KQL.
struct TableView {
  std::string_view name;
  std::string_view table;
  std::string_view column;
  std::string_view value;
};

[[nodiscard]] std::span<const TableView> table_views() noexcept;
/// Exact name; nullptr where there is none.
[[nodiscard]] const TableView* find_view(std::string_view name) noexcept;

}  // namespace harrier::model
