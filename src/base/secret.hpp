// A string that no log, formatter or copy can show by accident.
#pragma once

#include <string>
#include <string_view>

namespace harrier {

/// Owns a secret (password, token, key). Move-only; its bytes are wiped on destruction and on
/// assignment. There is no formatter and no stream operator on purpose.
class Secret {
 public:
  Secret() = default;

  explicit Secret(std::string value) noexcept : value_(std::move(value)) {}

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }

  Secret& operator=(Secret&& other) noexcept;

  ~Secret() { wipe(); }

  /// The bytes, for the one place that sends them.
  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }

  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  /// A second owner, made on purpose.
  [[nodiscard]] Secret duplicate() const { return Secret(value_); }

 private:
  void wipe() noexcept;

  std::string value_;
};

/// Overwrites `text` in a way the compiler cannot leave out, then empties it.
void wipe(std::string& text) noexcept;

}  // namespace harrier
