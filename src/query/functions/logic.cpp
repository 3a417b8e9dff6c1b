// and, or, not, iff, case, coalesce and the tests for null and empty.
#include "query/convert.hpp"
#include "query/decimal.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"

#include <cmath>

namespace harrier::query {

namespace {

/// Three-valued: `decisive` is the value that settles the answer whatever the other side is.
template <bool kDecisive>
Result<VectorPtr> both_batch(BatchCall& call) {
  auto out = std::make_shared<Vector>();
  out->type = ScalarType::boolean;
  out->constant = true;
  for (const VectorPtr& arg : call.args) out->constant = out->constant && arg->constant;
  const std::size_t rows = out->constant ? 1 : call.rows;
  out->ints.assign(rows, kDecisive ? 0 : 1);
  for (const VectorPtr& arg : call.args) {
    const auto cells = int_cells(*arg);
    for (std::size_t row = 0; row < rows; ++row) {
      if (arg->is_null(row)) {
        if ((out->ints[row] != 0) == kDecisive) continue;
        if (out->nulls.empty()) out->nulls.assign(rows, 0);
        out->nulls[row] = 1;
      } else if ((cells[row] != 0) == kDecisive) {
        out->ints[row] = kDecisive ? 1 : 0;
        if (!out->nulls.empty()) out->nulls[row] = 0;
      }
    }
  }
  // A decided row may have been marked null by a later argument.
  if (!out->nulls.empty()) {
    for (std::size_t row = 0; row < rows; ++row) {
      if ((out->ints[row] != 0) == kDecisive) out->nulls[row] = 0;
    }
  }
  return VectorPtr(std::move(out));
}

void not_(Frame& f) {
  f.set_bool(f.args[0].i == 0);
}

/// Picks per row: conditions at even places, values at odd ones, the last argument else.
Result<VectorPtr> case_batch(BatchCall& call) {
  VectorBuilder builder(call.type, call.rows);
  for (const VectorPtr& arg : call.args) builder.own_all(*arg);
  for (std::size_t row = 0; row < call.rows; ++row) {
    std::size_t chosen = call.args.size() - 1;
    for (std::size_t k = 0; k + 1 < call.args.size(); k += 2) {
      const Value condition = call.args[k]->at(row);
      if (!condition.null && condition.i != 0) {
        chosen = k + 1;
        break;
      }
    }
    const Value value = call.args[chosen]->at(row);
    builder.push(value.type == call.type ? value : convert(value, call.type, builder.heap()),
                 false);
  }
  return VectorPtr(builder.finish());
}

bool is_empty(const Value& value) {
  if (value.null) return true;
  if (layout_of(value.type) != Layout::text) return false;
  return value.s.empty() || (value.type == ScalarType::dynamic && value.s == "\"\"");
}

void isnull(Frame& f) {
  f.set_bool(f.args[0].null && f.args[0].type != ScalarType::string);
}

void isnotnull(Frame& f) {
  f.set_bool(!f.args[0].null || f.args[0].type == ScalarType::string);
}

void isempty(Frame& f) {
  f.set_bool(is_empty(f.args[0]));
}

void isnotempty(Frame& f) {
  f.set_bool(!is_empty(f.args[0]));
}

void coalesce(Frame& f) {
  for (const Value& arg : f.args) {
    if (arg.null || (arg.type == ScalarType::string && arg.s.empty())) continue;
    f.result = convert(arg, f.type, f.heap);
    return;
  }
}

/// Negative, zero or positive as `a` sorts against `b`; both of one type and not null.
int order(const Value& a, const Value& b) {
  switch (layout_of(a.type)) {
    case Layout::integer:
      return a.i < b.i ? -1 : (a.i > b.i ? 1 : 0);
    case Layout::real:
      return a.r < b.r ? -1 : (a.r > b.r ? 1 : 0);
    case Layout::text:
      break;
  }
  if (a.type == ScalarType::decimal) {
    const auto x = Decimal::parse(a.s);
    const auto y = Decimal::parse(b.s);
    if (x && y) return compare(*x, *y) < 0 ? -1 : (compare(*x, *y) > 0 ? 1 : 0);
  }
  return a.s.compare(b.s);
}

template <bool kMax>
void extreme(Frame& f) {
  for (const Value& arg : f.args) {
    const Value value = convert(arg, f.type, f.heap);
    if (value.null) continue;
    if (f.result.null || (kMax ? order(value, f.result) > 0 : order(value, f.result) < 0)) {
      f.result = value;
    }
  }
}

void around(Frame& f) {
  const Value& value = f.args[0];
  if (value.type == ScalarType::real) {
    return f.set_bool(std::fabs(value.r - f.real(1, 0)) <= f.real(2, 0));
  }
  f.set_bool(value.i >= f.args[1].i - f.args[2].i && value.i <= f.args[1].i + f.args[2].i);
}

void assert_(Frame& f) {
  if (f.args[0].null || f.args[0].i == 0) {
    f.error = "assert: " + std::string(f.text(1));
    return;
  }
  f.set_bool(true);
}

void gettype(Frame& f) {
  const Value& value = f.args[0];
  if (value.type != ScalarType::dynamic) return f.set_view(model::to_string(value.type));
  if (value.null) return f.set_view("null");
  switch (json_kind(value.s)) {
    case JsonKind::null:
      return f.set_view("null");
    case JsonKind::boolean:
      return f.set_view("bool");
    case JsonKind::integer:
      return f.set_view("long");
    case JsonKind::real:
      return f.set_view("double");
    case JsonKind::string:
      return f.set_view("string");
    case JsonKind::array:
      return f.set_view("array");
    case JsonKind::object:
      return f.set_view("dictionary");
  }
}

constexpr Kernel kKernels[] = {
    batched("and", both_batch<false>),
    batched("or", both_batch<true>),
    strict("not", not_),
    batched("iff", case_batch),
    batched("case", case_batch),
    lenient("isnull", isnull),
    lenient("isnotnull", isnotnull),
    lenient("isempty", isempty),
    lenient("isnotempty", isnotempty),
    lenient("coalesce", coalesce),
    lenient("max_of", extreme<true>),
    lenient("min_of", extreme<false>),
    strict("around", around),
    lenient("assert", assert_),
    lenient("gettype", gettype),
};

}  // namespace

std::span<const Kernel> logic_kernels() {
  return kKernels;
}

}  // namespace harrier::query
