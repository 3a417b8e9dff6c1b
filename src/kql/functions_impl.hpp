// What the topic files under functions/ share with the lookup.
#pragma once

#include "kql/functions.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace harrier::kql::functions {

std::span<const Function> strings();
std::span<const Function> parsing();
std::span<const Function> network();
std::span<const Function> geography();
std::span<const Function> conversions();
std::span<const Function> datetimes();
std::span<const Function> math();
std::span<const Function> dynamics();
std::span<const Function> series();
std::span<const Function> windows();
std::span<const Function> aggregates();
std::span<const Function> operators();

/// Another name of a function.
struct Alias {
  std::string_view name;
  std::string_view canonical;
};

/// An aggregate as it can be called.
struct AggregateForm {
  std::string_view name;
  std::string_view function;       ///< canonical
  std::string_view prefix;         ///< of an unnamed result; empty: the argument's own name
  std::string_view parameters;     ///< as in `Function::parameters`
  bool conditional = false;        ///< the predicate is the second argument (the first of countif)
  std::int64_t default_limit = 0;  ///< of make_list and make_set in their old spelling
};

/// The form of that name; nullptr where there is none.
const AggregateForm* find_form(std::string_view name) noexcept;
std::span<const AggregateForm> forms();

/// A function with several result columns.
struct MultiResult {
  std::string_view name;
  /// `suffix:type` separated by blanks; the columns are called `<function>_<argument>_<suffix>`.
  std::string_view columns;
};

/// The results of a multi-result function; nullptr for others.
const MultiResult* find_multi_result(std::string_view name) noexcept;

}  // namespace harrier::kql::functions
