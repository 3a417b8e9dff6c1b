// Functions over numeric arrays.
#include "query/convert.hpp"
#include "query/functions/shared.hpp"
#include "query/json.hpp"
#include "query/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace harrier::query {

namespace {

bool all_whole(const Value& value) {
  for (const std::string_view e : json_elements(value.s)) {
    if (json_kind(e) != JsonKind::integer && json_kind(e) != JsonKind::null) return false;
  }
  return true;
}

template <double (*kFunction)(double)>
void each(Frame& f) {
  if (!is_array(f.args[0])) return;
  Series series = series_of(f.args[0], f.heap);
  for (double& x : series) x = kFunction(x);
  f.set_text(series_json(series));
}

double arc_cosine(double x) {
  return std::acos(x);
}

double arc_sine(double x) {
  return std::asin(x);
}

double arc_tangent(double x) {
  return std::atan(x);
}

double sine(double x) {
  return std::sin(x);
}

double cosine(double x) {
  return std::cos(x);
}

double tangent(double x) {
  return std::tan(x);
}

double exponential(double x) {
  return std::exp(x);
}

double logarithm(double x) {
  return std::log(x);
}

double up(double x) {
  return std::ceil(x);
}

double down(double x) {
  return std::floor(x);
}

double size_of(double x) {
  return std::fabs(x);
}

double sign_of(double x) {
  return std::isnan(x) ? x : (x > 0 ? 1.0 : (x < 0 ? -1.0 : 0.0));
}

/// Both operands as series of one length; a number is repeated.
bool pair_of(Frame& f, Series& a, Series& b) {
  const auto read = [&](const Value& value, std::size_t size) {
    if (is_array(value)) return series_of(value, f.heap);
    return Series(size, convert(value, ScalarType::real, f.heap).r);
  };
  const std::size_t size = is_array(f.args[0])   ? json_length(f.args[0].s)
                           : is_array(f.args[1]) ? json_length(f.args[1].s)
                                                 : 0;
  if (size == 0 && !is_array(f.args[0]) && !is_array(f.args[1])) return false;
  a = read(f.args[0], size);
  b = read(f.args[1], size);
  const std::size_t longest = std::max(a.size(), b.size());
  a.resize(longest, NAN);
  b.resize(longest, NAN);
  return true;
}

bool whole_pair(const Frame& f) {
  const auto whole = [](const Value& v) {
    return is_array(v) ? all_whole(v)
                       : layout_of(v.type) == Layout::integer ||
                             (v.type == ScalarType::dynamic && json_kind(v.s) == JsonKind::integer);
  };
  return whole(f.args[0]) && whole(f.args[1]);
}

template <double (*kFunction)(double, double), bool kKeepsWhole>
void both(Frame& f) {
  Series a;
  Series b;
  if (!pair_of(f, a, b)) return;
  for (std::size_t k = 0; k < a.size(); ++k) a[k] = kFunction(a[k], b[k]);
  f.set_text(series_json(a, kKeepsWhole && whole_pair(f)));
}

double plus(double a, double b) {
  return a + b;
}

double minus(double a, double b) {
  return a - b;
}

double times(double a, double b) {
  return a * b;
}

double over(double a, double b) {
  return b == 0 ? NAN : a / b;
}

double power(double a, double b) {
  return std::pow(a, b);
}

template <bool (*kTest)(double, double)>
void tested(Frame& f) {
  Series a;
  Series b;
  if (!pair_of(f, a, b)) return;
  std::string out = "[";
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (k > 0) out += ',';
    const bool null = std::isnan(a[k]) || std::isnan(b[k]);
    out += null ? "null" : (kTest(a[k], b[k]) ? "true" : "false");
  }
  f.set_text(out + "]");
}

bool equal(double a, double b) {
  return a == b;
}

bool differs(double a, double b) {
  return a != b;
}

bool less(double a, double b) {
  return a < b;
}

bool less_equal(double a, double b) {
  return a <= b;
}

bool greater(double a, double b) {
  return a > b;
}

bool greater_equal(double a, double b) {
  return a >= b;
}

// ---- filling

/// True for the element that stands for a gap: null, or equal to the placeholder argument.
bool is_gap(std::string_view element, const std::string& placeholder) {
  return json_kind(element) == JsonKind::null ||
         (!placeholder.empty() && json_equal(element, placeholder));
}

std::string placeholder_of(const Frame& f, std::size_t arg) {
  std::string out;
  if (f.has(arg)) append_json(out, f.args[arg]);
  return out;
}

void fill_along(Frame& f, bool backward) {
  if (!is_array(f.args[0])) return;
  auto elements = json_elements(f.args[0].s);
  const std::string placeholder = placeholder_of(f, 1);
  if (backward) std::reverse(elements.begin(), elements.end());
  std::string_view last;
  for (std::string_view& e : elements) {
    if (!is_gap(e, placeholder)) {
      last = e;
    } else if (!last.empty()) {
      e = last;
    }
  }
  if (backward) std::reverse(elements.begin(), elements.end());
  std::string out = "[";
  for (const std::string_view e : elements) {
    if (out.size() > 1) out += ',';
    out += e;
  }
  f.set_text(out + "]");
}

void fill_forward(Frame& f) {
  fill_along(f, false);
}

void fill_backward(Frame& f) {
  fill_along(f, true);
}

void fill_const(Frame& f) {
  if (!is_array(f.args[0])) return;
  const std::string placeholder = placeholder_of(f, 2);
  std::string fill;
  append_json(fill, f.args[1]);
  std::string out = "[";
  for (const std::string_view e : json_elements(f.args[0].s)) {
    if (out.size() > 1) out += ',';
    out += is_gap(e, placeholder) ? std::string_view(fill) : e;
  }
  f.set_text(out + "]");
}

void fill_linear(Frame& f) {
  if (!is_array(f.args[0])) return;
  const std::string placeholder = placeholder_of(f, 1);
  const bool edges = !f.has(2) || f.args[2].i != 0;
  const double constant = f.real(3, 0);
  Series series;
  for (const std::string_view e : json_elements(f.args[0].s)) {
    series.push_back(is_gap(e, placeholder) ? NAN : number_of(e, f.heap));
  }
  std::vector<std::size_t> known;
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (!std::isnan(series[k])) known.push_back(k);
  }
  if (known.empty()) {
    std::fill(series.begin(), series.end(), constant);
  } else {
    for (std::size_t n = 0; n + 1 < known.size(); ++n) {
      const std::size_t a = known[n];
      const std::size_t b = known[n + 1];
      for (std::size_t k = a + 1; k < b; ++k) {
        const double share = static_cast<double>(k - a) / static_cast<double>(b - a);
        series[k] = series[a] + (series[b] - series[a]) * share;
      }
    }
    if (edges) {
      for (std::size_t k = 0; k < known.front(); ++k) series[k] = series[known.front()];
      for (std::size_t k = known.back() + 1; k < series.size(); ++k)
        series[k] = series[known.back()];
    }
  }
  f.set_text(series_json(series));
}

// ---- filters

void series_iir(Frame& f) {
  if (!is_array(f.args[0]) || !is_array(f.args[1]) || !is_array(f.args[2])) return;
  const Series x = series_of(f.args[0], f.heap);
  const Series b = series_of(f.args[1], f.heap);
  const Series a = series_of(f.args[2], f.heap);
  if (a.empty() || a[0] == 0) return;
  Series y(x.size(), 0);
  for (std::size_t n = 0; n < x.size(); ++n) {
    double sum = 0;
    for (std::size_t k = 0; k < b.size() && k <= n; ++k) sum += b[k] * x[n - k];
    for (std::size_t k = 1; k < a.size() && k <= n; ++k) sum -= a[k] * y[n - k];
    y[n] = sum / a[0];
  }
  f.set_text(series_json(y));
}

void series_fir(Frame& f) {
  if (!is_array(f.args[0]) || !is_array(f.args[1])) return;
  const Series x = series_of(f.args[0], f.heap);
  Series filter = series_of(f.args[1], f.heap);
  double sum = 0;
  for (const double w : filter) sum += w;
  const bool normalize = f.has(2) ? f.args[2].i != 0 : sum != 0;
  const bool center = f.has(3) && f.args[3].i != 0;
  if (normalize && sum != 0) {
    for (double& w : filter) w /= sum;
  }
  const std::size_t lead = center ? (filter.size() - 1) / 2 : 0;
  Series y(x.size(), 0);
  for (std::size_t n = 0; n < x.size(); ++n) {
    for (std::size_t k = 0; k < filter.size(); ++k) {
      const std::size_t at = n + lead;
      if (at >= k && at - k < x.size()) y[n] += filter[k] * x[at - k];
    }
  }
  f.set_text(series_json(y));
}

// ---- one number of a series

void dot_product(Frame& f) {
  Series a;
  Series b;
  if (!pair_of(f, a, b)) return;
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  f.set_real(sum);
}

double norm(const Series& series) {
  double sum = 0;
  for (const double x : series) sum += x * x;
  return std::sqrt(sum);
}

void cosine_similarity(Frame& f) {
  Series a;
  Series b;
  if (!pair_of(f, a, b)) return;
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  f.set_real(sum / (norm(a) * norm(b)));
}

void magnitude(Frame& f) {
  if (is_array(f.args[0])) f.set_real(norm(series_of(f.args[0], f.heap)));
}

void series_sum(Frame& f) {
  if (!is_array(f.args[0])) return;
  double sum = 0;
  for (const double x : series_of(f.args[0], f.heap)) sum += std::isnan(x) ? 0 : x;
  f.set_real(sum);
}

void series_product(Frame& f) {
  if (!is_array(f.args[0])) return;
  double product = 1;
  for (const double x : series_of(f.args[0], f.heap)) product *= std::isnan(x) ? 1 : x;
  f.set_real(product);
}

void pearson(Frame& f) {
  Series a;
  Series b;
  if (!pair_of(f, a, b) || a.empty()) return;
  double ma = 0;
  double mb = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    ma += a[k] / static_cast<double>(a.size());
    mb += b[k] / static_cast<double>(a.size());
  }
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    ab += (a[k] - ma) * (b[k] - mb);
    aa += (a[k] - ma) * (a[k] - ma);
    bb += (b[k] - mb) * (b[k] - mb);
  }
  if (aa > 0 && bb > 0) f.set_real(ab / std::sqrt(aa * bb));
}

// ---- several numbers: arrays in the order of the documented columns

void append_member(std::string& out, std::string_view key, const Value& value) {
  out += out.size() > 1 ? ",\"" : "\"";
  out += key;
  out += "\":";
  append_json(out, value);
}

void series_stats_dynamic(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Series series = series_of(f.args[0], f.heap);
  const SeriesStats stats = stats_of(series);
  if (stats.count == 0) return;
  std::string out = "{";
  append_member(out, "min", Value::of_real(stats.min));
  append_member(out, "min_idx", Value::of_long(static_cast<std::int64_t>(stats.min_at)));
  append_member(out, "max", Value::of_real(stats.max));
  append_member(out, "max_idx", Value::of_long(static_cast<std::int64_t>(stats.max_at)));
  append_member(out, "avg", Value::of_real(stats.mean));
  append_member(out, "stdev", Value::of_real(std::sqrt(stats.variance)));
  append_member(out, "variance", Value::of_real(stats.variance));
  append_member(out, "sum", Value::of_real(stats.mean * static_cast<double>(stats.count)));
  append_member(out, "len", Value::of_long(static_cast<std::int64_t>(series.size())));
  f.set_text(out + "}");
}

void series_stats(Frame& f) {
  if (!is_array(f.args[0])) return;
  const SeriesStats stats = stats_of(series_of(f.args[0], f.heap));
  if (stats.count == 0) return;
  std::string out = "[";
  append_json(out, Value::of_real(stats.min));
  out += fmt::format(",{},", stats.min_at);
  append_json(out, Value::of_real(stats.max));
  out += fmt::format(",{}", stats.max_at);
  for (const double x : {stats.mean, std::sqrt(stats.variance), stats.variance}) {
    out += ',';
    append_json(out, Value::of_real(x));
  }
  f.set_text(out + "]");
}

std::string fitted(const LineFit& line, std::size_t size) {
  Series out(size);
  for (std::size_t k = 0; k < size; ++k)
    out[k] = line.intercept + line.slope * static_cast<double>(k);
  return series_json(out);
}

void series_fit_line(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Series series = series_of(f.args[0], f.heap);
  const auto line = fit_line(series);
  if (!line) return;
  std::string out = "[";
  for (const double x :
       {line->rsquare, line->slope, line->variance, line->rvariance, line->intercept}) {
    append_json(out, Value::of_real(x));
    out += ',';
  }
  f.set_text(out + fitted(*line, series.size()) + "]");
}

void series_fit_line_dynamic(Frame& f) {
  if (!is_array(f.args[0])) return;
  const Series series = series_of(f.args[0], f.heap);
  const auto line = fit_line(series);
  if (!line) return;
  std::string out = "{";
  append_member(out, "rsquare", Value::of_real(line->rsquare));
  append_member(out, "slope", Value::of_real(line->slope));
  append_member(out, "variance", Value::of_real(line->variance));
  append_member(out, "rvariance", Value::of_real(line->rvariance));
  append_member(out, "interception", Value::of_real(line->intercept));
  out += ",\"line_fit\":";
  out += fitted(*line, series.size());
  f.set_text(out + "}");
}

constexpr Kernel kKernels[] = {
    strict("series_acos", each<arc_cosine>),
    strict("series_asin", each<arc_sine>),
    strict("series_atan", each<arc_tangent>),
    strict("series_sin", each<sine>),
    strict("series_cos", each<cosine>),
    strict("series_tan", each<tangent>),
    strict("series_exp", each<exponential>),
    strict("series_log", each<logarithm>),
    strict("series_ceiling", each<up>),
    strict("series_floor", each<down>),
    strict("series_abs", each<size_of>),
    strict("series_sign", each<sign_of>),
    strict("series_add", both<plus, true>),
    strict("series_subtract", both<minus, true>),
    strict("series_multiply", both<times, true>),
    strict("series_divide", both<over, false>),
    strict("series_pow", both<power, false>),
    strict("series_equals", tested<equal>),
    strict("series_not_equals", tested<differs>),
    strict("series_less", tested<less>),
    strict("series_less_equals", tested<less_equal>),
    strict("series_greater", tested<greater>),
    strict("series_greater_equals", tested<greater_equal>),
    lenient("series_fill_forward", fill_forward),
    lenient("series_fill_backward", fill_backward),
    lenient("series_fill_const", fill_const),
    lenient("series_fill_linear", fill_linear),
    strict("series_iir", series_iir),
    lenient("series_fir", series_fir),
    strict("series_dot_product", dot_product),
    strict("series_cosine_similarity", cosine_similarity),
    strict("series_magnitude", magnitude),
    strict("series_sum", series_sum),
    strict("series_product", series_product),
    strict("series_pearson_correlation", pearson),
    lenient("series_stats", series_stats),
    lenient("series_fit_line", series_fit_line),
    lenient("series_stats_dynamic", series_stats_dynamic),
    lenient("series_fit_line_dynamic", series_fit_line_dynamic),
};

}  // namespace

std::span<const Kernel> series_kernels() {
  return kKernels;
}

}  // namespace harrier::query
