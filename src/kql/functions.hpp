// The function table: every function, aggregate and operator the language has here, one entry each.
#pragma once

#include "model/types.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::kql {

using model::ScalarType;

enum class FunctionKind : std::uint8_t {
  scalar,     ///< one value of the row's values
  aggregate,  ///< one value (or several, arg_max) of a group of rows
  window,     ///< needs the rows in order: row_number, prev, next, row_cumsum …
  operator_,  ///< `==`, `has`, `+` …; the name is the operator's spelling
};

/// How the result type follows from the arguments.
enum class ResultRule : std::uint8_t {
  fixed,         ///< `Function::result`
  first,         ///< type of the first argument
  first_summed,  ///< type of the first argument; int becomes long
  second,        ///< type of the second argument
  widest,        ///< widest of int, long, real, decimal, else the first argument's (bin)
  common,        ///< the type all arguments are converted to (iff, case, coalesce, max_of)
  averaged,      ///< real; decimal, datetime and timespan stay (avg)
  type_literal,  ///< the type named by the last argument when there is one, else `result` (extract)
  special,       ///< the binder has a rule of its own
};

/// What an unnamed call's column is called.
enum class NameRule : std::uint8_t {
  none,           ///< Column1, Column2 …
  first,          ///< the name of the first argument
  prefix_first,   ///< prefix, `_`, name of the first argument (`sum_x`)
  prefix,         ///< the prefix alone
  first_literal,  ///< the text of the first argument when it names a column (column_ifexists)
};

/// One entry. `name` is canonical: aliases (`iif`, `todynamic`) are resolved by the binder, so
/// execution never sees them.
struct Function {
  std::string_view name;
  FunctionKind kind = FunctionKind::scalar;
  /// Parameters: `name:Kind`, separated by `, `; `?` optional, `*` repeated; overloads separated by
  /// ` ; `. Kinds: a scalar type, Scalar, NotDynamic, Integer, Number, Summable (number, datetime,
  /// timespan), Orderable, StringOrDynamic, Array (dynamic or a list), Bag, Common, Type.
  std::string_view parameters = {};
  ResultRule rule = ResultRule::fixed;
  ScalarType result = ScalarType::string;
  NameRule naming = NameRule::none;
  std::string_view prefix = {};
  std::string_view doc = {};      ///< one sentence
  std::string_view example = {};  ///< an expression without columns; for aggregates a whole query
  std::string_view shows =
      {};            ///< the example's value as the csv output prints it; empty: not checked
  bool pure = true;  ///< same arguments, same value: may be folded
};

/// A parsed parameter of an overload.
struct Parameter {
  std::string_view name;
  std::string_view kind;
  bool optional = false;
  bool repeated = false;
};

/// Scalar and window functions by name or alias; nullptr where there is none.
[[nodiscard]] const Function* find_function(std::string_view name) noexcept;
/// Aggregates by name or alias (`countif` included); nullptr where there is none.
[[nodiscard]] const Function* find_aggregate(std::string_view name) noexcept;
/// Operators by spelling: `==`, `!contains_cs`, `+`, `and` …; unary minus is `neg`.
[[nodiscard]] const Function* find_operator(std::string_view name) noexcept;
/// Every entry, by topic. Addresses are stable: execution may key its kernels by them or by `name`.
[[nodiscard]] std::span<const Function* const> all_functions();
/// Names and aliases, for "did you mean" and completion.
[[nodiscard]] std::vector<std::string> function_names();
/// The overloads that a parameter text stands for.
[[nodiscard]] std::vector<std::vector<Parameter>> parse_overloads(std::string_view text);
/// The overloads of `function`, parsed.
[[nodiscard]] std::vector<std::vector<Parameter>> overloads_of(const Function& function);
/// True for functions of the language that Harrier knows by name but does not run
/// (`geo_polygon_area`).
[[nodiscard]] bool is_known_unsupported(std::string_view name) noexcept;

}  // namespace harrier::kql
