// Numbers: rounding, logarithms, trigonometry, bits, random, size texts.
#include "query/convert.hpp"
#include "query/decimal.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <numbers>
#include <random>

namespace harrier::query {

namespace {

using RealFunction = double (*)(double);

template <RealFunction kFunction>
void real_function(Frame& f) {
  const Value value = convert(f.args[0], ScalarType::real, f.heap);
  if (!value.null) f.set_real(kFunction(value.r));
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

double cotangent(double x) {
  return 1 / std::tan(x);
}

double arc_sine(double x) {
  return std::asin(x);
}

double arc_cosine(double x) {
  return std::acos(x);
}

double arc_tangent(double x) {
  return std::atan(x);
}

double square_root(double x) {
  return std::sqrt(x);
}

double exponential(double x) {
  return std::exp(x);
}

double exponential2(double x) {
  return std::exp2(x);
}

double exponential10(double x) {
  return std::pow(10, x);
}

double logarithm(double x) {
  return std::log(x);
}

double logarithm2(double x) {
  return std::log2(x);
}

double logarithm10(double x) {
  return std::log10(x);
}

double to_degrees(double x) {
  return x * 180 / std::numbers::pi;
}

double to_radians(double x) {
  return x * std::numbers::pi / 180;
}

double gamma_(double x) {
  return std::tgamma(x);
}

double log_gamma(double x) {
  return std::lgamma(x);
}

double error_function(double x) {
  return std::erf(x);
}

double error_complement(double x) {
  return std::erfc(x);
}

void abs_(Frame& f) {
  const Value& value = f.args[0];
  if (value.type == ScalarType::real) return f.set_real(std::fabs(value.r));
  if (value.type == ScalarType::decimal) {
    auto number = Decimal::parse(value.s);
    if (!number) return;
    number->negative = false;
    return f.set_text(number->text());
  }
  f.set_int(value.i < 0 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(value.i))
                        : value.i);
}

void sign_(Frame& f) {
  const double value = f.real(0, 0);
  const std::int64_t sign = value > 0 ? 1 : (value < 0 ? -1 : 0);
  if (f.type == ScalarType::real) return f.set_real(static_cast<double>(sign));
  if (layout_of(f.type) == Layout::text) return f.set_text(std::to_string(sign));
  f.set_int(sign);
}

/// The result as the call's type, which the binder took from the argument.
void set_number(Frame& f, double value) {
  if (f.type == ScalarType::real) return f.set_real(value);
  const Value out = convert(Value::of_real(value), f.type, f.heap);
  if (!out.null) f.result = out;
}

void ceiling(Frame& f) {
  if (layout_of(f.args[0].type) == Layout::integer) return set_number(f, f.real(0, 0));
  set_number(f, std::ceil(f.real(0, 0)));
}

/// Half away from zero.
void round_(Frame& f) {
  const std::int64_t places = f.integer(1, 0);
  if (layout_of(f.args[0].type) == Layout::integer && layout_of(f.type) == Layout::integer) {
    if (places >= 0) return f.set_int(f.args[0].i);
  }
  const double value = f.real(0, 0);
  const double scale = std::pow(10.0, static_cast<double>(places));
  const double scaled = value * scale;
  double rounded = std::round(scaled);
  // 2.675 * 100 is 267.49999999999994: the shortest text of the product decides.
  const double nudged = std::round(std::nextafter(scaled, scaled > 0 ? HUGE_VAL : -HUGE_VAL));
  if (nudged != rounded && std::fabs(scaled) < 1e15) rounded = nudged;
  set_number(f, std::isfinite(scaled) ? rounded / scale : value);
}

void pow_(Frame& f) {
  set_number(f, std::pow(f.real(0, 0), f.real(1, 0)));
}

void atan2_(Frame& f) {
  f.set_real(std::atan2(f.real(0, 0), f.real(1, 0)));
}

void pi(Frame& f) {
  f.set_real(std::numbers::pi);
}

void isnan_(Frame& f) {
  f.set_bool(std::isnan(f.real(0, 0)));
}

void isinf_(Frame& f) {
  f.set_bool(std::isinf(f.real(0, 0)));
}

void isfinite_(Frame& f) {
  f.set_bool(std::isfinite(f.real(0, 0)));
}

/// Regularised incomplete beta by its continued fraction (Lentz).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x)) /
                       a;
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::fabs(d) < kTiny ? kTiny : d);
  double h = d;
  for (int m = 1; m < 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    h *= d * c;
    if (std::fabs(d * c - 1) < 1e-15) break;
  }
  return front * h;
}

/// NaN where a distribution has no such parameters.
bool bad_beta(const Frame& f) {
  return !(f.real(1, 1) > 0) || !(f.real(2, 1) > 0);
}

void beta_cdf(Frame& f) {
  const double at = f.real(0, 0);
  if (bad_beta(f) || at < 0 || at > 1) return f.set_real(NAN);
  f.set_real(incomplete_beta(f.real(1, 1), f.real(2, 1), f.real(0, 0)));
}

/// Two-sided, by Student's distribution with Welch's degrees of freedom.
void welch_test(Frame& f) {
  const double first = f.real(1, NAN) / f.real(2, NAN);
  const double second = f.real(4, NAN) / f.real(5, NAN);
  const double spread = first + second;
  if (!(spread > 0) || !(f.real(2, NAN) > 1) || !(f.real(5, NAN) > 1)) return f.set_real(NAN);
  const double difference = f.real(0, NAN) - f.real(3, NAN);
  const double freedom =
      spread * spread /
      (first * first / (f.real(2, NAN) - 1) + second * second / (f.real(5, NAN) - 1));
  const double share = freedom / (freedom + difference * difference / spread);
  f.set_real(share >= 1 ? 1 : incomplete_beta(freedom / 2, 0.5, share));
}

void beta_pdf(Frame& f) {
  const double x = f.real(0, 0);
  const double a = f.real(1, 1);
  const double b = f.real(2, 1);
  if (x < 0 || x > 1) return f.set_real(0);
  const double norm = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b));
  f.set_real(norm * std::pow(x, a - 1) * std::pow(1 - x, b - 1));
}

void beta_inv(Frame& f) {
  const double p = f.real(0, 0);
  if (p < 0 || p > 1) return;
  if (bad_beta(f)) return f.set_real(NAN);
  double low = 0;
  double high = 1;
  for (int k = 0; k < 200; ++k) {
    const double middle = (low + high) / 2;
    (incomplete_beta(f.real(1, 1), f.real(2, 1), middle) < p ? low : high) = middle;
  }
  f.set_real((low + high) / 2);
}

std::uint64_t bits(const Frame& f, std::size_t arg) {
  return static_cast<std::uint64_t>(f.integer(arg, 0));
}

void binary_and(Frame& f) {
  f.set_int(static_cast<std::int64_t>(bits(f, 0) & bits(f, 1)));
}

void binary_or(Frame& f) {
  f.set_int(static_cast<std::int64_t>(bits(f, 0) | bits(f, 1)));
}

void binary_xor(Frame& f) {
  f.set_int(static_cast<std::int64_t>(bits(f, 0) ^ bits(f, 1)));
}

void binary_not(Frame& f) {
  f.set_int(static_cast<std::int64_t>(~bits(f, 0)));
}

void shift_left(Frame& f) {
  f.set_int(static_cast<std::int64_t>(bits(f, 0) << (bits(f, 1) % 64)));
}

void shift_right(Frame& f) {
  f.set_int(f.integer(0, 0) >> (bits(f, 1) % 64));
}

void count_ones(Frame& f) {
  f.set_int(std::popcount(bits(f, 0)));
}

std::mt19937_64& random_source() {
  thread_local std::mt19937_64 source{std::random_device{}()};
  return source;
}

Result<VectorPtr> rand_batch(BatchCall& call) {
  VectorBuilder builder(call.type, call.rows);
  const std::int64_t limit =
      call.args.empty() || call.args[0]->cells() == 0 || call.args[0]->is_null(0) ? 0
      : call.args[0]->type == ScalarType::real ? static_cast<std::int64_t>(call.args[0]->at(0).r)
                                               : call.args[0]->at(0).i;
  std::uniform_real_distribution<double> fraction(0, 1);
  for (std::size_t row = 0; row < call.rows; ++row) {
    const double drawn = fraction(random_source());
    const double value = limit > 1 ? std::floor(drawn * static_cast<double>(limit)) : drawn;
    if (call.type == ScalarType::real) {
      builder.push_real(value);
    } else {
      builder.push_int(static_cast<std::int64_t>(value));
    }
  }
  return VectorPtr(builder.finish());
}

Result<VectorPtr> new_guid_batch(BatchCall& call) {
  VectorBuilder builder(ScalarType::guid, call.rows);
  for (std::size_t row = 0; row < call.rows; ++row) {
    const std::uint64_t a = (random_source()() & ~0xF000ULL) | 0x4000ULL;
    const std::uint64_t b = (random_source()() & ~(3ULL << 62U)) | (2ULL << 62U);
    builder.push_text(fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32U,
                                  (a >> 16U) & 0xFFFFU, a & 0xFFFFU, b >> 48U,
                                  b & 0xFFFFFFFFFFFFULL));
  }
  return VectorPtr(builder.finish());
}

void tohex(Frame& f) {
  const auto value = bits(f, 0);
  std::string text = f.args[0].type == ScalarType::int_
                         ? fmt::format("{:x}", static_cast<std::uint32_t>(value))
                         : fmt::format("{:x}", value);
  const auto width = static_cast<std::size_t>(std::clamp<std::int64_t>(f.integer(1, 0), 0, 64));
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  f.set_text(text);
}

void format_bytes(Frame& f) {
  static constexpr std::string_view kUnits[] = {"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
  double size = f.real(0, 0);
  const std::int64_t places = std::clamp<std::int64_t>(f.integer(1, 0), 0, 15);
  std::size_t unit = 0;
  if (f.args.size() > 2 && !f.text(2).empty()) {
    const std::string_view wanted = f.text(2);
    while (unit < std::size(kUnits) && kUnits[unit] != wanted) ++unit;
    if (unit == std::size(kUnits)) return;
    for (std::size_t k = 0; k < unit; ++k) size /= 1024;
  } else {
    while (std::fabs(size) >= 1024 && unit + 1 < std::size(kUnits)) {
      size /= 1024;
      ++unit;
    }
  }
  std::string text = fmt::format("{:.{}f}", size, places);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  f.set_text(fmt::format("{} {}", text, kUnits[unit]));
}

void estimate_data_size(Frame& f) {
  std::size_t size = 0;
  for (const Value& arg : f.args) {
    size += layout_of(arg.type) == Layout::text ? arg.s.size() + 4
            : arg.type == ScalarType::boolean   ? 1
            : arg.type == ScalarType::int_      ? 4
                                                : 8;
  }
  f.set_int(static_cast<std::int64_t>(size));
}

void now_(Frame& f) {
  f.set_int(f.query.now().ticks + f.integer(0, 0));
}

void ago(Frame& f) {
  f.set_int(f.query.now().ticks - f.args[0].i);
}

constexpr Kernel kKernels[] = {
    strict("sin", real_function<sine>),
    strict("cos", real_function<cosine>),
    strict("tan", real_function<tangent>),
    strict("cot", real_function<cotangent>),
    strict("asin", real_function<arc_sine>),
    strict("acos", real_function<arc_cosine>),
    strict("atan", real_function<arc_tangent>),
    strict("sqrt", real_function<square_root>),
    strict("exp", real_function<exponential>),
    strict("exp2", real_function<exponential2>),
    strict("exp10", real_function<exponential10>),
    strict("log", real_function<logarithm>),
    strict("log2", real_function<logarithm2>),
    strict("log10", real_function<logarithm10>),
    strict("degrees", real_function<to_degrees>),
    strict("radians", real_function<to_radians>),
    strict("gamma", real_function<gamma_>),
    strict("loggamma", real_function<log_gamma>),
    strict("erf", real_function<error_function>),
    strict("erfc", real_function<error_complement>),
    strict("abs", abs_),
    strict("sign", sign_),
    strict("ceiling", ceiling),
    strict("round", round_),
    strict("pow", pow_),
    strict("atan2", atan2_),
    strict("pi", pi),
    strict("isnan", isnan_),
    strict("isinf", isinf_),
    strict("isfinite", isfinite_),
    strict("beta_cdf", beta_cdf),
    strict("welch_test", welch_test),
    strict("beta_pdf", beta_pdf),
    strict("beta_inv", beta_inv),
    strict("binary_and", binary_and),
    strict("binary_or", binary_or),
    strict("binary_xor", binary_xor),
    strict("binary_not", binary_not),
    strict("binary_shift_left", shift_left),
    strict("binary_shift_right", shift_right),
    strict("bitset_count_ones", count_ones),
    batched("rand", rand_batch),
    batched("new_guid", new_guid_batch),
    strict("tohex", tohex),
    strict("format_bytes", format_bytes),
    lenient("estimate_data_size", estimate_data_size),
    strict("now", now_),
    strict("ago", ago),
};

}  // namespace

std::span<const Kernel> math_kernels() {
  return kKernels;
}

}  // namespace harrier::query
