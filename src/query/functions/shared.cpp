#include "query/functions/shared.hpp"

#include "query/convert.hpp"
#include "query/json.hpp"

#include <algorithm>
#include <cmath>
#include <list>
#include <numbers>
#include <unordered_map>

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

std::size_t circle_corners(double radius, double tolerance) noexcept {
  const double share = std::min(0.5, tolerance / radius);
  const double corners = std::ceil(std::numbers::pi / std::acos(1 - share));
  return static_cast<std::size_t>(std::clamp(corners, 8.0, 10'000.0));
}

std::string names_json(const std::vector<std::string>& names) {
  std::string json = "[";
  for (const std::string& name : names) json += (json.size() > 1 ? ",\"" : "\"") + name + '"';
  return json + "]";
}

std::vector<std::string> as_a_set(std::vector<std::string> texts) {
  const auto hash = [](std::string_view text) {
    std::uint64_t h = 14'695'981'039'346'656'037U;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    return h;
  };
  std::list<std::string> order;
  std::unordered_map<std::uint64_t, std::list<std::string>::iterator> first_of;
  std::uint64_t buckets = 8;
  const auto insert = [&](std::string text) {
    const std::uint64_t bucket = hash(text) % buckets;
    const auto found = first_of.find(bucket);
    const auto before = found == first_of.end() ? order.end() : found->second;
    first_of[bucket] = order.insert(before, std::move(text));
  };
  for (std::string& text : texts) {
    if (order.size() == buckets) {
      buckets *= buckets < 512 ? 8 : 2;
      std::list<std::string> old;
      old.swap(order);
      first_of.clear();
      for (std::string& one : old) insert(std::move(one));
    }
    insert(std::move(text));
  }
  return {order.begin(), order.end()};
}

}  // namespace harrier::query
