// SQL text: the one place where names become part of a statement. Values never do; they are bound.
#pragma once

#include <string>
#include <string_view>

namespace harrier::storage {

/// `name` as an SQL identifier: in double quotes, quotes doubled.
[[nodiscard]] inline std::string identifier(std::string_view name) {
  std::string out;
  out.reserve(name.size() + 2);
  out += '"';
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

/// `text` as an SQL string literal, for definitions (views, columns), where nothing can be bound.
[[nodiscard]] inline std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
  return out;
}

/// `names` as a list of SQL identifiers.
template <class Names>
[[nodiscard]] std::string identifiers(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + identifier(name);
  return out;
}

/// `texts` as a list of SQL string literals.
template <class Texts>
[[nodiscard]] std::string literals(const Texts& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + literal(text);
  return out;
}

}  // namespace harrier::storage
