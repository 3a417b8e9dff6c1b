#include "ingest/streams_file.hpp"

#include "settings/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace harrier::ingest {

namespace {

std::string scalar_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  std::ostringstream out;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_integer<decltype(value)> || toml::is_floating_point<decltype(value)> ||
                  toml::is_boolean<decltype(value)>)
      out << value;
  });
  return out.str();
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The entries of a table in the order of the file.
Pairs pairs_of(const toml::table& table) {
  std::vector<std::pair<toml::source_position, std::pair<std::string, std::string>>> entries;
  for (const auto& [key, value] : table)
    entries.emplace_back(key.source().begin, std::pair(std::string(key.str()), scalar_text(value)));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Pairs pairs;
  for (auto& [position, entry] : entries) pairs.push_back(std::move(entry));
  return pairs;
}

std::shared_ptr<const NameTables> read_names(const toml::table& root) {
  auto names = std::make_shared<NameTables>();
  if (const auto* tables = root["names"].as_table()) {
    for (const auto& [key, value] : *tables) {
      if (const auto* table = value.as_table()) (*names)[std::string(key.str())] = pairs_of(*table);
    }
  }
  return names;
}

void read_entry(const toml::table& entry, StreamSpec& spec) {
  for (const auto& [key, value] : entry) {
    const std::string_view name = key.str();
    if (name == "columns" && value.is_table()) {
      spec.columns = pairs_of(*value.as_table());
    } else if (name == "name") {
      spec.name = scalar_text(value);
    } else if (name == "table") {
      spec.table = scalar_text(value);
    } else if (name == "kind") {
      spec.kind = scalar_text(value);
    } else if (name == "api") {
      spec.api = scalar_text(value);
    } else if (name == "path") {
      spec.path = scalar_text(value);
    } else if (name == "permission") {
      spec.permission = scalar_text(value);
    } else {
      spec.options[std::string(name)] = scalar_text(value);
    }
  }
}

}  // namespace

std::string StreamSpec::option(std::string_view key, std::string_view fallback) const {
  const auto found = options.find(key);
  return found == options.end() ? std::string(fallback) : found->second;
}

std::chrono::milliseconds StreamSpec::duration(std::string_view key,
                                               std::chrono::milliseconds fallback) const {
  const auto found = options.find(key);
  if (found == options.end()) return fallback;
  return settings::parse_duration(found->second).value_or(fallback);
}

Result<std::vector<StreamSpec>> parse_streams(std::string_view file, std::string_view text) {
  try {
    const toml::table root = toml::parse(text, file);
    StreamSpec defaults;
    defaults.names = read_names(root);
    if (const auto* table = root["defaults"].as_table()) read_entry(*table, defaults);
    std::vector<StreamSpec> specs;
    const auto* streams = root["stream"].as_array();
    if (streams == nullptr) return Error(Errc::parse, fmt::format("{}: no streams", file));
    for (const auto& node : *streams) {
      const auto* entry = node.as_table();
      if (entry == nullptr)
        return Error(Errc::parse,
                     fmt::format("{}:{}: a stream is no table", file, node.source().begin.line));
      StreamSpec spec = defaults;
      read_entry(*entry, spec);
      if (spec.name.empty()) spec.name = spec.table;
      if (spec.name.empty() || spec.kind.empty() || spec.api.empty())
        return Error(Errc::parse, fmt::format("{}:{}: a stream needs name or table, kind and api",
                                              file, node.source().begin.line));
      specs.push_back(std::move(spec));
    }
    return specs;
  } catch (const toml::parse_error& error) {
    return Error(Errc::parse,
                 fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
}

}  // namespace harrier::ingest
