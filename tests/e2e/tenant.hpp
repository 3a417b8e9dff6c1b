// A sandbox tenant, the programs that read it, and what they left in the stores.
#pragma once

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace harrier::test {

/// What a command printed and how it ended.
struct Outcome {
  int code = -1;
  std::string output;
};

/// A running sandbox with a folder of its own. Ends with the object.
class Tenant {
 public:
  /// Starts `harrier-sandbox serve` with `options` behind the folder; throws when it does not get
  /// ready.
  explicit Tenant(std::vector<std::string> options);

  /// The configuration's path and text.
  [[nodiscard]] std::filesystem::path config() const { return dir_.path() / "harrier.toml"; }

  /// Replaces every `from` of the configuration.
  void configure(const std::string& from, const std::string& to) const;
  void append_config(const std::string& text) const;

  [[nodiscard]] std::filesystem::path stores() const { return dir_.path() / "stores"; }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return dir_.path() / name;
  }

  /// `harrierd --once` to its end.
  [[nodiscard]] Outcome once(const std::vector<std::string>& more = {}) const;
  /// As `once`, killed at the `pass`-th time it reaches `step` of storage/steps.hpp (code 137), or
  /// at its end.
  [[nodiscard]] Outcome once_dying_at(const std::string& step, int pass) const;
  /// As `once`, by a shell: `before` is put in front of the daemon, as `ulimit -n 30; exec`.
  [[nodiscard]] Outcome once_in_shell(const std::string& before) const;
  /// A daemon that goes on; its log is `daemon.log`.
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::vector<std::string>& more = {}) const;
  /// `harrier …`.
  [[nodiscard]] Outcome harrier(std::vector<std::string> arguments) const;
  /// The stores against what the sandbox served, event by event.
  [[nodiscard]] Outcome compare(const std::vector<std::string>& more = {}) const;
  /// The first value of a query on a store's file, as text.
  [[nodiscard]] std::string ask(const std::string& table, const std::string& sql) const;
  /// Adds faults, and takes all away.
  void set_faults(const std::string& json) const;
  void clear_faults() const;
  /// How often the faults that are set have struck.
  [[nodiscard]] std::size_t fault_hits() const;
  /// Moves the service's clock to this distance from the machine's.
  void move_clock(const std::string& skew) const;

  /// Requests that the sandbox has seen.
  [[nodiscard]] std::size_t requests() const;

  [[nodiscard]] std::string daemon_log() const { return read_file(file("daemon.log")); }

 private:
  std::string control(std::vector<std::string> arguments, const std::string& path) const;

  TempDir dir_;
  std::unique_ptr<Process> sandbox_;
};

}  // namespace harrier::test
