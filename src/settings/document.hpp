// A TOML text as a tree that remembers where everything stands. The only file that knows toml++ is
// document.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::settings {

enum class NodeKind : std::uint8_t { table, array, string, integer, boolean, other };

struct Entry;

/// One value. Lines and columns count from 1; columns count code points, as editors do.
struct Node {
  NodeKind kind = NodeKind::table;
  std::string text;  ///< of a string
  std::int64_t integer = 0;
  bool boolean = false;
  bool is_inline = false;  ///< a table written `{ ... }`
  int line = 0;
  int column = 0;
  int end_line = 0;
  std::vector<Entry> entries;  ///< of a table
  std::vector<Node> items;     ///< of an array

  /// Entry of a table; nullptr where there is none.
  [[nodiscard]] const Node* find(std::string_view key) const noexcept;
  [[nodiscard]] Node* find(std::string_view key) noexcept;
};

/// A key of a table, and where it stands.
struct Entry {
  std::string key;
  int line = 0;
  Node value;
};

/// True when both say the same, wherever it stands.
[[nodiscard]] bool same_content(const Node& a, const Node& b) noexcept;

/// What a text was read as: a root, or the first thing that is wrong with it.
struct Document {
  std::optional<Node> root;
  int line = 0;
  std::string message;
};

[[nodiscard]] Document parse_document(std::string_view text);

}  // namespace harrier::settings
