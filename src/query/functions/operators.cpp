// Comparison, arithmetic and bin over whole batches.
#include "query/convert.hpp"
#include "query/decimal.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"

#include <cmath>

namespace harrier::query {

namespace {

constexpr bool is_constant(const BatchCall& call) noexcept {
  for (const VectorPtr& arg : call.args) {
    if (!arg->constant) return false;
  }
  return true;
}

/// An empty result of `rows` cells, of one when every argument is constant.
std::shared_ptr<Vector> result_of(BatchCall& call, std::size_t& rows) {
  auto out = std::make_shared<Vector>();
  out->type = call.type;
  out->constant = is_constant(call);
  rows = out->constant ? 1 : call.rows;
  return out;
}

// ---- comparison

enum class Compare : std::uint8_t { eq, ne, lt, le, gt, ge };

template <Compare kOp, class T>
constexpr bool test(const T& a, const T& b) {
  if constexpr (kOp == Compare::eq) return a == b;
  if constexpr (kOp == Compare::ne) return !(a == b);
  if constexpr (kOp == Compare::lt) return a < b;
  if constexpr (kOp == Compare::le) return a <= b;
  if constexpr (kOp == Compare::gt) return a > b;
  return a >= b;
}

/// Applies the null rules: `==` and `!=` know an answer when exactly one side is null.
template <Compare kOp>
void apply_nulls(Vector& out, const Vector& a, const Vector& b, std::size_t rows) {
  if (a.nulls.empty() && b.nulls.empty()) return;
  out.nulls.assign(rows, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    const bool left = a.is_null(row);
    const bool right = b.is_null(row);
    if (!left && !right) continue;
    if (kOp == Compare::eq || kOp == Compare::ne) {
      out.nulls[row] = left && right ? 1 : 0;
      out.ints[row] = kOp == Compare::ne ? 1 : 0;
    } else {
      out.nulls[row] = 1;
    }
  }
}

template <Compare kOp, class T>
void compare_cells(Vector& out, Cells<T> a, Cells<T> b, std::size_t rows) {
  out.ints.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) out.ints[row] = test<kOp, T>(a[row], b[row]) ? 1 : 0;
}

/// -1, 0, 1; nullopt where the two cannot be compared (NaN, no conversion).
std::optional<int> order_of(const Value& a, const Value& b) {
  const auto sign = [](auto x, auto y) { return x < y ? -1 : (x > y ? 1 : 0); };
  switch (layout_of(a.type)) {
    case Layout::integer:
      return sign(a.i, b.i);
    case Layout::real:
      if (std::isnan(a.r) || std::isnan(b.r)) return std::nullopt;
      return sign(a.r, b.r);
    case Layout::text:
      break;
  }
  if (a.type == ScalarType::decimal) {
    const auto x = Decimal::parse(a.s);
    const auto y = Decimal::parse(b.s);
    if (!x || !y) return std::nullopt;
    const auto order = compare(*x, *y);
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
  }
  return sign(a.s.compare(b.s), 0);
}

/// Brings a dynamic operand and the other one to a common type.
std::optional<int> order_of_dynamic(Value a, Value b, StringHeap& heap) {
  if (a.type == ScalarType::dynamic && b.type == ScalarType::dynamic) {
    if (json_equal(a.s, b.s)) return 0;
    return json_compare(a.s, b.s) < 0 ? -1 : 1;
  }
  if (a.type == ScalarType::dynamic) a = json_scalar(a.s, heap);
  if (b.type == ScalarType::dynamic) b = json_scalar(b.s, heap);
  if (a.type == ScalarType::dynamic || b.type == ScalarType::dynamic) {
    return order_of(convert(a, ScalarType::string, heap), convert(b, ScalarType::string, heap));
  }
  const auto numeric = [](ScalarType type) {
    return type == ScalarType::int_ || type == ScalarType::long_ || type == ScalarType::real ||
           type == ScalarType::decimal;
  };
  if (numeric(a.type) && numeric(b.type) && a.type != b.type) {
    a = convert(a, ScalarType::real, heap);
    b = convert(b, ScalarType::real, heap);
  } else if (a.type == ScalarType::string && b.type != ScalarType::string) {
    a = convert(a, b.type, heap);
  } else if (b.type == ScalarType::string && a.type != ScalarType::string) {
    b = convert(b, a.type, heap);
  } else if (a.type != b.type) {
    b = convert(b, a.type, heap);
  }
  if (a.null || b.null) return std::nullopt;
  return order_of(a, b);
}

template <Compare kOp>
void compare_values(Vector& out, const Vector& a, const Vector& b, std::size_t rows) {
  out.ints.assign(rows, 0);
  StringHeap heap;
  const bool dynamic = a.type == ScalarType::dynamic || b.type == ScalarType::dynamic;
  for (std::size_t row = 0; row < rows; ++row) {
    if (a.is_null(row) || b.is_null(row)) continue;
    const auto order =
        dynamic ? order_of_dynamic(a.at(row), b.at(row), heap) : order_of(a.at(row), b.at(row));
    out.ints[row] = order ? (test<kOp>(*order, 0) ? 1 : 0) : (kOp == Compare::ne ? 1 : 0);
  }
}

template <Compare kOp>
Result<VectorPtr> compare_batch(BatchCall& call) {
  std::size_t rows = 0;
  auto out = result_of(call, rows);
  const Vector& a = *call.args[0];
  const Vector& b = *call.args[1];
  if (layout_of(a.type) == Layout::integer && layout_of(b.type) == Layout::integer) {
    compare_cells<kOp>(*out, int_cells(a), int_cells(b), rows);
  } else if (a.type == ScalarType::real && b.type == ScalarType::real) {
    compare_cells<kOp>(*out, real_cells(a), real_cells(b), rows);
  } else if (a.type == b.type && (a.type == ScalarType::string || a.type == ScalarType::guid)) {
    compare_cells<kOp>(*out, text_cells(a), text_cells(b), rows);
  } else {
    compare_values<kOp>(*out, a, b, rows);
  }
  apply_nulls<kOp>(*out, a, b, rows);
  return VectorPtr(std::move(out));
}

template <bool kNegated>
Result<VectorPtr> between_batch(BatchCall& call) {
  BatchCall low{call.args.subspan(0, 2), call.rows, ScalarType::boolean, call.state, call.query};
  const std::vector<VectorPtr> high_args{call.args[0], call.args[2]};
  BatchCall high{high_args, call.rows, ScalarType::boolean, call.state, call.query};
  HARRIER_TRY(const VectorPtr a, compare_batch<Compare::ge>(low));
  HARRIER_TRY(const VectorPtr b, compare_batch<Compare::le>(high));
  std::size_t rows = 0;
  auto out = result_of(call, rows);
  out->ints.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const bool inside = a->at(row).i != 0 && b->at(row).i != 0;
    out->ints[row] = inside != kNegated ? 1 : 0;
  }
  for (const VectorPtr* side : {&a, &b}) {
    if ((*side)->nulls.empty()) continue;
    if (out->nulls.empty()) out->nulls.assign(rows, 0);
    for (std::size_t row = 0; row < rows; ++row) {
      if ((*side)->is_null(row)) out->nulls[row] = 1;
    }
  }
  return VectorPtr(std::move(out));
}

// ---- arithmetic

struct Add {
  static std::int64_t ints(std::int64_t a, std::int64_t b, bool&) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }

  static double reals(double a, double b) { return a + b; }

  static Decimal decimals(const Decimal& a, const Decimal& b, bool&) { return a + b; }
};

struct Subtract {
  static std::int64_t ints(std::int64_t a, std::int64_t b, bool&) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }

  static double reals(double a, double b) { return a - b; }

  static Decimal decimals(const Decimal& a, const Decimal& b, bool&) { return a - b; }
};

struct Multiply {
  static std::int64_t ints(std::int64_t a, std::int64_t b, bool&) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }

  static double reals(double a, double b) { return a * b; }

  static Decimal decimals(const Decimal& a, const Decimal& b, bool&) { return a * b; }
};

struct Divide {
  static std::int64_t ints(std::int64_t a, std::int64_t b, bool& null) {
    if (b == 0) {
      null = true;
      return 0;
    }
    if (b == -1) return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a));
    return a / b;
  }

  static double reals(double a, double b) { return a / b; }

  static Decimal decimals(const Decimal& a, const Decimal& b, bool& null) {
    null = b.mantissa == 0;
    return null ? Decimal{} : a / b;
  }
};

struct Modulo {
  static std::int64_t ints(std::int64_t a, std::int64_t b, bool& null) {
    if (b == 0) {
      null = true;
      return 0;
    }
    if (b == -1 || b == 1 || b == INT64_MIN) return b == INT64_MIN ? a : 0;
    const std::int64_t size = b < 0 ? -b : b;
    const std::int64_t rest = a % size;
    return rest < 0 ? rest + size : rest;
  }

  static double reals(double a, double b) {
    const double rest = std::fmod(a, b);
    return rest < 0 ? rest + std::fabs(b) : rest;
  }

  static Decimal decimals(const Decimal& a, const Decimal& b, bool& null) {
    null = b.mantissa == 0;
    if (null) return {};
    Decimal size = b;
    size.negative = false;
    return a - (a / size).floor() * size;
  }
};

void set_null(Vector& out, std::size_t row, std::size_t rows) {
  if (out.nulls.empty()) out.nulls.assign(rows, 0);
  out.nulls[row] = 1;
}

template <class Op>
Result<VectorPtr> decimal_batch(BatchCall& call) {
  const bool constant = is_constant(call);
  const std::size_t rows = constant ? 1 : call.rows;
  VectorBuilder builder(ScalarType::decimal, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto a = Decimal::parse(call.args[0]->at(row).s);
    const auto b = Decimal::parse(call.args[1]->at(row).s);
    bool null = !a || !b || call.args[0]->is_null(row) || call.args[1]->is_null(row);
    const Decimal result = null ? Decimal{} : Op::decimals(*a, *b, null);
    if (null) {
      builder.push_null();
    } else {
      builder.push_text(result.text());
    }
  }
  auto out = builder.finish();
  out->constant = constant;
  return VectorPtr(std::move(out));
}

/// timespan with a number: `*` and `/`.
template <class Op>
void scale_timespan(Vector& out, const Vector& a, const Vector& b, std::size_t rows) {
  for (std::size_t row = 0; row < rows; ++row) {
    const Value x = a.at(row);
    const Value y = b.at(row);
    const auto number = [](const Value& v) {
      return layout_of(v.type) == Layout::real ? v.r : static_cast<double>(v.i);
    };
    const auto ticks = real_to_long(Op::reals(number(x), number(y)));
    out.ints[row] = ticks.value_or(0);
    if (!ticks) set_null(out, row, rows);
  }
}

template <class Op>
Result<VectorPtr> arithmetic_batch(BatchCall& call) {
  if (call.type == ScalarType::decimal) return decimal_batch<Op>(call);
  std::size_t rows = 0;
  auto out = result_of(call, rows);
  const Vector& a = *call.args[0];
  const Vector& b = *call.args[1];
  out->nulls = joined_nulls(a, b, rows);
  const bool spans = a.type == ScalarType::timespan && b.type == ScalarType::timespan;
  if (call.type == ScalarType::real && spans) {
    out->reals.resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      out->reals[row] =
          Op::reals(static_cast<double>(a.at(row).i), static_cast<double>(b.at(row).i));
    }
  } else if (call.type == ScalarType::real) {
    out->reals.resize(rows);
    const auto x = real_cells(a);
    const auto y = real_cells(b);
    for (std::size_t row = 0; row < rows; ++row) out->reals[row] = Op::reals(x[row], y[row]);
  } else if (call.type == ScalarType::timespan &&
             (a.type == ScalarType::real || b.type == ScalarType::real)) {
    out->ints.resize(rows);
    scale_timespan<Op>(*out, a, b, rows);
  } else {
    out->ints.resize(rows);
    const auto x = int_cells(a);
    const auto y = int_cells(b);
    for (std::size_t row = 0; row < rows; ++row) {
      bool null = false;
      out->ints[row] = Op::ints(x[row], y[row], null);
      if (null || (call.type == ScalarType::datetime && !in_datetime_range(out->ints[row]))) {
        set_null(*out, row, rows);
      }
    }
  }
  return VectorPtr(std::move(out));
}

void negate(Frame& f) {
  const Value& value = f.args[0];
  if (value.type == ScalarType::real) return f.set_real(-value.r);
  if (value.type == ScalarType::decimal) {
    const auto number = Decimal::parse(value.s);
    if (number) f.set_text((-*number).text());
    return;
  }
  f.set_int(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(value.i)));
}

// ---- bin

std::int64_t floor_to(std::int64_t value, std::int64_t size) noexcept {
  std::int64_t rest = value % size;
  if (rest < 0) rest += size;
  return value - rest;
}

Result<VectorPtr> bin_ints(BatchCall& call) {
  std::size_t rows = 0;
  auto out = result_of(call, rows);
  const Vector& a = *call.args[0];
  const Vector& b = *call.args[1];
  out->nulls = joined_nulls(a, b, rows);
  out->ints.resize(rows);
  const auto x = int_cells(a);
  const auto y = int_cells(b);
  for (std::size_t row = 0; row < rows; ++row) {
    if (y[row] <= 0) {
      set_null(*out, row, rows);
    } else {
      out->ints[row] = floor_to(x[row], y[row]);
    }
  }
  return VectorPtr(std::move(out));
}

void bin_row(Frame& f) {
  const Value a = convert(f.args[0], f.type, f.heap);
  const Value b = convert(f.args[1], f.type, f.heap);
  if (a.null || b.null) return;
  if (f.type == ScalarType::decimal) {
    const auto x = Decimal::parse(a.s);
    const auto y = Decimal::parse(b.s);
    if (x && y && y->mantissa != 0 && !y->negative) f.set_text(((*x / *y).floor() * *y).text());
    return;
  }
  if (b.r > 0) f.set_real(std::floor(a.r / b.r) * b.r);
}

Result<VectorPtr> bin_batch(BatchCall& call) {
  const bool whole = layout_of(call.args[0]->type) == Layout::integer &&
                     layout_of(call.args[1]->type) == Layout::integer &&
                     layout_of(call.type) == Layout::integer;
  if (whole) return bin_ints(call);
  static constexpr Kernel kRow = strict("bin", bin_row);
  return call_kernel(kRow, call);
}

void bin_at(Frame& f) {
  if (layout_of(f.type) == Layout::integer) {
    Value size = f.args[1];
    if (size.type == ScalarType::real) size = convert(size, ScalarType::long_, f.heap);
    if (size.i <= 0) return;
    const std::int64_t fixed = f.args[2].i;
    return f.set_int(floor_to(f.args[0].i - fixed, size.i) + fixed);
  }
  const double size = f.real(1, 0);
  const double fixed = f.real(2, 0);
  if (size > 0) f.set_real(std::floor((f.real(0, 0) - fixed) / size) * size + fixed);
}

constexpr Kernel kKernels[] = {
    batched("==", compare_batch<Compare::eq>),
    batched("!=", compare_batch<Compare::ne>),
    batched("<", compare_batch<Compare::lt>),
    batched("<=", compare_batch<Compare::le>),
    batched(">", compare_batch<Compare::gt>),
    batched(">=", compare_batch<Compare::ge>),
    batched("between", between_batch<false>),
    batched("!between", between_batch<true>),
    batched("+", arithmetic_batch<Add>),
    batched("-", arithmetic_batch<Subtract>),
    batched("*", arithmetic_batch<Multiply>),
    batched("/", arithmetic_batch<Divide>),
    batched("%", arithmetic_batch<Modulo>),
    strict("neg", negate),
    batched("bin", bin_batch),
    strict("bin_at", bin_at),
};

}  // namespace

std::span<const Kernel> operator_kernels() {
  return kKernels;
}

}  // namespace harrier::query
