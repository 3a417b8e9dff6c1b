// The string operators: has, contains, startswith and their kin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace harrier::query {

enum class MatchKind : std::uint8_t {
  has,        ///< a whole term (or several, with what is between them)
  hasprefix,  ///< begins a term
  hassuffix,  ///< ends a term
  contains,
  startswith,
  endswith,
  equals,
};

/// One needle, prepared once and looked for in many texts.
///
/// A term is a maximal run of letters and digits. `has`: the needle occurs where an edge that is a
/// letter or digit has none beside it; an edge that is a separator needs no boundary.
/// Case-insensitive is simple Unicode case mapping, with a fast path for ASCII. The empty needle is
/// in every text.
class Needle {
 public:
  Needle(MatchKind kind, bool case_sensitive, std::string_view needle);
  [[nodiscard]] bool in(std::string_view text) const;

 private:
  [[nodiscard]] bool in_folded(std::string_view text) const;
  [[nodiscard]] bool bounded(std::string_view text, std::size_t at) const;
  [[nodiscard]] bool search(std::string_view text) const;

  MatchKind kind_;
  bool case_sensitive_;
  bool ascii_;         ///< of the needle
  bool left_ = false;  ///< needs a boundary before it
  bool right_ = false;
  std::string needle_;  ///< lower case when case-insensitive
};

/// First place of `needle` in `text` at or after `from`, npos where there is none. `fold`: ASCII
/// letters match in either case and `needle` is lower case. Vectorised.
[[nodiscard]] std::size_t find_ascii(std::string_view text, std::string_view needle,
                                     std::size_t from, bool fold) noexcept;

}  // namespace harrier::query
