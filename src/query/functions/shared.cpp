#include "query/functions/shared.hpp"

#include "query/convert.hpp"
#include "query/json.hpp"

#include <cmath>

namespace harrier::query {

bool is_array(const Value& value) noexcept {
  return !value.null && value.type == ScalarType::dynamic && json_kind(value.s) == JsonKind::array;
}

double number_of(std::string_view json, StringHeap& heap) {
  const JsonKind kind = json_kind(json);
  if (kind != JsonKind::integer && kind != JsonKind::real) return NAN;
  return convert(dynamic_value(json), ScalarType::real, heap).r;
}

Series series_of(const Value& value, StringHeap& heap) {
  Series out;
  if (is_array(value)) {
    for (const std::string_view e : json_elements(value.s)) out.push_back(number_of(e, heap));
  }
  return out;
}

std::string series_json(const Series& series, bool whole) {
  std::string out = "[";
  for (const double x : series) {
    if (out.size() > 1) out += ',';
    if (std::isnan(x)) {
      out += "null";
    } else if (whole && std::fabs(x) < 9e15) {
      out += std::to_string(static_cast<std::int64_t>(x));
    } else {
      append_json(out, Value::of_real(x));
    }
  }
  return out + "]";
}

std::optional<SpherePoint> point_at(const Frame& f, std::size_t arg) {
  const double longitude = f.real(arg, NAN);
  const double latitude = f.real(arg + 1, NAN);
  if (!is_place(longitude, latitude)) return std::nullopt;
  return sphere_point(longitude, latitude);
}

}  // namespace harrier::query
