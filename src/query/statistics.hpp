// Plain statistics over rows of numbers; NaN stands for null and is left out.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace harrier::query {

struct SeriesStats {
  std::size_t count = 0;
  double min = 0;
  std::size_t min_at = 0;
  double max = 0;
  std::size_t max_at = 0;
  double mean = 0;
  double variance = 0;  ///< of the sample; 0 for one value
};

[[nodiscard]] SeriesStats stats_of(std::span<const double> series);

/// Least squares over the positions 0, 1, 2 …
struct LineFit {
  double rsquare = 0;
  double slope = 0;
  double intercept = 0;
  double variance = 0;   ///< of the input
  double rvariance = 0;  ///< of what the line leaves
};

/// nullopt for fewer than two values.
[[nodiscard]] std::optional<LineFit> fit_line(std::span<const double> series);

}  // namespace harrier::query
