#include "kql/functions.hpp"

#include "support/catch.hpp"

#include <set>
#include <string>

using namespace harrier::kql;

TEST_CASE("Every function has its own name, a sentence and sound parameters", "[kql]") {
  std::set<std::string> names;
  for (const Function* function : all_functions()) {
    INFO(function->name);
    CHECK(names
              .insert(std::string(function->name) +
                      (function->kind == FunctionKind::aggregate ? " aggregate" : ""))
              .second);
    if (function->kind != FunctionKind::operator_) CHECK(function->doc.ends_with('.'));
    for (const auto& overload : overloads_of(*function)) {
      for (const Parameter& parameter : overload) CHECK_FALSE(parameter.kind.empty());
    }
  }
}

TEST_CASE("Other names lead to the same entry", "[kql]") {
  CHECK(find_function("todynamic") == find_function("parse_json"));
  CHECK(find_function("iif") == find_function("iff"));
  CHECK(find_function("toreal") == find_function("todouble"));
  CHECK(find_aggregate("countif") == find_aggregate("count"));
  CHECK(find_aggregate("makeset") == find_aggregate("make_set"));
  CHECK(find_function("no_such_function") == nullptr);
  CHECK(find_operator("!has_cs") != nullptr);
}
