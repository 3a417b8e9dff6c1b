#include "settings/section.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace harrier::settings {

namespace {

std::string_view kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::table:
      return "a table";
    case NodeKind::array:
      return "a list";
    case NodeKind::string:
      return "text";
    case NodeKind::integer:
      return "a number";
    case NodeKind::boolean:
      return "true or false";
    case NodeKind::other:
      return "a fraction or a date";
  }
  return "something else";
}

std::string quoted_key(std::string_view key) {
  const bool bare = !key.empty() && key.find_first_not_of(
                                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_-") == std::string_view::npos;
  return bare ? std::string(key) : fmt::format("\"{}\"", key);
}

}  // namespace

void Report::add(int line, std::string key, std::string message) {
  problems.push_back({file, line, std::move(key), std::move(message)});
}

Section::Section(Report& report, const Node* table, std::string path, int line)
    : report_(report), table_(table), path_(std::move(path)), line_(line) {}

std::string Section::dotted(std::string_view key) const {
  return path_.empty() ? quoted_key(key) : path_ + "." + quoted_key(key);
}

int Section::line_of(std::string_view key) const noexcept {
  if (table_ == nullptr) return line_;
  for (const auto& entry : table_->entries) {
    if (entry.key == key) return entry.line;
  }
  return line_;
}

bool Section::has(std::string_view key) const noexcept {
  return table_ != nullptr && table_->find(key) != nullptr;
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> names;
  if (table_ == nullptr) return names;
  for (const auto& entry : table_->entries) names.push_back(entry.key);
  return names;
}

const Node* Section::node(std::string_view key) {
  allow(key);
  return table_ == nullptr ? nullptr : table_->find(key);
}

void Section::complain(std::string_view key, std::string message) {
  report_.add(line_of(key), dotted(key), std::move(message));
}

void Section::wrong_type(std::string_view key, const Node& node, std::string_view wanted) {
  complain(key, fmt::format("is {}; write {}", kind_name(node.kind), wanted));
}

Section Section::sub(std::string_view key) {
  const Node* found = node(key);
  if (found != nullptr && found->kind != NodeKind::table) {
    wrong_type(key, *found, fmt::format("a section [{}]", dotted(key)));
    found = nullptr;
  }
  return Section(report_, found, dotted(key), line_of(key));
}

std::optional<std::string> Section::text(std::string_view key) {
  const Node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind != NodeKind::string) {
    wrong_type(key, *found, "text in quotes");
    return std::nullopt;
  }
  return found->text;
}

std::optional<std::string> Section::required_text(std::string_view key, std::string_view hint) {
  const bool there = has(key);
  auto value = text(key);
  if (!there || (value && value->empty())) {
    complain(key, fmt::format("is {}: {}", there ? "empty" : "missing", hint));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> Section::boolean(std::string_view key) {
  const Node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind != NodeKind::boolean) {
    wrong_type(key, *found, "true or false, without quotes");
    return std::nullopt;
  }
  return found->boolean;
}

std::optional<std::int64_t> Section::integer(std::string_view key, std::int64_t least,
                                             std::int64_t most) {
  const Node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind != NodeKind::integer) {
    wrong_type(key, *found, "a whole number");
    return std::nullopt;
  }
  if (found->integer < least || found->integer > most) {
    complain(key, fmt::format("is {}; write a number from {} to {}", found->integer, least, most));
    return std::nullopt;
  }
  return found->integer;
}

std::optional<Milliseconds> Section::duration(std::string_view key, Milliseconds least) {
  const Node* found = node(key);
  if (found == nullptr) return std::nullopt;
  std::optional<Milliseconds> value;
  if (found->kind == NodeKind::integer && found->integer == 0) value = Milliseconds(0);
  if (found->kind == NodeKind::string) value = parse_duration(found->text);
  if (!value) {
    const std::string shown = found->kind == NodeKind::string ? fmt::format("\"{}\"", found->text)
                                                              : std::string(kind_name(found->kind));
    complain(key, fmt::format(
                      "is {}, which is no duration; write \"90d\", \"1h30m\", \"10s\" or \"500ms\"",
                      shown));
    return std::nullopt;
  }
  if (*value < least) {
    complain(key,
             fmt::format("is shorter than {}, the least allowed", format_duration(Ticks(least))));
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> Section::size(std::string_view key) {
  const Node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind == NodeKind::integer && found->integer >= 0)
    return static_cast<std::uint64_t>(found->integer);
  const auto value = found->kind == NodeKind::string ? parse_size(found->text) : std::nullopt;
  if (!value) complain(key, "is no size; write \"50MiB\", \"1GiB\" or a number of bytes");
  return value;
}

std::vector<std::string> Section::texts(std::string_view key) {
  std::vector<std::string> values;
  const Node* found = node(key);
  if (found == nullptr) return values;
  if (found->kind != NodeKind::array) {
    wrong_type(key, *found, "a list of texts: [\"A\", \"B\"]");
    return values;
  }
  for (const auto& item : found->items) {
    if (item.kind != NodeKind::string) {
      wrong_type(key, item, "a list of texts: [\"A\", \"B\"]");
      return {};
    }
    values.push_back(item.text);
  }
  return values;
}

void Section::finish() {
  if (table_ == nullptr) return;
  for (const auto& entry : table_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::string nearest = nearest_name(entry.key, known_);
    const std::string_view what =
        entry.value.kind == NodeKind::table && !entry.value.is_inline ? "section" : "key";
    complain(entry.key,
             nearest.empty()
                 ? fmt::format("is no known {}; known here: {}", what, fmt::join(known_, ", "))
                 : fmt::format("is no known {}; did you mean {}?", what, nearest));
  }
}

}  // namespace harrier::settings
