// Scenario files: the settings of the command line in TOML.
#include "base/text.hpp"
#include "sandbox/file.hpp"
#include "sandbox/options.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

namespace harrier::sandbox {
namespace {

std::string scalar_text(const toml::node& node) {
  if (const auto text = node.value<std::string>(); text && node.is_string()) return *text;
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

std::string json_of(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& value) {
    using Node = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<Node, toml::table> || std::is_same_v<Node, toml::array>) {
      out << toml::json_formatter(value);
    }
  });
  return out.str();
}

std::string setting_text(const toml::node& node) {
  if (const auto* array = node.as_array()) {
    if (array->is_array_of_tables()) return json_of(node);
    std::string list;
    for (const auto& element : *array) {
      if (!list.empty()) list += ',';
      list += scalar_text(element);
    }
    return list;
  }
  if (const auto* table = node.as_table()) {
    std::string list;
    for (const auto& [key, value] : *table) {
      if (!list.empty()) list += ',';
      list += fmt::format("{}:{}", key.str(), scalar_text(value));
    }
    return list;
  }
  return scalar_text(node);
}

}  // namespace

Result<> load_scenario(Options& options, const std::filesystem::path& file) {
  HARRIER_TRY(const auto text, read_file(file));
  try {
    const auto document = toml::parse(text, file.string());
    for (const auto& [key, node] : document) {
      auto done = options.set(key.str(), setting_text(node));
      if (!done) return with_context(std::move(done).error(), file.string());
    }
  } catch (const toml::parse_error& error) {
    return Error(Errc::config, fmt::format("{}: {}", file.string(), error.description()));
  }
  return {};
}

}  // namespace harrier::sandbox
