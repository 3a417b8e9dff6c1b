#include "support/temp_dir.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace harrier::test {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "harrier-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempDir::write(const std::string& name, const std::string& text) const {
  const auto file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

std::filesystem::path samples_dir() {
  const char* value = std::getenv("HARRIER_SAMPLES");
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace harrier::test
