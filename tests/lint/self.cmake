# Runs lints on small trees: one that is sound, one with a mistake each must find.
cmake_minimum_required(VERSION 3.25)

function(tree name)
  set(folder ${WORK}/${name})
  file(REMOVE_RECURSE ${folder})
  file(MAKE_DIRECTORY ${folder}/src/net ${folder}/src/base)
  file(WRITE ${folder}/src/README.md "| `base` | – | x |\n| `net` | base | x |\n| `app` | net, base | x |\n")
  set(folder ${folder} PARENT_SCOPE)
endfunction()

function(expect lint tree code)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK}/${tree} -P ${ROOT}/tests/lint/${lint}.cmake
    RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if((code EQUAL 0 AND NOT result EQUAL 0) OR (NOT code EQUAL 0 AND result EQUAL 0))
    message(FATAL_ERROR "lint.${lint} on the tree ${tree}: ended with ${result}\n${text}")
  endif()
endfunction()

tree(sound)
file(WRITE ${folder}/src/net/a.cpp [=[
#include "base/result.hpp"
#include "net/a.hpp"
Task<> f() {
  if (co_await g(std::move(x))) { h(); }
  for (auto y = co_await g(f(1), "{"); y;) { h(); }
  HARRIER_CO_TRY(auto z, co_await g(1));  // co_await T{1}
  if (auto r = co_await g(); !r) { h(); }
  log(LogLevel::warn, "net", "One; two.", {{"error", x}, {"remedy", "wait; or not"}});
  while (!done && co_await g()) {
  }
}
]=])
foreach(lint IN ITEMS layers co_await heavy_headers secrets remedies)
  expect(${lint} sound 0)
endforeach()

tree(upward)
file(WRITE ${folder}/src/base/a.cpp "#include \"net/a.hpp\"\n")
expect(layers upward 1)

tree(dependency)
file(WRITE ${folder}/src/base/CMakeLists.txt "harrier_module(base DEPS net THIRD_PARTY fmt::fmt)\n")
expect(layers dependency 1)

tree(braces)
file(WRITE ${folder}/src/net/a.cpp "Task<> f() { co_await g(T{1}); }\n")
expect(co_await braces 1)

tree(lambda)
file(WRITE ${folder}/src/net/a.cpp "Task<> f() {\n  auto x = co_await g(h(1),\n    [&] { return 1; });\n}\n")
expect(co_await lambda 1)

tree(unhelpful)
file(WRITE ${folder}/src/net/a.cpp [=[
void f() {
  log(LogLevel::warn, "net", "One; two.", {{"error", x}, {"remedy", "wait; or not"}});
  log(loud ? LogLevel::error : LogLevel::debug, "net", "Three; four.", {{"error", x}});
}
]=])
expect(remedies unhelpful 1)

tree(beast)
file(WRITE ${folder}/src/base/a.hpp "#include <boost/beast/http.hpp>\n")
expect(heavy_headers beast 1)

tree(path)
set(home /home)
file(WRITE ${folder}/notes.md "see ${home}/someone/notes\n")
expect(secrets path 1)
