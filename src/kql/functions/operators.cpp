// Operators, as functions.
#include "kql/functions_impl.hpp"

namespace harrier::kql::functions {
namespace {

constexpr Function predicate(std::string_view name, std::string_view parameters) {
  Function function;
  function.name = name;
  function.kind = FunctionKind::operator_;
  function.parameters = parameters;
  function.result = ScalarType::boolean;
  return function;
}

constexpr Function arithmetic(std::string_view name, std::string_view parameters) {
  Function function;
  function.name = name;
  function.kind = FunctionKind::operator_;
  function.parameters = parameters;
  function.rule = ResultRule::special;
  function.result = ScalarType::long_;
  return function;
}

constexpr std::string_view kTwo = "a:Scalar, b:Scalar";
constexpr std::string_view kTexts = "text:string, part:string";

constexpr Function kFunctions[] = {
    predicate("==", kTwo),
    predicate("!=", kTwo),
    predicate("<", kTwo),
    predicate("<=", kTwo),
    predicate(">", kTwo),
    predicate(">=", kTwo),
    predicate("=~", kTexts),
    predicate("!~", kTexts),
    predicate("contains", kTexts),
    predicate("!contains", kTexts),
    predicate("contains_cs", kTexts),
    predicate("!contains_cs", kTexts),
    predicate("startswith", kTexts),
    predicate("!startswith", kTexts),
    predicate("startswith_cs", kTexts),
    predicate("!startswith_cs", kTexts),
    predicate("endswith", kTexts),
    predicate("!endswith", kTexts),
    predicate("endswith_cs", kTexts),
    predicate("!endswith_cs", kTexts),
    predicate("has", kTexts),
    predicate("!has", kTexts),
    predicate("has_cs", kTexts),
    predicate("!has_cs", kTexts),
    predicate("hasprefix", kTexts),
    predicate("!hasprefix", kTexts),
    predicate("hasprefix_cs", kTexts),
    predicate("!hasprefix_cs", kTexts),
    predicate("hassuffix", kTexts),
    predicate("!hassuffix", kTexts),
    predicate("hassuffix_cs", kTexts),
    predicate("!hassuffix_cs", kTexts),
    predicate("matches regex", kTexts),
    predicate("and", "a:bool*"),
    predicate("or", "a:bool*"),
    predicate("between", "value:Scalar, low:Scalar, high:Scalar"),
    predicate("!between", "value:Scalar, low:Scalar, high:Scalar"),
    arithmetic("+", kTwo),
    arithmetic("-", kTwo),
    arithmetic("*", kTwo),
    arithmetic("/", kTwo),
    arithmetic("%", kTwo),
    arithmetic("neg", "a:Scalar"),
    {.name = "dynamic_of",
     .kind = FunctionKind::operator_,
     .parameters = "value:Scalar",
     .result = ScalarType::dynamic,
     .doc = "A typed value as dynamic: texts stay texts. The compiler's own conversion."},
};

}  // namespace

std::span<const Function> operators() {
  return kFunctions;
}

}  // namespace harrier::kql::functions
