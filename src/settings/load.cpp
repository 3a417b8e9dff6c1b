#include "settings/load.hpp"

#include "settings/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace harrier::settings {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = 4U << 20;

fs::path resolve(const fs::path& path, const fs::path& folder) {
  if (path.is_absolute()) return path;
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
      credentials != nullptr && *credentials != '\0') {
    std::error_code ignored;
    if (fs::exists(fs::path(credentials) / path, ignored)) return fs::path(credentials) / path;
  }
  return folder / path;
}

// Why `path` cannot be read; empty when it can.
std::string file_problem(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) return fmt::format("names {}, which does not exist", path.string());
  if (fs::is_directory(status)) return fmt::format("names {}, which is a folder", path.string());
  if (access(path.c_str(), R_OK) != 0)
    return fmt::format(
        "names {}, which this user cannot read ({}); run this as root, or let the daemon's user "
        "read the file",
        path.string(), std::strerror(errno));
  if (fs::is_regular_file(status) && fs::file_size(path, error) == 0)
    return fmt::format("names {}, which is empty", path.string());
  return {};
}

Network load_network(Section section, const LoadContext& context) {
  Network network;
  if (auto proxy = section.text("proxy")) {
    if (auto problem = proxy_problem(*proxy); !problem.empty())
      section.complain("proxy", std::move(problem));
    network.proxy = std::move(*proxy);
  }
  network.ca_file = load_file(section, "ca_file", context);
  network.connect_timeout =
      section.duration("connect_timeout", Milliseconds(1)).value_or(network.connect_timeout);
  network.request_timeout =
      section.duration("request_timeout", Milliseconds(1)).value_or(network.request_timeout);
  section.finish();
  return network;
}

Storage load_storage(Section section, const LoadContext& context) {
  Storage storage;
  if (const auto directory = section.text("directory")) {
    if (directory->empty())
      section.complain("directory", "is empty: name the folder for the stores");
    storage.directory = context.folder / *directory;
  }
  storage.retention = section.duration("retention", Milliseconds(0)).value_or(storage.retention);
  storage.min_free_bytes = section.size("min_free").value_or(storage.min_free_bytes);
  section.finish();
  return storage;
}

void load_log(Section section, Settings& settings) {
  if (const auto level = section.text("level");
      level && !parse_log_level(*level, settings.log_level))
    section.complain("level",
                     fmt::format("is \"{}\"; write trace, debug, info, warn or error", *level));
  if (auto format = section.text("format")) {
    if (*format != "text" && *format != "json" && *format != "journald")
      section.complain("format", fmt::format("is \"{}\"; write text, json or journald", *format));
    settings.log_format = std::move(*format);
  }
  section.finish();
}

std::string load_listen(Section section, bool loopback_only) {
  std::string address;
  if (auto listen = section.text("listen"); listen && !listen->empty()) {
    if (auto problem = listen_problem(*listen, loopback_only); !problem.empty())
      section.complain("listen", fmt::format("is \"{}\", which {}", *listen, problem));
    address = std::move(*listen);
  }
  section.finish();
  return address;
}

Settings load_root(Section root, const LoadContext& context) {
  Settings settings;
  settings.tenant = load_tenant(root.sub("tenant"), context);
  settings.network = load_network(root.sub("network"), context);
  settings.storage = load_storage(root.sub("storage"), context);
  load_log(root.sub("log"), settings);
  settings.metrics_listen = load_listen(root.sub("metrics"), false);
  settings.console_listen = load_listen(root.sub("console"), true);
  settings.connectors = load_connectors(root.sub("connectors"), context, settings.tenant);
  root.finish();
  return settings;
}

Result<std::string> read_text(const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error)) return Error(Errc::config, "is a folder; name the file");
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const bool refused = errno == EACCES;
    return Error(
        Errc::config,
        fmt::format("cannot be read ({}); {}name another with --config FILE", std::strerror(errno),
                    refused ? "run this as root, join the group harrier, or " : ""));
  }
  if (fs::file_size(file, error) > kMaxFileBytes && !error)
    return Error(Errc::config, "is larger than 4 MiB");
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace

fs::path load_file(Section& section, std::string_view key, const LoadContext& context) {
  const auto value = section.text(key);
  if (!value) return {};
  if (value->empty()) {
    section.complain(key, "is empty: name a file, or leave the key out");
    return {};
  }
  auto path = resolve(*value, context.folder);
  if (!context.check_files) return path;
  if (auto problem = file_problem(path); !problem.empty())
    section.complain(key, std::move(problem));
  return path;
}

LoadResult load(const fs::path& file, const model::Catalog& catalog, FileChecks checks) {
  LoadResult result;
  Report report{file.string(), {}};
  const auto text = read_text(file);
  if (!text) {
    report.add(0, "", text.error().message);
    result.problems = std::move(report.problems);
    return result;
  }
  const Document document = parse_document(*text);
  if (!document.root) {
    report.add(document.line, "", document.message);
    result.problems = std::move(report.problems);
    return result;
  }
  const fs::path path = fs::absolute(file);
  const LoadContext context{catalog, path.parent_path(), checks == FileChecks::on};
  Settings settings = load_root(Section(report, &*document.root, "", 0), context);
  settings.file = path;
  if (report.problems.empty()) result.settings = std::move(settings);
  result.problems = std::move(report.problems);
  std::stable_sort(result.problems.begin(), result.problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  return result;
}

Result<Settings> load_or_error(const fs::path& file, const model::Catalog& catalog,
                               FileChecks checks) {
  auto result = load(file, catalog, checks);
  if (result.settings) return std::move(*result.settings);
  std::string message = result.problems.front().text();
  if (result.problems.size() > 1)
    message +=
        fmt::format(" (and {} more; `harrier check` lists them)", result.problems.size() - 1);
  return Error(Errc::config, std::move(message));
}

}  // namespace harrier::settings
