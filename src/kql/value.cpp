#include "kql/value.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "kql/literals.hpp"

#include <cmath>

namespace harrier::kql {

Value Value::null(ScalarType type) {
  if (type == ScalarType::string) return of_string({});
  return {type, std::monostate()};
}

std::string to_literal(const Value& value) {
  const std::string type(model::to_string(value.type()));
  if (value.is_null()) return type + "(null)";
  switch (value.type()) {
    case ScalarType::boolean:
      return value.boolean() ? "true" : "false";
    case ScalarType::int_:
      return "int(" + std::to_string(value.integer()) + ")";
    case ScalarType::long_:
      return std::to_string(value.integer());
    case ScalarType::real:
      return format_real(value.real());
    case ScalarType::datetime:
      return "datetime(" + format_instant(Instant{value.integer()}) + ")";
    case ScalarType::timespan:
      return "time(" + format_timespan(value.integer()) + ")";
    case ScalarType::decimal:
    case ScalarType::guid:
    case ScalarType::dynamic:
      return type + "(" + value.text() + ")";
    case ScalarType::string:
      break;
  }
  std::string text;
  append_json_string(text, value.text());
  return text;
}

void append_json_value(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
    return;
  }
  switch (value.type()) {
    case ScalarType::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case ScalarType::int_:
    case ScalarType::long_:
      out += std::to_string(value.integer());
      return;
    case ScalarType::real:
      if (std::isfinite(value.real())) {
        out += format_real(value.real());
      } else {
        append_json_string(out, format_real(value.real()));
      }
      return;
    case ScalarType::datetime:
      append_json_string(out, format_instant(Instant{value.integer()}));
      return;
    case ScalarType::timespan:
      append_json_string(out, format_timespan(value.integer()));
      return;
    case ScalarType::dynamic:
      out += value.text();
      return;
    case ScalarType::decimal:
    case ScalarType::guid:
    case ScalarType::string:
      append_json_string(out, value.text());
      return;
  }
}

}  // namespace harrier::kql
