// Functions by name: how execution finds the code behind a call.
#pragma once

#include "base/result.hpp"
#include "query/context.hpp"
#include "query/vector.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

class Regex;

/// What one call in one expression keeps between batches (compiled patterns, prepared needles).
/// Used by one thread.
class CallState {
 public:
  /// The kept T, made on first use. One T per call.
  template <class T>
  T& get() {
    if (!data_) data_ = std::make_shared<T>();
    return *static_cast<T*>(data_.get());
  }

 private:
  std::shared_ptr<void> data_;
};

/// One row's call of a scalar function.
struct Frame {
  std::span<const Value> args;
  ScalarType type = ScalarType::string;  ///< of the result
  StringHeap& heap;                      ///< of the result's text
  CallState& state;
  const QueryContext& query;
  Value result;       ///< null (or empty) until set
  std::string error;  ///< set: the query ends with it

  void set_int(std::int64_t value) { result = Value::of_int(type, value); }

  void set_bool(bool value) { result = Value::of_int(type, value ? 1 : 0); }

  void set_real(double value) { result = Value::of_real(value); }

  /// Borrowed from an argument or from `heap`.
  void set_view(std::string_view text) { result = Value::of_text(type, text); }

  void set_text(std::string_view text) { set_view(heap.add(text)); }

  /// Dynamic result from JSON text; `null` becomes a null cell.
  void set_json(std::string_view json);
  /// The tostring form of an argument.
  [[nodiscard]] std::string_view text(std::size_t arg) const;

  [[nodiscard]] bool has(std::size_t arg) const { return arg < args.size() && !args[arg].null; }

  /// An argument as a long; `fallback` where it is missing, null or no number.
  [[nodiscard]] std::int64_t integer(std::size_t arg, std::int64_t fallback) const;
  [[nodiscard]] double real(std::size_t arg, double fallback) const;
  /// The texts of the arguments from `first` on; arrays are taken apart, also those written as
  /// text.
  [[nodiscard]] std::vector<std::string> texts(std::size_t first) const;
  /// The compiled pattern of an argument, kept while it stays the same; nullptr (and `error`) when
  /// it is not valid.
  [[nodiscard]] const Regex* regex(std::size_t arg);
};

using ScalarKernel = void (*)(Frame&);

/// A call over a whole batch.
struct BatchCall {
  std::span<const VectorPtr> args;
  std::size_t rows = 0;
  ScalarType type = ScalarType::string;
  CallState& state;
  const QueryContext& query;
};

using BatchKernel = Result<VectorPtr> (*)(BatchCall&);

/// The code behind a function or operator. Exactly one of `scalar` and `batch` is set.
struct Kernel {
  std::string_view name;
  ScalarKernel scalar = nullptr;
  BatchKernel batch = nullptr;
  /// Scalar kernels: any null argument gives null (or "") without a call.
  bool strict = true;
};

[[nodiscard]] constexpr Kernel strict(std::string_view name, ScalarKernel kernel) {
  return {name, kernel, nullptr, true};
}

[[nodiscard]] constexpr Kernel lenient(std::string_view name, ScalarKernel kernel) {
  return {name, kernel, nullptr, false};
}

[[nodiscard]] constexpr Kernel batched(std::string_view name, BatchKernel kernel) {
  return {name, nullptr, kernel, false};
}

/// nullptr where there is none.
[[nodiscard]] const Kernel* find_kernel(std::string_view name) noexcept;
/// Calls a kernel; calls of constants only are made once.
[[nodiscard]] Result<VectorPtr> call_kernel(const Kernel& kernel, BatchCall& call);

/// The entries of each topic (functions/*.cpp).
[[nodiscard]] std::span<const Kernel> operator_kernels();
[[nodiscard]] std::span<const Kernel> match_kernels();
[[nodiscard]] std::span<const Kernel> logic_kernels();
[[nodiscard]] std::span<const Kernel> conversion_kernels();
[[nodiscard]] std::span<const Kernel> string_kernels();
[[nodiscard]] std::span<const Kernel> regex_kernels();
[[nodiscard]] std::span<const Kernel> encoding_kernels();
[[nodiscard]] std::span<const Kernel> hash_kernels();
[[nodiscard]] std::span<const Kernel> math_kernels();
[[nodiscard]] std::span<const Kernel> datetime_kernels();
[[nodiscard]] std::span<const Kernel> timezone_kernels();
[[nodiscard]] std::span<const Kernel> array_kernels();
[[nodiscard]] std::span<const Kernel> bag_kernels();
[[nodiscard]] std::span<const Kernel> set_kernels();
[[nodiscard]] std::span<const Kernel> parse_kernels();
[[nodiscard]] std::span<const Kernel> ipv4_kernels();
[[nodiscard]] std::span<const Kernel> ipv6_kernels();
[[nodiscard]] std::span<const Kernel> series_kernels();
[[nodiscard]] std::span<const Kernel> unit_kernels();
[[nodiscard]] std::span<const Kernel> geo_kernels();
[[nodiscard]] std::span<const Kernel> shape_kernels();
[[nodiscard]] std::span<const Kernel> cell_kernels();
[[nodiscard]] std::span<const Kernel> h3_kernels();
[[nodiscard]] std::span<const Kernel> overlay_kernels();
[[nodiscard]] std::span<const Kernel> flag_kernels();
[[nodiscard]] std::span<const Kernel> decompose_kernels();
[[nodiscard]] std::span<const Kernel> model_kernels();
[[nodiscard]] std::span<const Kernel> sketch_kernels();
[[nodiscard]] std::span<const Kernel> wkt_kernels();

}  // namespace harrier::query
