// The parts of loading, one function per section; load.cpp puts them together.
#pragma once

#include "settings/section.hpp"

namespace harrier::settings {

/// What the parts need besides their section.
struct LoadContext {
  const model::Catalog& catalog;
  std::filesystem::path folder;  ///< of the configuration file
  bool check_files = true;
};

[[nodiscard]] Tenant load_tenant(Section section, const LoadContext& context);
[[nodiscard]] std::map<std::string, Connector, std::less<>> load_connectors(
    Section section, const LoadContext& context, const Tenant& tenant);
/// The path under `key`, resolved; empty where the key is absent. Reports a file that does not
/// exist, is empty or cannot be read.
[[nodiscard]] std::filesystem::path load_file(Section& section, std::string_view key,
                                              const LoadContext& context);

}  // namespace harrier::settings
