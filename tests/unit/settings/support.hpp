// What the tests of settings share: a small catalog and configurations that load.
#pragma once

#include "settings/settings.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <fmt/format.h>

#include <string>

namespace harrier::settings::test {

using harrier::test::TempDir;

/// A complete tenant; sections may follow.
inline const std::string kTenant = R"([tenant]
id = "11111111-2222-3333-4444-555555555555"
client_id = "66666666-7777-8888-9999-000000000000"
[tenant.credential]
type = "client_secret"
secret_file = "secret"
)";

inline const model::Catalog& catalog() {
  static const model::Catalog loaded = model::Catalog::load_embedded().value();
  return loaded;
}

inline LoadResult load_text(const std::string& text) {
  const TempDir folder;
  folder.write("secret", "s3cret\n");
  return load(folder.write("harrier.toml", text), catalog());
}

/// The problems of a text, without the file's name: `LINE: KEY: MESSAGE`, one per line.
inline std::string problems_of(const std::string& text) {
  std::string out;
  for (const auto& problem : load_text(text).problems)
    out += fmt::format("{}: {}: {}\n", problem.line, problem.key, problem.message);
  return out;
}

}  // namespace harrier::settings::test
