// How collection is doing, in words for people: the list of `harrier status` and its live page.
#pragma once

#include "app/overview.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace harrier::app {

/// The list of `harrier status`.
void print_status(const Io& io, const Overview& overview, bool running);

/// The page of `harrier status --watch`. It remembers the last looks, to tell rates.
class StatusPage {
 public:
  /// The page as it is at `now`, for the size of the terminal.
  [[nodiscard]] std::vector<std::string> lines(const Io& io, const Overview& overview, bool running,
                                               Instant now);

 private:
  struct Look {
    Instant time;
    std::map<std::string, std::int64_t> rows;  // by table
  };

  [[nodiscard]] std::optional<double> rate(const std::string& table) const;

  std::deque<Look> looks_;
};

}  // namespace harrier::app
