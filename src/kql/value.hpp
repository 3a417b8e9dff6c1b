// A constant of the language.
#pragma once

#include "model/types.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace harrier::kql {

using model::ScalarType;

/// A typed constant, possibly null. What `data` holds, by type:
/// bool: bool · int, long: int64 · datetime: int64 ticks since 0001-01-01 · timespan: int64 ticks ·
/// real: double · decimal: its digits as text · string: text · guid: lower-case text with dashes ·
/// dynamic: compact JSON text. A string is never null.
class Value {
 public:
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

  Value() = default;

  Value(ScalarType type, Data data) : type_(type), data_(std::move(data)) {}

  [[nodiscard]] static Value null(ScalarType type);

  [[nodiscard]] static Value of_bool(bool value) { return {ScalarType::boolean, value}; }

  [[nodiscard]] static Value of_long(std::int64_t value) { return {ScalarType::long_, value}; }

  [[nodiscard]] static Value of_int(std::int64_t value) { return {ScalarType::int_, value}; }

  [[nodiscard]] static Value of_real(double value) { return {ScalarType::real, value}; }

  [[nodiscard]] static Value of_string(std::string value) {
    return {ScalarType::string, std::move(value)};
  }

  [[nodiscard]] static Value of_datetime(std::int64_t ticks) {
    return {ScalarType::datetime, ticks};
  }

  [[nodiscard]] static Value of_timespan(std::int64_t ticks) {
    return {ScalarType::timespan, ticks};
  }

  [[nodiscard]] static Value of_dynamic(std::string json) {
    return {ScalarType::dynamic, std::move(json)};
  }

  [[nodiscard]] ScalarType type() const noexcept { return type_; }

  [[nodiscard]] bool is_null() const noexcept {
    return std::holds_alternative<std::monostate>(data_);
  }

  [[nodiscard]] const Data& data() const noexcept { return data_; }

  /// The held alternative; the caller knows from `type()` and `is_null()` which it is.
  [[nodiscard]] bool boolean() const { return std::get<bool>(data_); }

  [[nodiscard]] std::int64_t integer() const { return std::get<std::int64_t>(data_); }

  [[nodiscard]] double real() const { return std::get<double>(data_); }

  [[nodiscard]] const std::string& text() const { return std::get<std::string>(data_); }

  friend bool operator==(const Value&, const Value&) = default;

 private:
  ScalarType type_ = ScalarType::dynamic;
  Data data_;
};

/// As `dump` and messages show it: a KQL literal.
[[nodiscard]] std::string to_literal(const Value& value);

/// Appends `value` as JSON: datetimes and timespans as the texts tostring gives.
void append_json_value(std::string& out, const Value& value);

}  // namespace harrier::kql
