// One request on its way through the service.
#pragma once

#include "sandbox/service.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

struct Service::Exchange {
  HttpRequest request;
  std::string_view api;
  Instant now;
  std::string table;  ///< hunting: the query's table
  std::string query;  ///< hunting: the KQL text
  std::string timespan;
  std::vector<Fault> faults;
  std::uint64_t rows = 0;

  void begin(std::string_view api_, Instant now_);
  /// Takes query and Timespan from the body of a hunting request.
  void read_query();
  [[nodiscard]] const Fault* find(std::string_view kind) const;

  [[nodiscard]] bool has(std::string_view kind) const { return find(kind) != nullptr; }
};

}  // namespace harrier::sandbox
