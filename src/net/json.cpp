#include "net/json.hpp"

#include <simdjson.h>

#include <charconv>

namespace harrier::net {

struct SmallJson::Document {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  bool valid = false;
};

namespace {

namespace dom = simdjson::dom;

std::optional<dom::element> find(const dom::element& root,
                                 std::initializer_list<std::string_view> path) {
  dom::element here = root;
  for (const std::string_view key : path) {
    dom::element next;
    if (here.at_key(key).get(next) != simdjson::SUCCESS) return std::nullopt;
    here = next;
  }
  return here;
}

std::optional<std::int64_t> whole_number(const dom::element& value) {
  std::int64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return number;
  double real = 0;
  if (value.get(real) == simdjson::SUCCESS && real > -9e15 && real < 9e15)
    return static_cast<std::int64_t>(real);
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

SmallJson::SmallJson(std::string_view text) : document_(std::make_unique<Document>()) {
  document_->valid =
      document_->parser.parse(text.data(), text.size()).get(document_->root) == simdjson::SUCCESS;
}

SmallJson::~SmallJson() = default;

bool SmallJson::valid() const noexcept {
  return document_->valid;
}

std::optional<std::string> SmallJson::text(std::initializer_list<std::string_view> path) const {
  if (!document_->valid) return std::nullopt;
  const auto value = find(document_->root, path);
  if (!value) return std::nullopt;
  std::string_view text;
  if (value->get(text) == simdjson::SUCCESS) return std::string(text);
  if (const auto number = whole_number(*value)) return std::to_string(*number);
  return std::nullopt;
}

std::optional<std::int64_t> SmallJson::number(std::initializer_list<std::string_view> path) const {
  if (!document_->valid) return std::nullopt;
  const auto value = find(document_->root, path);
  return value ? whole_number(*value) : std::nullopt;
}

std::optional<std::int64_t> SmallJson::first_number(
    std::initializer_list<std::string_view> path) const {
  if (!document_->valid) return std::nullopt;
  const auto value = find(document_->root, path);
  dom::array items;
  if (!value || value->get(items) != simdjson::SUCCESS) return std::nullopt;
  for (const dom::element item : items) return whole_number(item);
  return std::nullopt;
}

}  // namespace harrier::net
