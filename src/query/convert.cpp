#include "query/convert.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "kql/literals.hpp"
#include "query/decimal.hpp"
#include "query/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace harrier::query {

namespace {

void append_long(std::string& out, std::int64_t value) {
  char text[24];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  (void)error;
  out.append(text, end);
}

/// .NET writes `1E+20` where to_chars writes `1e+20`, and switches to it at 1E+15 and below 1E-05.
void append_shortest(std::string& out, double value) {
  char text[64];
  const double size = std::fabs(value);
  const bool scientific = size != 0 && (size >= 1e15 || size < 1e-5);
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, value,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed);
  (void)error;
  std::string_view digits(text, static_cast<std::size_t>(end - text));
  const std::size_t e = digits.find('e');
  if (e == std::string_view::npos) {
    out += digits;
    if (digits.find('.') == std::string_view::npos) out += ".0";
    return;
  }
  out += digits.substr(0, e);
  out += 'E';
  out += digits.substr(e + 1);
}

Value null_of(ScalarType type) noexcept {
  return Value::of_null(type);
}

Value to_integer(const Value& value, ScalarType type, StringHeap& heap) {
  const auto made = [&](std::int64_t n) {
    return Value::of_int(type, type == ScalarType::int_ ? static_cast<std::int32_t>(n) : n);
  };
  switch (value.type) {
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
    case ScalarType::timespan:
      return made(value.i);
    case ScalarType::real: {
      if (std::isnan(value.r)) return null_of(type);
      const bool narrow = type == ScalarType::int_;
      if (narrow && value.r >= INT32_MAX) return made(INT32_MAX);
      if (narrow && value.r <= INT32_MIN) return made(INT32_MIN);
      const auto whole = real_to_long(value.r);
      return made(whole ? *whole : (value.r > 0 ? INT64_MAX : INT64_MIN));
    }
    case ScalarType::decimal: {
      const auto number = Decimal::parse(value.s);
      return number ? made(number->to_long()) : null_of(type);
    }
    case ScalarType::dynamic:
      return to_integer(json_scalar(value.s, heap), type, heap);
    case ScalarType::string:
    case ScalarType::guid:
      break;
  }
  const std::string_view digits = trim(value.s);
  const bool signed_hex = digits.size() > 3 && (digits[0] == '-' || digits[0] == '+') &&
                          (digits[2] == 'x' || digits[2] == 'X');
  const auto number = signed_hex ? std::nullopt : kql::parse_long(digits);
  if (!number) return null_of(type);
  if (type == ScalarType::int_ && (*number > INT32_MAX || *number < INT32_MIN))
    return null_of(type);
  return made(*number);
}

Value to_real(const Value& value, StringHeap& heap) {
  switch (value.type) {
    case ScalarType::real:
      return value;
    case ScalarType::decimal: {
      const auto number = Decimal::parse(value.s);
      return number ? Value::of_real(number->to_real()) : null_of(ScalarType::real);
    }
    case ScalarType::string: {
      const auto number = parse_real(value.s);
      return number ? Value::of_real(*number) : null_of(ScalarType::real);
    }
    case ScalarType::dynamic: {
      const Value scalar = json_scalar(value.s, heap);
      if (scalar.type == ScalarType::dynamic) return null_of(ScalarType::real);
      return to_real(scalar, heap);
    }
    case ScalarType::guid:
      return null_of(ScalarType::real);
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
    case ScalarType::timespan:
      break;
  }
  return Value::of_real(static_cast<double>(value.i));
}

Value to_decimal(const Value& value, StringHeap& heap) {
  std::optional<Decimal> number;
  switch (value.type) {
    case ScalarType::decimal:
      return value;
    case ScalarType::dynamic: {
      const Value scalar = json_scalar(value.s, heap);
      if (scalar.type == ScalarType::dynamic) return null_of(ScalarType::decimal);
      return to_decimal(scalar, heap);
    }
    case ScalarType::real:
      if (!std::isfinite(value.r)) return null_of(ScalarType::decimal);
      number = Decimal::parse(text_of(value));
      break;
    case ScalarType::string:
    case ScalarType::guid:
      number = Decimal::parse(trim(value.s));
      break;
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
    case ScalarType::timespan:
      number = Decimal::of(value.i);
      break;
  }
  if (!number) return null_of(ScalarType::decimal);
  return Value::of_text(ScalarType::decimal, heap.add(number->text()));
}

Value to_boolean(const Value& value, StringHeap& heap) {
  switch (layout_of(value.type)) {
    case Layout::integer:
      return Value::of_bool(value.i != 0);
    case Layout::real:
      return Value::of_bool(value.r != 0);
    case Layout::text:
      break;
  }
  if (value.type == ScalarType::dynamic) {
    const Value scalar = json_scalar(value.s, heap);
    if (scalar.type == ScalarType::dynamic) return null_of(ScalarType::boolean);
    return to_boolean(scalar, heap);
  }
  if (value.type == ScalarType::decimal) {
    const auto number = Decimal::parse(value.s);
    return number ? Value::of_bool(number->mantissa != 0) : null_of(ScalarType::boolean);
  }
  const auto truth = parse_bool(value.s);
  return truth ? Value::of_bool(*truth) : null_of(ScalarType::boolean);
}

Value to_datetime(const Value& value, StringHeap& heap) {
  std::optional<std::int64_t> ticks;
  switch (value.type) {
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::int_:
    case ScalarType::long_:
      ticks = value.i;
      break;
    case ScalarType::real:
      ticks = real_to_long(value.r);
      break;
    case ScalarType::string:
      ticks = parse_datetime(value.s);
      break;
    case ScalarType::dynamic: {
      const Value scalar = json_scalar(value.s, heap);
      if (scalar.type == ScalarType::dynamic) return null_of(ScalarType::datetime);
      return to_datetime(scalar, heap);
    }
    case ScalarType::boolean:
    case ScalarType::guid:
    case ScalarType::decimal:
      break;
  }
  if (!ticks || !in_datetime_range(*ticks)) return null_of(ScalarType::datetime);
  return Value::of_int(ScalarType::datetime, *ticks);
}

Value to_timespan(const Value& value, StringHeap& heap) {
  std::optional<std::int64_t> ticks;
  switch (value.type) {
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::int_:
    case ScalarType::long_:
      ticks = value.i;
      break;
    case ScalarType::real:
      ticks = real_to_long(value.r);
      break;
    case ScalarType::string:
      // A number without a unit is a length of time in a literal only.
      if (value.s.find_first_not_of("0123456789.+- ") != std::string_view::npos) {
        ticks = kql::parse_timespan(value.s);
      }
      break;
    case ScalarType::dynamic: {
      const Value scalar = json_scalar(value.s, heap);
      if (scalar.type == ScalarType::dynamic) return null_of(ScalarType::timespan);
      return to_timespan(scalar, heap);
    }
    case ScalarType::boolean:
    case ScalarType::guid:
    case ScalarType::decimal:
      break;
  }
  return ticks ? Value::of_int(ScalarType::timespan, *ticks) : null_of(ScalarType::timespan);
}

}  // namespace

void append_real(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "inf" : "-inf";
  } else {
    append_shortest(out, value);
  }
}

void append_text(std::string& out, const Value& value) {
  if (value.null && value.type != ScalarType::string) return;
  switch (value.type) {
    case ScalarType::boolean:
      out += value.i != 0 ? "True" : "False";
      break;
    case ScalarType::int_:
    case ScalarType::long_:
      append_long(out, value.i);
      break;
    case ScalarType::real:
      append_real(out, value.r);
      break;
    case ScalarType::datetime:
      out += format_instant(Instant{value.i});
      break;
    case ScalarType::timespan:
      out += kql::format_timespan(value.i);
      break;
    case ScalarType::dynamic:
      if (json_kind(value.s) == JsonKind::string) {
        out += json_unquote(value.s);
      } else {
        out += value.s;
      }
      break;
    case ScalarType::string:
    case ScalarType::guid:
    case ScalarType::decimal:
      out += value.s;
      break;
  }
}

std::string text_of(const Value& value) {
  std::string out;
  append_text(out, value);
  return out;
}

std::string_view text_of(const Value& value, StringHeap& heap) {
  if (value.null && value.type != ScalarType::string) return {};
  if (layout_of(value.type) == Layout::text) {
    if (value.type != ScalarType::dynamic || json_kind(value.s) != JsonKind::string) return value.s;
    return json_unquote(value.s, heap);
  }
  std::string text;
  append_text(text, value);
  return heap.add(text);
}

std::optional<std::int64_t> real_to_long(double value) noexcept {
  if (std::isnan(value) || value >= 9.2233720368547758e18 || value < -9.2233720368547758e18) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(value);
}

std::optional<double> parse_real(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  const std::string lower = to_lower(text);
  std::string_view word = lower;
  const bool negative = word[0] == '-';
  if (negative || word[0] == '+') word.remove_prefix(1);
  if (word == "nan") return std::nan("");
  if (word == "inf" || word == "infinity") return negative ? -HUGE_VAL : HUGE_VAL;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  if (error != std::errc() || word.empty() || word[0] < '.' || word[0] > '9') return std::nullopt;
  return value;
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string word = to_lower(trim(text));
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  const auto number = kql::parse_long(word);
  if (number) return *number != 0;
  return std::nullopt;
}

Value convert(const Value& value, ScalarType type, StringHeap& heap) {
  if (value.type == type) return value;
  if (type == ScalarType::string) return Value::of_string(text_of(value, heap));
  if (value.null && value.type != ScalarType::string) return Value::of_null(type);
  switch (type) {
    case ScalarType::boolean:
      return to_boolean(value, heap);
    case ScalarType::int_:
    case ScalarType::long_:
      if (value.type == ScalarType::dynamic &&
          (json_kind(value.s) == JsonKind::array || json_kind(value.s) == JsonKind::object)) {
        return null_of(type);
      }
      return to_integer(value, type, heap);
    case ScalarType::real:
      return to_real(value, heap);
    case ScalarType::decimal:
      return to_decimal(value, heap);
    case ScalarType::datetime:
      return to_datetime(value, heap);
    case ScalarType::timespan:
      return to_timespan(value, heap);
    case ScalarType::guid: {
      std::string digits;
      for (const char c : text_of(value, heap)) {
        if (c != '-') digits += c;
      }
      const auto guid = kql::parse_guid(digits);
      return guid ? Value::of_text(type, heap.add(*guid)) : null_of(type);
    }
    case ScalarType::dynamic: {
      std::string json;
      append_json(json, value);
      return dynamic_value(heap.add(json));
    }
    case ScalarType::string:
      break;
  }
  return null_of(type);
}

}  // namespace harrier::query
