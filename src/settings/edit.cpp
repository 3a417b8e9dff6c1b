#include "settings/document.hpp"
#include "settings/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace harrier::settings {

namespace {

// A configuration text, its tree, and byte positions. Lines count from 1.
class Text {
 public:
  Text(std::string_view text, const Node& root)
      : text_(text),
        root_(root),
        newline_(text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n") {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  [[nodiscard]] const Node& root() const noexcept { return root_; }

  [[nodiscard]] std::string_view newline() const noexcept { return newline_; }

  [[nodiscard]] int lines() const noexcept { return static_cast<int>(starts_.size()); }

  /// Byte position of the first character after line `line`.
  [[nodiscard]] std::size_t end_of_line(int line) const noexcept {
    return line < lines() ? starts_[static_cast<std::size_t>(line)] : text_.size();
  }

  [[nodiscard]] std::string_view line(int number) const noexcept {
    const std::size_t start = starts_[static_cast<std::size_t>(number - 1)];
    return text_.substr(start, end_of_line(number) - start);
  }

  [[nodiscard]] std::size_t offset_of(const Node& node) const noexcept {
    std::size_t at = starts_[static_cast<std::size_t>(node.line - 1)];
    if (at == 0 && text_.starts_with("\xEF\xBB\xBF")) at = 3;
    for (int column = 1; column < node.column && at < text_.size(); ++column) {
      do ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80);
    }
    return at;
  }

  /// The text with `length` bytes at `at` replaced.
  [[nodiscard]] std::string replaced(std::size_t at, std::size_t length,
                                     std::string_view by) const {
    return fmt::format("{}{}{}", text_.substr(0, at), by, text_.substr(at + length));
  }

  /// The text with whole lines inserted after line `line`.
  [[nodiscard]] std::string inserted_after(int line, std::string_view lines) const {
    const std::size_t at = end_of_line(line);
    const bool open_end = at > 0 && text_[at - 1] != '\n';
    return fmt::format("{}{}{}{}", text_.substr(0, at), open_end ? newline_ : "", lines,
                       text_.substr(at));
  }

 private:
  std::string_view text_;
  const Node& root_;
  std::string_view newline_;
  std::vector<std::size_t> starts_;
};

const Node* find_path(const Node& root, std::initializer_list<std::string_view> path) {
  const Node* node = &root;
  for (const auto key : path) {
    node = node == nullptr ? nullptr : node->find(key);
  }
  return node;
}

Node& child(Node& node, std::string_view key) {
  if (Node* found = node.find(key)) return *found;
  node.entries.push_back({std::string(key), 0, Node()});
  return node.entries.back().value;
}

void set_boolean(Node& node, bool value) {
  node.kind = NodeKind::boolean;
  node.boolean = value;
}

// What the file must say after the edit.
Node expected_root(const Node& root, const model::TableSchema& table, bool enabled) {
  Node expected = root;
  Node& connectors = child(expected, "connectors");
  if (connectors.find(table.connector) == nullptr)
    set_boolean(child(child(connectors, table.connector), "enabled"), true);
  Node& tables = child(child(connectors, table.connector), "tables");
  const Node* old = tables.find(table.name);
  Node& value = child(tables, table.name);
  set_boolean(old != nullptr && old->kind == NodeKind::table ? child(value, "enabled") : value,
              enabled);
  return expected;
}

std::string_view word(bool enabled) {
  return enabled ? "true" : "false";
}

std::string with_boolean(const Text& text, const Node& node, bool enabled) {
  return text.replaced(text.offset_of(node), word(node.boolean).size(), word(enabled));
}

// `key = value` as the first member of an inline table.
std::string with_member(const Text& text, const Node& table, std::string_view member) {
  return text.replaced(text.offset_of(table), 1,
                       fmt::format("{{ {}{}", member, table.entries.empty() ? "" : ","));
}

// The last line that the values of a section take up, sections of its own aside; its header when
// there are none.
int last_line(const Node& section) {
  int line = section.line;
  for (const auto& entry : section.entries) {
    if (entry.value.kind != NodeKind::table || entry.value.is_inline)
      line = std::max(line, entry.value.end_line);
  }
  return line;
}

std::string_view indent_of(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

// The last line of the section whose header stands on `header`, without what introduces the next
// section.
int section_end(const Text& text, int header) {
  int line = header + 1;
  const auto first_of = [&](int number) {
    const auto content = text.line(number);
    const auto at = content.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? '\0' : content[at];
  };
  while (line <= text.lines() && first_of(line) != '[') ++line;
  --line;
  while (line > header && line < text.lines() && first_of(line) == '#') --line;
  while (line > header && first_of(line) == '\0') --line;
  return line;
}

std::string joined(const Text& text, std::initializer_list<std::string> lines) {
  std::string out;
  for (const auto& line : lines) out += fmt::format("{}{}", line, text.newline());
  return out;
}

// Texts that may be the edited one, best first; the caller takes the first that says what is
// wanted.
std::vector<std::string> candidates_for_missing(const Text& text, const model::TableSchema& table,
                                                bool enabled) {
  const auto& connector_name = table.connector;
  const Node* connector = find_path(text.root(), {"connectors", connector_name});
  const Node* tables = find_path(text.root(), {"connectors", connector_name, "tables"});
  const std::string member = fmt::format("{} = {}", table.name, word(enabled));
  const std::string header = fmt::format("[connectors.{}.tables]", connector_name);
  std::vector<std::string> found;
  if (tables != nullptr && tables->is_inline) found.push_back(with_member(text, *tables, member));
  if (tables != nullptr && !tables->is_inline) {
    const int line = last_line(*tables);
    for (const auto& prefix : {std::string(), std::string("tables."), connector_name + ".tables.",
                               fmt::format("connectors.{}.tables.", connector_name)}) {
      found.push_back(text.inserted_after(
          line, joined(text, {fmt::format("{}{}{}", indent_of(text.line(line)), prefix, member)})));
    }
  }
  if (connector != nullptr && connector->is_inline)
    found.push_back(with_member(text, *connector, fmt::format("tables = {{ {} }}", member)));
  if (connector != nullptr && !connector->is_inline) {
    found.push_back(text.inserted_after(section_end(text, connector->line),
                                        joined(text, {"", header, member})));
    found.push_back(text.inserted_after(text.lines(), joined(text, {"", header, member})));
  }
  if (connector == nullptr) {
    found.push_back(text.inserted_after(
        text.lines(), joined(text, {"", fmt::format("[connectors.{}]", connector_name),
                                    "enabled = true", "", header, member})));
  }
  return found;
}

std::vector<std::string> candidates(const Text& text, const model::TableSchema& table,
                                    bool enabled) {
  const Node* value = find_path(text.root(), {"connectors", table.connector, "tables", table.name});
  if (value == nullptr) return candidates_for_missing(text, table, enabled);
  if (value->kind == NodeKind::boolean) return {with_boolean(text, *value, enabled)};
  const Node* member = value->find("enabled");
  if (member != nullptr) return {with_boolean(text, *member, enabled)};
  const std::string line = fmt::format("enabled = {}", word(enabled));
  if (value->is_inline) return {with_member(text, *value, line)};
  const int last = last_line(*value);
  return {text.inserted_after(
              last, joined(text, {fmt::format("{}{}", indent_of(text.line(last)), line)})),
          text.inserted_after(last, joined(text, {fmt::format("{}{}.{}", indent_of(text.line(last)),
                                                              table.name, line)})),
          text.inserted_after(
              last, joined(text, {fmt::format("{}tables.{}.{}", indent_of(text.line(last)),
                                              table.name, line)}))};
}

// Neither a switch nor a table with one: what stands there must be put right by hand.
bool is_switch(const Node* value) {
  if (value == nullptr || value->kind == NodeKind::boolean) return true;
  if (value->kind != NodeKind::table) return false;
  const Node* member = value->find("enabled");
  return member == nullptr || member->kind == NodeKind::boolean;
}

}  // namespace

Result<std::string> set_table_enabled(std::string_view text, const model::TableSchema& table,
                                      bool enabled) {
  const Document document = parse_document(text);
  if (!document.root)
    return Error(Errc::config, fmt::format("line {}: {}", document.line, document.message));
  const Node* tables = find_path(*document.root, {"connectors", table.connector, "tables"});
  if (!enabled && tables == nullptr) return std::string(text);
  const Node* value =
      find_path(*document.root, {"connectors", table.connector, "tables", table.name});
  const Node expected = expected_root(*document.root, table, enabled);
  if (same_content(*document.root, expected)) return std::string(text);
  if (is_switch(value)) {
    for (auto& candidate : candidates(Text(text, *document.root), table, enabled)) {
      const Document edited = parse_document(candidate);
      if (edited.root && same_content(*edited.root, expected)) return std::move(candidate);
    }
  }
  return Error(Errc::config, fmt::format("the switch of {} cannot be set in this layout; write {} "
                                         "= {} into [connectors.{}.tables]",
                                         table.name, table.name, word(enabled), table.connector));
}

}  // namespace harrier::settings
