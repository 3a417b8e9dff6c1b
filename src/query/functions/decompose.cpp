// Season, trend and outliers of numeric arrays. The service publishes what these functions mean but
// not its formulas: the parts are exact sums, the choice of a period and the scores are close to
// the service's and not equal to them.
#include "query/functions/shared.hpp"
#include "query/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace harrier::query {

namespace {

constexpr std::size_t kMostPoints = 100'000;
constexpr std::size_t kMostDetected = 5'000;
constexpr double kSeasonal = 0.6;  ///< least correlation of a series with its next period

std::optional<Series> series_at(Frame& f, std::size_t arg) {
  Series out = series_of(f.args[arg], f.heap);
  if (out.empty() || out.size() > kMostPoints) return std::nullopt;
  return out;
}

/// The lag whose correlation with the series itself is highest; 0: none reaches `least`.
std::size_t period_of(const Series& series, double least) {
  const std::size_t size = std::min(series.size(), kMostDetected);
  Series level(series.begin(), series.begin() + static_cast<std::ptrdiff_t>(size));
  if (const auto line = fit_line(level)) {
    for (std::size_t i = 0; i < size; ++i) {
      level[i] -= line->intercept + line->slope * static_cast<double>(i);
    }
  }
  for (double& x : level) x = std::isnan(x) ? 0 : x;
  const double power = std::inner_product(level.begin(), level.end(), level.begin(), 0.0);
  if (power <= 0) return 0;
  const auto correlation = [&](std::size_t lag) {
    const auto ahead = level.begin() + static_cast<std::ptrdiff_t>(lag);
    const double sum = std::inner_product(ahead, level.end(), level.begin(), 0.0);
    return sum / power * static_cast<double>(size) / static_cast<double>(size - lag);
  };
  std::size_t best = 0;
  double highest = least;
  for (std::size_t lag = 2; lag * 2 <= size; ++lag) {
    const double here = correlation(lag);
    // A multiple of a period is no better than the period.
    const bool better = here > highest + (best == 0 ? 0 : 0.05);
    if (!better || here < correlation(lag - 1) || here < correlation(lag + 1)) continue;
    best = lag;
    highest = here;
  }
  return best;
}

struct Parts {
  Series seasonal;
  Series trend;
  Series baseline;
  Series residual;
};

/// `learned`: the points from the start that season and trend are taken from.
std::optional<Parts> decompose(Frame& f, const Series& series, std::size_t learned,
                               std::int64_t period, std::string_view trend, double threshold) {
  const Series known(series.begin(), series.begin() + static_cast<std::ptrdiff_t>(learned));
  Parts parts;
  parts.trend.assign(series.size(), 0);
  if (trend == "avg") {
    parts.trend.assign(series.size(), stats_of(known).mean);
  } else if (trend == "linefit") {
    if (const auto line = fit_line(known)) {
      for (std::size_t i = 0; i < series.size(); ++i) {
        parts.trend[i] = line->intercept + line->slope * static_cast<double>(i);
      }
    }
  } else if (trend != "none") {
    f.error =
        "the trend of a series is 'avg', 'linefit' or 'none', not '" + std::string(trend) + "'";
    return std::nullopt;
  }
  parts.seasonal.assign(series.size(), 0);
  const std::size_t season =
      period < 0 ? period_of(known, threshold) : static_cast<std::size_t>(period);
  if (season > 1 && season <= learned) {
    Series sums(season, 0);
    Series counts(season, 0);
    for (std::size_t i = 0; i < learned; ++i) {
      if (std::isnan(series[i])) continue;
      sums[i % season] += series[i] - parts.trend[i];
      counts[i % season] += 1;
    }
    for (std::size_t i = 0; i < series.size(); ++i) {
      const double count = counts[i % season];
      parts.seasonal[i] = count == 0 ? 0 : sums[i % season] / count;
    }
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    parts.baseline.push_back(parts.trend[i] + parts.seasonal[i]);
    parts.residual.push_back(series[i] - parts.baseline[i]);
  }
  return parts;
}

/// The value below which a share of the numbers lies, between neighbours by proportion.
double quantile(const Series& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - static_cast<double>(low));
}

/// How many ranges (between two quantiles) a value lies outside of that range.
Series outlier_scores(const Series& series, std::size_t learned, double low, double high) {
  Series sorted;
  for (std::size_t i = 0; i < learned; ++i) {
    if (!std::isnan(series[i])) sorted.push_back(series[i]);
  }
  Series scores(series.size(), 0);
  if (sorted.empty()) return scores;
  std::sort(sorted.begin(), sorted.end());
  const double bottom = quantile(sorted, low);
  const double top = quantile(sorted, high);
  const double range = std::max(top - bottom, 1e-9 * std::max(1.0, std::fabs(top)));
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i] > top) scores[i] = (series[i] - top) / range;
    if (series[i] < bottom) scores[i] = (series[i] - bottom) / range;
  }
  return scores;
}

/// The quantiles of a method; false (and an error) for a method that there is not.
bool quantiles_of(Frame& f, std::string_view method, double& low, double& high) {
  if (method == "tukey") {
    low = 0.25;
    high = 0.75;
  } else if (method != "ctukey") {
    f.error = "the method for outliers is 'ctukey' or 'tukey', not '" + std::string(method) + "'";
    return false;
  }
  return true;
}

std::string_view word_at(const Frame& f, std::size_t arg, std::string_view fallback) {
  return f.has(arg) ? f.text(arg) : fallback;
}

std::size_t learned_of(const Series& series, std::int64_t test_points) {
  const auto left_out = static_cast<std::size_t>(std::max<std::int64_t>(0, test_points));
  return left_out >= series.size() ? series.size() : series.size() - left_out;
}

/// Answers with the parts of the first argument. The arguments from `period` on are the period, the
/// trend and, as the fifth, the least correlation.
void answer_parts(Frame& f, std::size_t test_points, std::size_t period) {
  const auto series = series_at(f, 0);
  if (!series) return;
  const auto parts =
      decompose(f, *series, learned_of(*series, f.integer(test_points, 0)), f.integer(period, -1),
                word_at(f, period + 1, "avg"), f.real(4, kSeasonal));
  if (!parts) return;
  f.set_text("[" + series_json(parts->baseline) + "," + series_json(parts->seasonal) + "," +
             series_json(parts->trend) + "," + series_json(parts->residual) + "]");
}

void series_decompose(Frame& f) {
  answer_parts(f, 3, 1);
}

void series_decompose_forecast(Frame& f) {
  answer_parts(f, 1, 2);
}

void series_decompose_anomalies(Frame& f) {
  const auto series = series_at(f, 0);
  double low = 0.1;
  double high = 0.9;
  if (!series || !quantiles_of(f, word_at(f, 5, "ctukey"), low, high)) return;
  const std::size_t learned = learned_of(*series, f.integer(4, 0));
  const auto parts =
      decompose(f, *series, learned, f.integer(2, -1), word_at(f, 3, "avg"), f.real(6, kSeasonal));
  if (!parts) return;
  const Series scores = outlier_scores(parts->residual, learned, low, high);
  const double threshold = f.real(1, 1.5);
  Series flags;
  for (const double score : scores) {
    flags.push_back(score > threshold ? 1 : (score < -threshold ? -1 : 0));
  }
  f.set_text("[" + series_json(flags, true) + "," + series_json(scores) + "," +
             series_json(parts->baseline) + "]");
}

void series_outliers(Frame& f) {
  auto series = series_at(f, 0);
  double low = 0.1;
  double high = 0.9;
  if (!series || !quantiles_of(f, word_at(f, 1, "ctukey"), low, high)) return;
  const double ignored = f.real(2, NAN);
  for (double& x : *series) x = x == ignored ? NAN : x;
  if (f.has(3)) low = f.real(3, 10) / 100;
  if (f.has(4)) high = f.real(4, 90) / 100;
  if (!(low >= 0 && low < high && high <= 1)) return;
  const std::size_t learned = learned_of(*series, f.integer(5, 0));
  f.set_text(series_json(outlier_scores(*series, learned, low, high)));
}

constexpr Kernel kKernels[] = {
    lenient("series_decompose", series_decompose),
    lenient("series_decompose_anomalies", series_decompose_anomalies),
    lenient("series_decompose_forecast", series_decompose_forecast),
    lenient("series_outliers", series_outliers),
};

}  // namespace

std::span<const Kernel> decompose_kernels() {
  return kKernels;
}

}  // namespace harrier::query
