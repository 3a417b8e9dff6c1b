#include "sandbox/record.hpp"

#include "base/text.hpp"
#include "sandbox/render.hpp"

#include <algorithm>

namespace harrier::sandbox {

Record& Record::text(std::string_view name, std::string_view value) {
  properties_.push_back({std::string(name), Property::Kind::text, std::string(value)});
  return *this;
}

Record& Record::number(std::string_view name, std::int64_t value) {
  properties_.push_back({std::string(name), Property::Kind::number, fmt::format("{}", value)});
  return *this;
}

Record& Record::real(std::string_view name, double value) {
  properties_.push_back({std::string(name), Property::Kind::number, fmt::format("{}", value)});
  return *this;
}

Record& Record::flag(std::string_view name, bool value) {
  properties_.push_back({std::string(name), Property::Kind::flag, value ? "true" : "false"});
  return *this;
}

Record& Record::time(std::string_view name, Instant value) {
  std::string wire;
  append_wire_time(wire, value);
  properties_.push_back({std::string(name), Property::Kind::time, wire.substr(1, wire.size() - 2)});
  return *this;
}

Record& Record::null(std::string_view name) {
  properties_.push_back({std::string(name), Property::Kind::null, {}});
  return *this;
}

Record& Record::json(std::string_view name, std::string_view value) {
  properties_.push_back({std::string(name), Property::Kind::json, std::string(value)});
  return *this;
}

Record& Record::stored(std::string_view column, std::string_view value) {
  stored_.emplace_back(column, value);
  return *this;
}

std::string Record::to_json() const {
  std::string out = "{";
  for (const auto& property : properties_) {
    if (out.size() > 1) out += ',';
    append_json_string(out, property.name);
    out += ':';
    switch (property.kind) {
      case Property::Kind::null:
        out += "null";
        break;
      case Property::Kind::text:
      case Property::Kind::time:
        append_json_string(out, property.value);
        break;
      case Property::Kind::number:
      case Property::Kind::flag:
      case Property::Kind::json:
        out += property.value;
        break;
    }
  }
  return out + "}";
}

const Property* Record::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(properties_, name, &Property::name);
  return found == properties_.end() ? nullptr : &*found;
}

const std::string* Record::stored_value(std::string_view column) const noexcept {
  for (const auto& [name, value] : stored_) {
    if (name == column) return &value;
  }
  return nullptr;
}

std::string stored_property(const Property& property, model::ScalarType type) {
  const auto& value = property.value;
  if (property.kind == Property::Kind::null) return {};
  if (type == model::ScalarType::datetime) {
    const auto time = parse_instant(value);
    return time ? format_instant(*time) : std::string();
  }
  if (type == model::ScalarType::boolean) return value == "true" ? "1" : "0";
  if (type == model::ScalarType::dynamic && property.kind == Property::Kind::text) {
    if (value.starts_with('{') || value.starts_with('[')) return value;
    std::string quoted;
    append_json_string(quoted, value);
    return quoted;
  }
  return value;
}

std::string json_object(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  Record record;
  for (const auto& [name, value] : members) record.text(name, value);
  return record.to_json();
}

}  // namespace harrier::sandbox
