#include "e2e/tenant.hpp"

#include "support/ask_store.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace harrier::test {

namespace {

constexpr auto kLimit = std::chrono::minutes(20);

}  // namespace

Tenant::Tenant(std::vector<std::string> options) {
  std::vector<std::string> command = {HARRIER_SANDBOX, "serve", "--dir", dir_.path().string()};
  command.insert(command.end(), options.begin(), options.end());
  sandbox_ = std::make_unique<Process>(command, dir_.path() / "sandbox.log");
  if (!wait_for_file(dir_.path() / "ready.json", std::chrono::minutes(1)))
    throw std::runtime_error("the sandbox is not ready: " + read_file(dir_.path() / "sandbox.log"));
}

void Tenant::configure(const std::string& from, const std::string& to) const {
  std::string text = read_file(config());
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  std::ofstream(config(), std::ios::binary) << text;
}

void Tenant::append_config(const std::string& text) const {
  std::ofstream(config(), std::ios::binary | std::ios::app) << text;
}

Outcome Tenant::once(const std::vector<std::string>& more) const {
  std::vector<std::string> command = {HARRIER_DAEMON, "--config", config().string(), "--once"};
  command.insert(command.end(), more.begin(), more.end());
  Outcome outcome;
  outcome.code = run(command, outcome.output, kLimit);
  return outcome;
}

Outcome Tenant::once_dying_at(const std::string& step, int pass) const {
  Outcome outcome;
  outcome.code = run({"env", "HARRIER_DIE_AT=" + step + ":" + std::to_string(pass), HARRIER_STEPPED,
                      "--config", config().string(), "--once"},
                     outcome.output, kLimit);
  return outcome;
}

Outcome Tenant::once_in_shell(const std::string& before) const {
  Outcome outcome;
  outcome.code =
      run({"bash", "-c", before + " " HARRIER_DAEMON " --config \"$0\" --once", config().string()},
          outcome.output, kLimit);
  return outcome;
}

std::size_t Tenant::requests() const {
  const std::string text = read_file(file("requests.jsonl"));
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::unique_ptr<Process> Tenant::daemon(const std::vector<std::string>& more) const {
  std::vector<std::string> command = {HARRIER_DAEMON, "--config", config().string()};
  command.insert(command.end(), more.begin(), more.end());
  return std::make_unique<Process>(command, file("daemon.log"));
}

Outcome Tenant::harrier(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), HARRIER_COMMAND);
  arguments.emplace_back("--config");
  arguments.push_back(config().string());
  Outcome outcome;
  outcome.code = run(arguments, outcome.output, kLimit);
  return outcome;
}

Outcome Tenant::compare(const std::vector<std::string>& more) const {
  std::vector<std::string> command = {HARRIER_SANDBOX,      "compare",  "--dir",
                                      dir_.path().string(), "--stores", stores().string()};
  command.insert(command.end(), more.begin(), more.end());
  Outcome outcome;
  outcome.code = run(command, outcome.output, kLimit);
  return outcome;
}

std::string Tenant::ask(const std::string& table, const std::string& sql) const {
  return ask_store(stores() / (table + ".db"), sql);
}

void Tenant::set_faults(const std::string& json) const {
  control({"-X", "POST", "-d", json}, "/sandbox/faults");
}

void Tenant::clear_faults() const {
  control({"-X", "DELETE"}, "/sandbox/faults");
}

std::size_t Tenant::fault_hits() const {
  const std::string listed = control({}, "/sandbox/faults");
  const std::string key = "\"hits\":";
  std::size_t hits = 0;
  for (std::size_t at = listed.find(key); at != std::string::npos; at = listed.find(key, at + 1))
    hits += std::stoul(listed.substr(at + key.size()));
  return hits;
}

void Tenant::move_clock(const std::string& skew) const {
  control({"-X", "POST"}, "/sandbox/clock?skew=" + skew);
}

std::string Tenant::control(std::vector<std::string> arguments, const std::string& path) const {
  const std::string ready = read_file(file("ready.json"));
  const auto begin = ready.find("https://");
  const std::string origin = ready.substr(begin, ready.find('"', begin) - begin);
  std::vector<std::string> command = {"curl", "-sS", "--fail", "--cacert", file("ca.pem").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(origin + path);
  std::string output;
  if (run(command, output) != 0)
    throw std::runtime_error("the sandbox refused " + path + ": " + output);
  return output;
}

}  // namespace harrier::test
