// Writes JSON texts: the writer sets commas and escapes, the caller says what is there.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier {

/// Appends one compact JSON document. Calls follow the document's order; inside an object every
/// value has its key first.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }

  JsonWriter& end_object() { return close('}'); }

  JsonWriter& begin_array() { return open('['); }

  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);

  JsonWriter& value(const char* text) { return value(std::string_view(text)); }

  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }

  JsonWriter& value(bool boolean) { return raw(boolean ? "true" : "false"); }

  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }

  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  /// NaN and infinities become null.
  JsonWriter& value(double number);

  JsonWriter& null() { return raw("null"); }

  /// RFC 3339 with whole seconds; null where there is none.
  JsonWriter& value(std::optional<Instant> instant);
  /// JSON as it is.
  JsonWriter& raw(std::string_view json);

  /// A key and its value.
  template <class T>
  JsonWriter& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }

  [[nodiscard]] const std::string& text() const noexcept { return out_; }

  [[nodiscard]] std::string take() noexcept { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_;
  bool first_ = true;  // nothing stands before in this object or array
  bool after_key_ = false;
};

}  // namespace harrier
