#include "kql/diagnostic.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace harrier::kql {
namespace {

constexpr std::size_t kShownBytes = 100;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

}  // namespace

Position position_of(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  Position position;
  position.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const auto newline = before.rfind('\n');
  const auto start = newline == std::string_view::npos ? 0 : newline + 1;
  position.column += code_points(before.substr(start));
  return position;
}

Error error_at(std::string_view text, Span span, std::string_view what, Errc code) {
  const std::size_t begin = std::min<std::size_t>(span.begin, text.size());
  const Position position = position_of(text, begin);
  const auto newline = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  std::size_t first = newline == std::string_view::npos ? 0 : newline + 1;
  if (begin - first > kShownBytes / 2) first = begin - kShownBytes / 2;
  while (first < begin && is_continuation(text[first])) ++first;
  std::size_t last = std::min(text.find('\n', begin), text.size());
  last = std::min(last, first + kShownBytes);
  while (last < text.size() && last > begin && is_continuation(text[last])) --last;

  std::string line = to_valid_utf8(text.substr(first, last - first));
  std::string indent = to_valid_utf8(text.substr(first, begin - first));
  std::replace(line.begin(), line.end(), '\r', ' ');
  std::replace(line.begin(), line.end(), '\t', ' ');
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, std::max(begin, last));
  const std::size_t width = std::max<std::size_t>(1, code_points(text.substr(begin, end - begin)));
  std::string message = std::to_string(position.line) + ":" + std::to_string(position.column) +
                        ": " + std::string(what) + "\n" + line + "\n" +
                        std::string(code_points(indent), ' ') + std::string(width, '^');
  return Error(code, std::move(message));
}

std::string suggestion(std::string_view name, std::span<const std::string> names) {
  const std::string near = nearest_name(name, names);
  return near.empty() || near == name ? std::string() : "; did you mean `" + near + "`?";
}

}  // namespace harrier::kql
