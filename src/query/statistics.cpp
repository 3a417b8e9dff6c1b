#include "query/statistics.hpp"

#include <cmath>

namespace harrier::query {

SeriesStats stats_of(std::span<const double> series) {
  SeriesStats out;
  double sum = 0;
  for (std::size_t k = 0; k < series.size(); ++k) {
    const double x = series[k];
    if (std::isnan(x)) continue;
    if (out.count == 0 || x < out.min) {
      out.min = x;
      out.min_at = k;
    }
    if (out.count == 0 || x > out.max) {
      out.max = x;
      out.max_at = k;
    }
    sum += x;
    ++out.count;
  }
  if (out.count == 0) return out;
  out.mean = sum / static_cast<double>(out.count);
  double squares = 0;
  for (const double x : series) {
    if (!std::isnan(x)) squares += (x - out.mean) * (x - out.mean);
  }
  if (out.count > 1) out.variance = squares / static_cast<double>(out.count - 1);
  return out;
}

std::optional<LineFit> fit_line(std::span<const double> series) {
  double n = 0;
  double sx = 0;
  double sy = 0;
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (std::isnan(series[k])) continue;
    n += 1;
    sx += static_cast<double>(k);
    sy += series[k];
  }
  if (n < 2) return std::nullopt;
  const double mx = sx / n;
  const double my = sy / n;
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (std::isnan(series[k])) continue;
    const double dx = static_cast<double>(k) - mx;
    const double dy = series[k] - my;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  LineFit out;
  out.slope = xy / xx;
  out.intercept = my - out.slope * mx;
  const double left = yy - out.slope * xy;
  out.rsquare = yy > 0 ? 1 - left / yy : 1;
  out.variance = yy / (n - 1);
  out.rvariance = left / (n - 1);
  return out;
}

}  // namespace harrier::query
