// A JSON record in the making, with what Harrier must store of it.
#pragma once

#include "base/time.hpp"
#include "model/schema.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::sandbox {

/// One property of a record.
struct Property {
  enum class Kind : std::uint8_t { null, text, number, flag, time, json };

  std::string name;
  Kind kind = Kind::null;
  std::string
      value;  ///< the text itself, the digits, `true`/`false`, the JSON; of a time: its wire form
};

/// An object in the order its properties are added.
class Record {
 public:
  Record& text(std::string_view name, std::string_view value);

  template <class... Args>
  Record& text(std::string_view name, fmt::format_string<Args...> pattern, Args&&... args) {
    return text(name, std::string_view(fmt::format(pattern, std::forward<Args>(args)...)));
  }

  Record& number(std::string_view name, std::int64_t value);
  Record& real(std::string_view name, double value);
  Record& flag(std::string_view name, bool value);
  Record& time(std::string_view name, Instant value);
  Record& null(std::string_view name);
  Record& json(std::string_view name, std::string_view value);
  /// What Harrier must store in `column`, where no property says so by itself.
  Record& stored(std::string_view column, std::string_view value);

  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] const Property* find(std::string_view name) const noexcept;

  [[nodiscard]] const std::vector<Property>& properties() const noexcept { return properties_; }

  [[nodiscard]] const std::string* stored_value(std::string_view column) const noexcept;

 private:
  std::vector<Property> properties_;
  std::vector<std::pair<std::string, std::string>> stored_;
};

/// The stored form of a property in a column of `type`; empty for NULL.
[[nodiscard]] std::string stored_property(const Property& property, model::ScalarType type);
/// `{"a":"b"}` from alternating names and texts.
[[nodiscard]] std::string json_object(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members);

}  // namespace harrier::sandbox
