// The `compare` command: the stores against the truth.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace harrier::sandbox {

struct CompareRequest {
  std::filesystem::path dir;        ///< the sandbox's folder
  std::filesystem::path stores;     ///< the folder with `<Table>.db`
  std::vector<std::string> tables;  ///< empty: all tables of the tenant
  std::optional<Instant> until;     ///< events ingested before must be there; default: now, or 10
                                    ///< minutes ago with live events
  std::uint64_t examples = 3;       ///< how many of each kind are shown
};

/// What was found about one table.
struct Findings {
  std::string table;
  std::uint64_t expected = 0;  ///< distinct events ingested before `until`
  std::uint64_t found = 0;     ///< rows in the store
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;      ///< rows that are no event of the tenant
  std::uint64_t duplicate = 0;  ///< rows beyond the first of the same event
  std::uint64_t differing = 0;  ///< events stored with other values
  std::uint64_t wrong_ingested = 0;
  std::string problem;  ///< why the store could not be read
  std::vector<std::string> examples;

  [[nodiscard]] bool is_clean() const noexcept {
    return missing + extra + duplicate + differing + wrong_ingested == 0 && problem.empty();
  }
};

/// Compares every table, prints one line each with examples, and returns 0 when all is as it must
/// be, else 1. Errors: config, not_found.
[[nodiscard]] Result<int> compare(const CompareRequest& request);

}  // namespace harrier::sandbox
