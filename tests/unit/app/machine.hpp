// A machine with a configuration and stores, and the command line on it.
#pragma once

#include "app/command_line.hpp"
#include "base/time.hpp"
#include "model/catalog.hpp"
#include "model/ports.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <vector>

namespace harrier::app::test {

/// What a command did.
struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class Machine {
 public:
  /// A configuration with these connector sections.
  explicit Machine(const std::string& connectors =
                       "[connectors.microsoft365_defender.tables]\nDeviceProcessEvents = true\n"
                       "DeviceInfo = false\n");

  /// Runs `harrier` with `--config`.
  Ran harrier(std::vector<std::string> arguments) const;
  /// Stores records (JSON objects) of a table, with what else the page commits.
  void fill(const std::string& table, const std::vector<std::string>& records,
            model::PageCommit commit = {}) const;
  /// Saves a table's status, as the daemon does.
  void save_status(model::TableStatus status) const;
  void quarantine(model::QuarantinedRecord record) const;

  [[nodiscard]] std::filesystem::path directory() const { return folder_.path() / "stores"; }

  [[nodiscard]] std::filesystem::path config() const { return folder_.path() / "harrier.toml"; }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  harrier::test::TempDir folder_;
};

[[nodiscard]] std::string text_of(const std::filesystem::path& file);

}  // namespace harrier::app::test
