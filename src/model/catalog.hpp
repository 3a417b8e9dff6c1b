// All table schemas, by name.
#pragma once

#include "model/schema.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::model {

using TablePtr = std::shared_ptr<const TableSchema>;

/// Every table Harrier knows. Immutable after loading, so free to share between threads.
class Catalog {
 public:
  /// The tables compiled into the program. Errors: parse, when an embedded file is unsound (a bug
  /// that a test finds).
  [[nodiscard]] static Result<Catalog> load_embedded();
  /// A catalog of the given tables, for tests.
  [[nodiscard]] static Catalog of(std::vector<TableSchema> tables);

  /// Exact name; nullptr where there is none.
  [[nodiscard]] TablePtr find(std::string_view name) const;
  /// The table of Defender's or Sentinel's older name (`ProcessCreationEvents` is
  /// DeviceProcessEvents); nullptr where there is none.
  [[nodiscard]] TablePtr find_alias(std::string_view name) const;

  /// Every table in the order of the select-events page: connector, then `order`.
  [[nodiscard]] std::span<const TablePtr> tables() const noexcept { return tables_; }

  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::vector<TablePtr> tables_;
  std::map<std::string, TablePtr, std::less<>> by_name_;
};

}  // namespace harrier::model
