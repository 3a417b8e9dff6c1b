#include "base/metrics.hpp"

#include <fmt/format.h>

#include <cmath>

namespace harrier {

namespace {

std::string number(double value) {
  if (std::floor(value) == value && std::fabs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string label_text(const Labels& labels, std::string_view extra_name = {},
                       std::string_view extra_value = {}) {
  std::string out;
  const auto append = [&out](std::string_view name, std::string_view value) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escaped(value));
  };
  for (const auto& [name, value] : labels) append(name, value);
  if (!extra_name.empty()) append(extra_name, extra_value);
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

void Metrics::declare(std::string name, Kind kind, std::string help, std::vector<double> bounds) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[std::move(name)];
  family.kind = kind;
  family.help = std::move(help);
  family.bounds = std::move(bounds);
}

Metrics::Series& Metrics::series_of(std::string_view name, const Labels& labels) {
  auto family = families_.find(name);
  if (family == families_.end()) family = families_.emplace(std::string(name), Family()).first;
  Series& series = family->second.series[labels];
  series.buckets.resize(family->second.bounds.size());
  return series;
}

void Metrics::add(std::string_view name, const Labels& labels, double amount) {
  const std::lock_guard lock(mutex_);
  series_of(name, labels).value += amount;
}

void Metrics::set(std::string_view name, const Labels& labels, double value) {
  const std::lock_guard lock(mutex_);
  series_of(name, labels).value = value;
}

void Metrics::observe(std::string_view name, const Labels& labels, double seconds) {
  const std::lock_guard lock(mutex_);
  Series& series = series_of(name, labels);
  const auto& bounds = families_.find(name)->second.bounds;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (seconds <= bounds[i]) ++series.buckets[i];
  }
  ++series.count;
  series.value += seconds;
}

void Metrics::forget(std::string_view label, std::string_view value) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, family] : families_) {
    std::erase_if(family.series, [&](const auto& entry) {
      for (const auto& [key, text] : entry.first) {
        if (key == label && text == value) return true;
      }
      return false;
    });
  }
}

double Metrics::value(std::string_view name, const Labels& labels) const {
  const std::lock_guard lock(mutex_);
  const auto family = families_.find(name);
  if (family == families_.end()) return 0;
  const auto series = family->second.series.find(labels);
  return series == family->second.series.end() ? 0 : series->second.value;
}

std::string Metrics::expose() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    const std::string_view kind = family.kind == Kind::counter ? "counter"
                                  : family.kind == Kind::gauge ? "gauge"
                                                               : "histogram";
    out += fmt::format("# TYPE {} {}\n# HELP {} {}\n", name, kind, name, escaped(family.help));
    for (const std::string_view unit : {"seconds", "bytes"}) {
      if (name.ends_with(fmt::format("_{}", unit)))
        out += fmt::format("# UNIT {} {}\n", name, unit);
    }
    for (const auto& [labels, series] : family.series) {
      switch (family.kind) {
        case Kind::counter:
          out += fmt::format("{}_total{} {}\n", name, label_text(labels), number(series.value));
          break;
        case Kind::gauge:
          out += fmt::format("{}{} {}\n", name, label_text(labels), number(series.value));
          break;
        case Kind::histogram:
          for (std::size_t i = 0; i < family.bounds.size(); ++i)
            out += fmt::format("{}_bucket{} {}\n", name,
                               label_text(labels, "le", fmt::format("{}", family.bounds[i])),
                               series.buckets[i]);
          out +=
              fmt::format("{}_bucket{} {}\n", name, label_text(labels, "le", "+Inf"), series.count);
          out += fmt::format("{}_count{} {}\n", name, label_text(labels), series.count);
          out += fmt::format("{}_sum{} {}\n", name, label_text(labels), series.value);
          break;
      }
    }
  }
  return out + "# EOF\n";
}

}  // namespace harrier
