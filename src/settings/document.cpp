#include "settings/document.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace harrier::settings {

namespace {

Node convert(const toml::node& source);

void convert_value(const toml::node& source, Node& node) {
  if (const auto* text = source.as_string()) {
    node.kind = NodeKind::string;
    node.text = text->get();
  } else if (const auto* integer = source.as_integer()) {
    node.kind = NodeKind::integer;
    node.integer = integer->get();
  } else if (const auto* boolean = source.as_boolean()) {
    node.kind = NodeKind::boolean;
    node.boolean = boolean->get();
  } else {
    node.kind = NodeKind::other;
  }
}

Node convert(const toml::node& source) {
  Node node;
  node.line = static_cast<int>(source.source().begin.line);
  node.column = static_cast<int>(source.source().begin.column);
  node.end_line = static_cast<int>(source.source().end.line);
  if (const auto* table = source.as_table()) {
    node.kind = NodeKind::table;
    node.is_inline = table->is_inline();
    for (const auto& [key, value] : *table) {
      node.entries.push_back(
          {std::string(key.str()), static_cast<int>(key.source().begin.line), convert(value)});
    }
  } else if (const auto* array = source.as_array()) {
    node.kind = NodeKind::array;
    for (const auto& item : *array) node.items.push_back(convert(item));
  } else {
    convert_value(source, node);
  }
  return node;
}

}  // namespace

const Node* Node::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

bool same_content(const Node& a, const Node& b) noexcept {
  if (a.kind != b.kind || a.text != b.text || a.integer != b.integer || a.boolean != b.boolean)
    return false;
  if (a.entries.size() != b.entries.size() || a.items.size() != b.items.size()) return false;
  for (const auto& entry : a.entries) {
    const Node* other = b.find(entry.key);
    if (other == nullptr || !same_content(entry.value, *other)) return false;
  }
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), same_content);
}

Document parse_document(std::string_view text) {
  Document document;
  try {
    document.root = convert(toml::parse(text, std::string_view()));
  } catch (const toml::parse_error& error) {
    document.line = static_cast<int>(error.source().begin.line);
    document.message = error.description();
  }
  return document;
}

}  // namespace harrier::settings
