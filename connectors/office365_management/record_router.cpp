#include "connectors/office365_management/record_router.hpp"

#include "base/text.hpp"
#include "ingest/json_walk.hpp"

namespace harrier::connectors::office365_management {

namespace {

// The text of a string, or a number as it stands.
std::string scalar(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"')
    return ingest::unescaped(value.substr(1, value.size() - 2));
  return std::string(value);
}

}  // namespace

int RecordRouter::route(std::string_view record) const {
  std::string workload;
  std::string record_type;
  ingest::JsonObjectReader members(record);
  while (members.next()) {
    if (equals_ignore_case(members.key(), "Workload")) workload = to_lower(scalar(members.value()));
    if (equals_ignore_case(members.key(), "RecordType")) record_type = scalar(members.value());
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const TableRule& rule = rules_[i];
    const bool by_workload = rule.workloads.contains(workload);
    const bool by_type = rule.record_types.contains(record_type);
    const bool takes_rest = rule.workloads.empty() && rule.record_types.empty();
    if (!by_workload && !by_type && !takes_rest) continue;
    const bool wanted = rule.enabled && (rule.chosen.empty() || rule.chosen.contains(workload));
    return wanted ? static_cast<int>(i) : -1;
  }
  return -1;
}

}  // namespace harrier::connectors::office365_management
