// The command line `harrier`: what its commands share, and its way in.
#pragma once

#include "app/terminal.hpp"
#include "base/result.hpp"
#include "model/catalog.hpp"
#include "settings/settings.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace harrier::app {

/// Exit codes of both programs.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,  ///< wrong usage or configuration
  kHoles = 3,  ///< `verify` found a hole or damage
  kWrongQuery = 4,
};

/// `option`, else $HARRIER_CONFIG, else /etc/harrier/harrier.toml.
[[nodiscard]] std::filesystem::path configuration_file(const std::string& option);

/// What every command needs. One per run of the program.
class Context {
 public:
  explicit Context(Io& io) : io_(io) {}

  [[nodiscard]] Io& io() noexcept { return io_; }

  [[nodiscard]] std::filesystem::path file() const { return configuration_file(config); }

  [[nodiscard]] const model::Catalog& catalog();
  /// The settings. Secrets need not be readable: only `check`, `doctor` and the daemon open them;
  /// the stores must be. Errors: config, storage.
  [[nodiscard]] Result<settings::Settings> settings();
  /// A selectable table. Errors: config, with the nearest name.
  [[nodiscard]] Result<model::TablePtr> table(const std::string& name);

  /// Runs a command's work: its value or its error becomes the exit code, an error one line on
  /// standard error.
  void run(const std::function<Result<int>()>& work);

  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

  std::string config;  ///< `--config`
  bool json = false;   ///< `--json`

 private:
  Io& io_;
  std::optional<model::Catalog> catalog_;
  int exit_code_ = kDone;
};

/// The command among `arguments`: the first word that is neither an option nor the file of
/// `--config`. Empty when there is none.
[[nodiscard]] std::string command_of(const std::vector<std::string>& arguments);

/// The whole program. `arguments` without the program's name.
[[nodiscard]] int run_harrier(std::vector<std::string> arguments, Io& io);

}  // namespace harrier::app
