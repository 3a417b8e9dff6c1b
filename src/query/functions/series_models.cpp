// Two lines or a polynomial through a series, its frequencies, periods and season. How the service
// scores periods is not public: the periods are close to its choice, the scores to its scores.
#include "query/functions/shared.hpp"
#include "query/json.hpp"
#include "query/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

namespace harrier::query {

namespace {

constexpr std::size_t kMostPoints = 100'000;

std::optional<Series> series_at(Frame& f, std::size_t arg) {
  if (arg >= f.args.size() || !is_array(f.args[arg])) return std::nullopt;
  Series out = series_of(f.args[arg], f.heap);
  if (out.empty() || out.size() > kMostPoints) return std::nullopt;
  return out;
}

// ---- two lines

/// What a line through the values leaves, for values that come one by one.
class Remainder {
 public:
  void add(double x, double y) {
    if (std::isnan(y)) return;
    // Deviations from running means, which stay exact for long series.
    n_ += 1;
    const double dx = x - mx_;
    const double dy = y - my_;
    mx_ += dx / n_;
    my_ += dy / n_;
    xx_ += dx * (x - mx_);
    xy_ += dx * (y - my_);
    yy_ += dy * (y - my_);
  }

  [[nodiscard]] double squares() const {
    return xx_ > 0 ? std::max(0.0, yy_ - xy_ * xy_ / xx_) : yy_;
  }

 private:
  double n_ = 0;
  double mx_ = 0;
  double my_ = 0;
  double xx_ = 0;
  double xy_ = 0;
  double yy_ = 0;
};

struct TwoLines {
  std::size_t split = 0;  ///< where the right line begins
  double rsquare = 0;
  double variance = 0;
  double rvariance = 0;
  LineFit left;
  LineFit right;
  Series fitted;
};

/// The split whose two lines leave least.
std::optional<TwoLines> fit_two_lines(const Series& series) {
  const std::size_t n = series.size();
  if (n < 4) return std::nullopt;
  std::vector<double> left(n, 0);   // by split: what the line before it leaves
  std::vector<double> right(n, 0);  // and the line from it on
  Remainder before;
  Remainder after;
  for (std::size_t i = 0; i < n; ++i) {
    left[i] = before.squares();
    before.add(static_cast<double>(i), series[i]);
    const std::size_t k = n - 1 - i;
    after.add(static_cast<double>(k), series[k]);
    right[k] = after.squares();
  }
  TwoLines best;
  double least = INFINITY;
  for (std::size_t split = 2; split + 2 <= n; ++split) {
    if (left[split] + right[split] >= least) continue;
    least = left[split] + right[split];
    best.split = split;
  }
  const std::span<const double> all(series);
  const auto first = fit_line(all.first(best.split));
  const auto second = fit_line(all.subspan(best.split));
  const SeriesStats stats = stats_of(series);
  if (!first || !second || stats.count < 2) return std::nullopt;
  best.left = *first;
  best.right = *second;
  const auto degrees = static_cast<double>(stats.count - 1);
  best.variance = stats.variance;
  best.rvariance = least / degrees;
  best.rsquare = best.variance > 0 ? 1 - best.rvariance / best.variance : 1;
  for (std::size_t i = 0; i < n; ++i) {
    const LineFit& line = i < best.split ? best.left : best.right;
    const std::size_t own = i < best.split ? i : i - best.split;
    best.fitted.push_back(line.intercept + line.slope * static_cast<double>(own));
  }
  return best;
}

std::string number_json(double x) {
  std::string json;
  append_json(json, Value::of_real(x));
  return json;
}

/// Names (with `named`) and values of a line.
std::string line_parts(const LineFit& line, bool named) {
  const std::array parts{std::pair("rsquare", line.rsquare), std::pair("slope", line.slope),
                         std::pair("interception", line.intercept),
                         std::pair("variance", line.variance),
                         std::pair("rvariance", line.rvariance)};
  std::string json;
  for (const auto& [name, value] : parts) {
    if (!json.empty()) json += ',';
    if (named) json += std::string("\"") + name + "\":";
    json += number_json(value);
  }
  return json;
}

void series_fit_2lines(Frame& f) {
  const auto series = series_at(f, 0);
  const auto fit = series ? fit_two_lines(*series) : std::nullopt;
  if (!fit) return;
  f.set_text("[" + number_json(fit->rsquare) + "," + std::to_string(fit->split) + "," +
             number_json(fit->variance) + "," + number_json(fit->rvariance) + "," +
             series_json(fit->fitted) + "," + line_parts(fit->right, false) + "," +
             line_parts(fit->left, false) + "]");
}

void series_fit_2lines_dynamic(Frame& f) {
  const auto series = series_at(f, 0);
  const auto fit = series ? fit_two_lines(*series) : std::nullopt;
  if (!fit) return;
  f.set_text("{\"rsquare\":" + number_json(fit->rsquare) + ",\"split_idx\":" +
             std::to_string(fit->split) + ",\"variance\":" + number_json(fit->variance) +
             ",\"rvariance\":" + number_json(fit->rvariance) +
             ",\"line_fit\":" + series_json(fit->fitted) + ",\"right\":{" +
             line_parts(fit->right, true) + "},\"left\":{" + line_parts(fit->left, true) + "}}");
}

// ---- frequencies

using Waves = std::vector<std::complex<double>>;

/// Primes above this would take too long.
constexpr std::size_t kLargestPrime = 5000;

std::size_t smallest_prime(std::size_t n) {
  for (std::size_t p = 2; p * p <= n; ++p) {
    if (n % p == 0) return p;
  }
  return n;
}

/// The discrete Fourier transform, split by the prime factors of its size.
Waves transformed(const Waves& in, double sign) {
  const std::size_t n = in.size();
  if (n == 1) return in;
  const std::size_t p = smallest_prime(n);
  const std::size_t m = n / p;
  std::vector<Waves> parts(p, Waves(m));
  for (std::size_t i = 0; i < n; ++i) parts[i % p][i / p] = in[i];
  for (Waves& part : parts) part = transformed(part, sign);
  const auto turn = [&](std::size_t k) {
    return std::polar(
        1.0, sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  };
  Waves turns(n);
  for (std::size_t k = 0; k < n; ++k) turns[k] = turn(k);
  Waves out(n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t r = 0; r < p; ++r) out[k] += parts[r][k % m] * turns[k * r % n];
  }
  return out;
}

void answer_waves(Frame& f, std::string_view name, bool forward) {
  const auto real = series_at(f, 0);
  if (!real) return;
  Series imaginary(real->size(), 0);
  if (f.has(1)) {
    const auto given = series_at(f, 1);
    if (!given || given->size() != real->size()) return;
    imaginary = *given;
  }
  std::size_t rest = real->size();
  while (rest > 1) {
    const std::size_t p = smallest_prime(rest);
    if (p > kLargestPrime) {
      f.error = std::string(name) + "() of a series whose length has a prime factor above " +
                std::to_string(kLargestPrime) + " is not supported";
      return;
    }
    rest /= p;
  }
  Waves waves;
  for (std::size_t i = 0; i < real->size(); ++i) waves.emplace_back((*real)[i], imaginary[i]);
  waves = transformed(waves, forward ? -1 : 1);
  const double scale = forward ? 1 : 1 / static_cast<double>(waves.size());
  Series first;
  Series second;
  for (const auto& wave : waves) {
    first.push_back(wave.real() * scale);
    second.push_back(wave.imag() * scale);
  }
  f.set_text("[" + series_json(first) + "," + series_json(second) + "]");
}

void series_fft(Frame& f) {
  answer_waves(f, "series_fft", true);
}

void series_ifft(Frame& f) {
  answer_waves(f, "series_ifft", false);
}

// ---- periods

constexpr std::size_t kLeastPeriod = 4;
constexpr std::size_t kMostPeriods = 16;
/// A multiple of a period is none itself; by this share of the period.
constexpr double kNearMultiple = 0.1;

/// How well a series fits itself when it is moved by each lag up to half its length.
class Echo {
 public:
  explicit Echo(const Series& series) : size_(series.size()) {
    const double mean = stats_of(series).mean;
    Series level;
    for (const double x : series) level.push_back(std::isnan(x) ? 0 : x - mean);
    const double power = std::inner_product(level.begin(), level.end(), level.begin(), 0.0);
    at_.assign(size_ / 2 + 2, 0);
    for (std::size_t lag = 0; lag < at_.size() && lag < size_ && power > 0; ++lag) {
      const auto ahead = level.begin() + static_cast<std::ptrdiff_t>(lag);
      const double sum = std::inner_product(ahead, level.end(), level.begin(), 0.0);
      at_[lag] =
          sum / power * std::sqrt(static_cast<double>(size_) / static_cast<double>(size_ - lag));
    }
  }

  /// 0 where the lag is no period: too short or long, less than a lag nearby, or no more than
  /// chance would give.
  [[nodiscard]] double score(std::size_t lag) const {
    if (lag < kLeastPeriod || lag * 2 >= size_) return 0;
    if (at_[lag] < 2 / std::sqrt(static_cast<double>(size_))) return 0;
    const std::size_t around = std::max<std::size_t>(1, lag / 4);
    for (std::size_t near = lag - around; near <= std::min(lag + around, at_.size() - 1); ++near) {
      if (at_[near] > at_[lag]) return 0;
    }
    return std::min(1.0, at_[lag]);
  }

 private:
  std::size_t size_;
  Series at_;
};

/// The least score of a period that a season is taken from.
constexpr double kSeasonal = 0.7;
constexpr std::size_t kMostSearched = 10'000;

std::optional<Echo> echo_of(Frame& f) {
  const auto series = series_at(f, 0);
  if (!series) return std::nullopt;
  if (series->size() > kMostSearched) {
    f.error = "the periods of more than 10000 points are not searched: take larger bins";
    return std::nullopt;
  }
  return Echo(*series);
}

void series_periods_validate(Frame& f) {
  const auto echo = echo_of(f);
  if (!echo || f.args.size() > kMostPeriods + 1) return;
  Series periods;
  Series scores;
  for (std::size_t arg = 1; arg < f.args.size(); ++arg) {
    const double period = f.real(arg, NAN);
    const bool usable = period >= 0 && period <= static_cast<double>(kMostSearched);
    periods.push_back(period);
    scores.push_back(usable ? echo->score(static_cast<std::size_t>(std::lround(period))) : 0);
  }
  f.set_text("[" + series_json(periods) + "," + series_json(scores) + "]");
}

void series_periods_detect(Frame& f) {
  const auto echo = echo_of(f);
  const double least = std::max(0.0, f.real(1, NAN));
  const double most = std::min(static_cast<double>(kMostSearched), f.real(2, NAN));
  const std::int64_t count = f.integer(3, 0);
  if (!echo || std::isnan(least) || std::isnan(most) || count < 1 ||
      count > static_cast<std::int64_t>(kMostPeriods)) {
    return;
  }
  std::vector<std::pair<double, double>> found;  // score, period
  for (double lag = std::ceil(least); lag <= most; ++lag) {
    const double score = echo->score(static_cast<std::size_t>(lag));
    if (score > 0) found.emplace_back(score, lag);
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  Series periods;
  Series scores;
  for (const auto& [score, period] : found) {
    const bool multiple = std::any_of(periods.begin(), periods.end(), [&](double base) {
      const double times = period / base;
      return times > 1 && std::fabs(times - std::round(times)) < kNearMultiple;
    });
    if (multiple || static_cast<std::int64_t>(periods.size()) == count) continue;
    periods.push_back(period);
    scores.push_back(score);
  }
  periods.resize(static_cast<std::size_t>(count), 0);
  scores.resize(static_cast<std::size_t>(count), 0);
  f.set_text("[" + series_json(periods) + "," + series_json(scores) + "]");
}

/// At each place of a season the median over all seasons; zeros without a season.
void series_seasonal(Frame& f) {
  const auto series = series_at(f, 0);
  if (!series) return;
  std::int64_t period = f.integer(1, -1);
  if (period == -1) {
    const auto echo = echo_of(f);
    if (!echo) return;
    double best = kSeasonal;
    for (std::size_t lag = kLeastPeriod; lag < series->size(); ++lag) {
      if (echo->score(lag) < best) continue;
      best = echo->score(lag) + 1e-9;
      period = static_cast<std::int64_t>(lag);
    }
  }
  Series out(series->size(), 0);
  const auto season = static_cast<std::size_t>(std::max<std::int64_t>(period, 0));
  for (std::size_t place = 0; place < season && place < series->size(); ++place) {
    Series values;
    for (std::size_t i = place; i < series->size(); i += season) {
      if (!std::isnan((*series)[i])) values.push_back((*series)[i]);
    }
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    for (std::size_t i = place; i < series->size(); i += season) out[i] = median;
  }
  f.set_text(series_json(out));
}

// ---- a polynomial

constexpr std::int64_t kMostDegree = 10;

/// Least squares by Householder reflections: `rows` of `columns` numbers each, reduced in place.
Series solved(std::vector<Series> rows, Series target, std::size_t columns) {
  for (std::size_t c = 0; c < columns; ++c) {
    double norm = 0;
    for (std::size_t r = c; r < rows.size(); ++r) norm += rows[r][c] * rows[r][c];
    norm = std::sqrt(norm);
    if (norm == 0) return {};
    if (rows[c][c] > 0) norm = -norm;
    Series mirror(rows.size(), 0);
    for (std::size_t r = c; r < rows.size(); ++r) mirror[r] = rows[r][c];
    mirror[c] -= norm;
    double length = 0;
    for (const double x : mirror) length += x * x;
    if (length == 0) continue;
    const auto reflect = [&](auto&& at) {
      double dot = 0;
      for (std::size_t r = c; r < rows.size(); ++r) dot += mirror[r] * at(r);
      for (std::size_t r = c; r < rows.size(); ++r) at(r) -= 2 * dot / length * mirror[r];
    };
    for (std::size_t k = c; k < columns; ++k) {
      reflect([&](std::size_t r) -> double& { return rows[r][k]; });
    }
    reflect([&](std::size_t r) -> double& { return target[r]; });
  }
  Series out(columns, 0);
  for (std::size_t c = columns; c-- > 0;) {
    double sum = target[c];
    for (std::size_t k = c + 1; k < columns; ++k) sum -= rows[c][k] * out[k];
    if (rows[c][c] == 0) return {};
    out[c] = sum / rows[c][c];
  }
  return out;
}

void series_fit_poly(Frame& f) {
  const auto y = series_at(f, 0);
  const std::int64_t degree = f.integer(2, 5);
  if (!y || degree < 1 || degree > kMostDegree) return;
  Series x(y->size());
  std::iota(x.begin(), x.end(), 0);
  if (f.has(1)) {
    const auto given = series_at(f, 1);
    if (!given || given->size() != y->size()) return;
    x = *given;
  }
  // In terms of (x - middle) / width, which keeps the powers apart.
  const SeriesStats spread = stats_of(x);
  const double middle = (spread.min + spread.max) / 2;
  const double width = std::max((spread.max - spread.min) / 2, 1e-300);
  const auto columns = static_cast<std::size_t>(degree) + 1;
  std::vector<Series> rows;
  Series target;
  for (std::size_t i = 0; i < y->size(); ++i) {
    if (std::isnan((*y)[i]) || std::isnan(x[i])) continue;
    Series& row = rows.emplace_back();
    for (std::size_t k = 0; k < columns; ++k) {
      row.push_back(std::pow((x[i] - middle) / width, static_cast<double>(k)));
    }
    target.push_back((*y)[i]);
  }
  if (rows.size() < columns) return;
  const Series scaled = solved(rows, target, columns);
  if (scaled.empty()) return;
  // Back in terms of x, by Horner's rule on polynomials.
  Series plain(columns, 0);
  for (std::size_t k = columns; k-- > 0;) {
    Series next(columns, 0);
    for (std::size_t c = 0; c < columns; ++c) {
      next[c] -= plain[c] * middle / width;
      if (c + 1 < columns) next[c + 1] += plain[c] / width;
    }
    next[0] += scaled[k];
    plain = std::move(next);
  }
  Series fitted;
  double left = 0;
  for (std::size_t i = 0; i < y->size(); ++i) {
    double value = 0;
    for (std::size_t k = columns; k-- > 0;) value = value * (x[i] - middle) / width + scaled[k];
    fitted.push_back(value);
    if (!std::isnan((*y)[i]) && !std::isnan(x[i])) left += ((*y)[i] - value) * ((*y)[i] - value);
  }
  const double variance = stats_of(target).variance;
  const double rvariance = left / static_cast<double>(std::max<std::size_t>(target.size() - 1, 1));
  std::reverse(plain.begin(), plain.end());
  f.set_text("[" + number_json(variance > 0 ? 1 - rvariance / variance : 1) + "," +
             series_json(plain) + "," + number_json(variance) + "," + number_json(rvariance) + "," +
             series_json(fitted) + "]");
}

constexpr Kernel kKernels[] = {
    lenient("series_fit_2lines", series_fit_2lines),
    lenient("series_fit_2lines_dynamic", series_fit_2lines_dynamic),
    lenient("series_fft", series_fft),
    lenient("series_ifft", series_ifft),
    lenient("series_seasonal", series_seasonal),
    lenient("series_fit_poly", series_fit_poly),
    lenient("series_periods_validate", series_periods_validate),
    lenient("series_periods_detect", series_periods_detect),
};

}  // namespace

std::span<const Kernel> model_kernels() {
  return kKernels;
}

}  // namespace harrier::query
