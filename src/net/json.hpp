// Single values out of small JSON answers: error bodies and tokens.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace harrier::net {

/// A small JSON document, parsed once. Not for records.
class SmallJson {
 public:
  /// Takes any text; where it is no JSON, every look-up answers nullopt.
  explicit SmallJson(std::string_view text);
  SmallJson(const SmallJson&) = delete;
  SmallJson& operator=(const SmallJson&) = delete;
  ~SmallJson();

  [[nodiscard]] bool valid() const noexcept;
  /// The string at `path`; numbers as their text.
  [[nodiscard]] std::optional<std::string> text(std::initializer_list<std::string_view> path) const;
  /// The whole number at `path`, also where it is written as a string.
  [[nodiscard]] std::optional<std::int64_t> number(
      std::initializer_list<std::string_view> path) const;
  /// The first whole number of the array at `path`.
  [[nodiscard]] std::optional<std::int64_t> first_number(
      std::initializer_list<std::string_view> path) const;

 private:
  struct Document;
  std::unique_ptr<Document> document_;
};

}  // namespace harrier::net
