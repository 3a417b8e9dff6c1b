// Functions that need the rows in order.
#include "kql/functions_impl.hpp"

namespace harrier::kql::functions {
namespace {

constexpr Function kFunctions[] = {
    {.name = "row_number",
     .kind = FunctionKind::window,
     .parameters = "startingIndex:long?, restart:bool?",
     .result = ScalarType::long_,
     .doc = "Number of the row, from 1 or a start, again from there where restarted.",
     .pure = false},
    {.name = "row_cumsum",
     .kind = FunctionKind::window,
     .parameters = "term:Number, restart:bool?",
     .rule = ResultRule::first,
     .doc = "Running sum, again from zero where restarted.",
     .pure = false},
    {.name = "row_rank_dense",
     .kind = FunctionKind::window,
     .parameters = "term:NotDynamic, restart:bool?",
     .result = ScalarType::long_,
     .doc = "Rank without gaps.",
     .pure = false},
    {.name = "row_rank_min",
     .kind = FunctionKind::window,
     .parameters = "term:NotDynamic, restart:bool?",
     .result = ScalarType::long_,
     .doc = "Rank with gaps.",
     .pure = false},
    {.name = "row_window_session",
     .kind = FunctionKind::window,
     .parameters = "expr:datetime, maxDistanceFromFirst:timespan, "
                   "maxDistanceBetweenNeighbors:timespan, restart:bool?",
     .rule = ResultRule::first,
     .doc = "Beginning of the session that a time belongs to.",
     .pure = false},
    {.name = "prev",
     .kind = FunctionKind::window,
     .parameters = "column:Scalar, offset:long?, default_value:Scalar?",
     .rule = ResultRule::first,
     .doc = "A value of an earlier row.",
     .pure = false},
    {.name = "next",
     .kind = FunctionKind::window,
     .parameters = "column:Scalar, offset:long?, default_value:Scalar?",
     .rule = ResultRule::first,
     .doc = "A value of a later row.",
     .pure = false},
};

}  // namespace

std::span<const Function> windows() {
  return kFunctions;
}

}  // namespace harrier::kql::functions
