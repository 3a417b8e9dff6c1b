#include "query/window.hpp"

#include "query/convert.hpp"
#include "query/decimal.hpp"
#include "query/table.hpp"

namespace harrier::query {

namespace {

using Args = std::vector<VectorPtr>;

bool restarts(const Args& args, std::size_t arg, std::size_t row) {
  if (arg >= args.size() || args[arg]->type != ScalarType::boolean) return false;
  const Value value = args[arg]->at(row);
  return !value.null && value.i != 0;
}

std::int64_t number(const Args& args, std::size_t arg, std::int64_t fallback) {
  if (arg >= args.size() || args[arg]->cells() == 0) return fallback;
  const Value value = args[arg]->at(0);
  return value.null ? fallback : value.i;
}

Result<VectorPtr> row_number(const Args& args, std::size_t rows, ScalarType type) {
  VectorBuilder out(type, rows);
  const std::int64_t start = number(args, 0, 1);
  std::int64_t n = start;
  for (std::size_t row = 0; row < rows; ++row, ++n) {
    if (restarts(args, 1, row)) n = start;
    out.push_int(n);
  }
  return VectorPtr(out.finish());
}

Result<VectorPtr> row_cumsum(const Args& args, std::size_t rows, ScalarType type) {
  VectorBuilder out(type, rows);
  std::int64_t whole = 0;
  double real = 0;
  Decimal decimal;
  for (std::size_t row = 0; row < rows; ++row) {
    if (restarts(args, 1, row)) {
      whole = 0;
      real = 0;
      decimal = Decimal{};
    }
    const Value value = args[0]->at(row);
    if (!value.null) {
      whole = static_cast<std::int64_t>(static_cast<std::uint64_t>(whole) +
                                        static_cast<std::uint64_t>(value.i));
      real += value.r;
      if (type == ScalarType::decimal) {
        const auto term = Decimal::parse(value.s);
        if (term) decimal = decimal + *term;
      }
    }
    if (type == ScalarType::real) {
      out.push_real(real);
    } else if (type == ScalarType::decimal) {
      out.push_text(decimal.text());
    } else {
      out.push_int(whole);
    }
  }
  return VectorPtr(out.finish());
}

template <bool kDense>
Result<VectorPtr> row_rank(const Args& args, std::size_t rows, ScalarType type) {
  VectorBuilder out(type, rows);
  std::int64_t rank = 0;
  std::int64_t position = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const bool first = row == 0 || restarts(args, 1, row);
    position = first ? 1 : position + 1;
    if (first) {
      rank = 1;
    } else if (!same_cell(*args[0], row, *args[0], row - 1)) {
      rank = kDense ? rank + 1 : position;
    }
    out.push_int(rank);
  }
  return VectorPtr(out.finish());
}

Result<VectorPtr> neighbour(const Args& args, std::size_t rows, ScalarType type,
                            std::int64_t sign) {
  VectorBuilder out(type, rows);
  out.own_all(*args[0]);
  if (args.size() > 2) out.own_all(*args[2]);
  const std::int64_t offset = number(args, 1, 1) * sign;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int64_t at = static_cast<std::int64_t>(row) + offset;
    if (at >= 0 && at < static_cast<std::int64_t>(rows)) {
      out.push(args[0]->at(static_cast<std::size_t>(at)), false);
    } else if (args.size() > 2) {
      const Value fallback = args[2]->at(row);
      out.push(fallback.type == type ? fallback : convert(fallback, type, out.heap()), false);
    } else {
      out.push_null();
    }
  }
  return VectorPtr(out.finish());
}

Result<VectorPtr> prev(const Args& args, std::size_t rows, ScalarType type) {
  return neighbour(args, rows, type, -1);
}

Result<VectorPtr> next(const Args& args, std::size_t rows, ScalarType type) {
  return neighbour(args, rows, type, 1);
}

/// The start of the session a time belongs to: too far from it, or from the row before, begins a
/// new one.
Result<VectorPtr> row_window_session(const Args& args, std::size_t rows, ScalarType type) {
  VectorBuilder out(type, rows);
  std::int64_t start = 0;
  std::int64_t last = 0;
  bool open = false;
  for (std::size_t row = 0; row < rows; ++row) {
    const Value time = args[0]->at(row);
    if (time.null) {
      out.push_null();
      continue;
    }
    const std::int64_t reach = args[1]->at(row).i;
    const std::int64_t gap = args[2]->at(row).i;
    if (!open || restarts(args, 3, row) || time.i - start > reach || time.i - last > gap) {
      start = time.i;
    }
    open = true;
    last = time.i;
    out.push_int(start);
  }
  return VectorPtr(out.finish());
}

constexpr std::pair<std::string_view, WindowKernel> kWindows[] = {
    {"row_number", row_number},
    {"row_cumsum", row_cumsum},
    {"row_rank_dense", row_rank<true>},
    {"row_rank_min", row_rank<false>},
    {"prev", prev},
    {"next", next},
    {"row_window_session", row_window_session},
};

}  // namespace

WindowKernel find_window(std::string_view name) noexcept {
  for (const auto& [known, kernel] : kWindows) {
    if (known == name) return kernel;
  }
  return nullptr;
}

}  // namespace harrier::query
