// Regular expressions: RE2 with the classes of Unicode where a text needs them.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace harrier::query {

/// A compiled expression. Safe to use from several threads.
class Regex {
 public:
  /// Errors: query, with what RE2 says about the pattern. `flags`: any of `i`, `m`, `s`, `U`.
  [[nodiscard]] static Result<std::shared_ptr<const Regex>> compile(std::string_view pattern,
                                                                    std::string_view flags = {});
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  [[nodiscard]] bool found_in(std::string_view text) const;
  /// The first match at or after `from`: group 0 and those the pattern has; empty when there is
  /// none. A group that took no part has a null `data()`.
  [[nodiscard]] std::vector<std::string_view> groups(std::string_view text, std::size_t from = 0,
                                                     bool anchored = false) const;
  /// Capturing groups of the pattern.
  [[nodiscard]] int group_count() const noexcept;

 private:
  struct Compiled;
  explicit Regex(std::unique_ptr<Compiled> compiled);

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace harrier::query
