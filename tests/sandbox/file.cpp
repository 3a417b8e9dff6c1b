#include "sandbox/file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace harrier::sandbox {

Result<> write_file(const std::filesystem::path& file, std::string_view text, bool is_secret) {
  namespace fs = std::filesystem;
  std::error_code code;
  fs::create_directories(file.parent_path(), code);
  auto draft = file;
  draft += ".new";
  {
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    if (is_secret) fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_write, code);
    out << text;
    if (!out.flush()) return Error(Errc::storage, fmt::format("cannot write {}", draft.string()));
  }
  fs::rename(draft, file, code);
  if (code)
    return Error(Errc::storage, fmt::format("cannot write {}: {}", file.string(), code.message()));
  return {};
}

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error(Errc::not_found, fmt::format("cannot read {}", file.string()));
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace harrier::sandbox
