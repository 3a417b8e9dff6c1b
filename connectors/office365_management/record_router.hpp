// Which table a record of the audit feed belongs to.
#pragma once

#include "ingest/streams_file.hpp"
#include "model/catalog.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::connectors::office365_management {

/// The table rules of streams.toml (`kind = "record"`), in order; the first that fits a record has
/// it. The rule without conditions takes the rest.
struct TableRule {
  model::TablePtr table;
  std::set<std::string, std::less<>> workloads;     ///< lower case; empty: any
  std::set<std::string, std::less<>> record_types;  ///< as decimal text; empty: any
  bool enabled = false;                             ///< records of a table that is off are not kept
  std::set<std::string, std::less<>> chosen;        ///< narrowed workloads (lower case); empty: all
};

/// Finds the rule of a record by its `Workload` and `RecordType`.
class RecordRouter {
 public:
  explicit RecordRouter(std::vector<TableRule> rules) : rules_(std::move(rules)) {}

  /// Index of the rule whose table takes the record; -1 when that table is not collected.
  [[nodiscard]] int route(std::string_view record) const;

  [[nodiscard]] const std::vector<TableRule>& rules() const noexcept { return rules_; }

 private:
  std::vector<TableRule> rules_;
};

}  // namespace harrier::connectors::office365_management
