// A folder that is removed with everything in it at the end of a test.
#pragma once

#include <filesystem>
#include <string>

namespace harrier::test {

class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Writes a file below the folder and returns its path.
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// The folder of recorded payloads (HARRIER_SAMPLES); empty where it is unset: the test then says
/// so and is skipped.
[[nodiscard]] std::filesystem::path samples_dir();

}  // namespace harrier::test
