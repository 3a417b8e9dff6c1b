# Warnings, sanitizers and hardening. Every Harrier target links harrier_options; third-party code never does.
add_library(harrier_options INTERFACE)
target_compile_features(harrier_options INTERFACE cxx_std_20)
target_compile_options(harrier_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough
  -Wswitch-enum -Wextra-semi -Wmissing-declarations -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(harrier_options INTERFACE
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast
    -Wno-mismatched-new-delete)  # wrong about Asio's coroutine frames when optimising
endif()
target_compile_definitions(harrier_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  _GLIBCXX_ASSERTIONS)
if(HARRIER_SANITIZE)
  target_compile_options(harrier_options INTERFACE -fsanitize=${HARRIER_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(harrier_options INTERFACE -fsanitize=${HARRIER_SANITIZE})
  target_compile_definitions(harrier_options INTERFACE HARRIER_SANITIZED)
  if(HARRIER_SANITIZE MATCHES thread)  # TSan does not model fences
    target_compile_definitions(harrier_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
    target_compile_options(harrier_options INTERFACE -Wno-tsan)
  endif()
endif()
if(HARRIER_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(harrier_options INTERFACE
    -fno-sanitize=function)  # clang 14 cannot emit coroutines with it
endif()
if(HARRIER_FUZZ)
  target_compile_options(harrier_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HARRIER_HARDEN)
  target_compile_options(harrier_options INTERFACE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
    -fstack-clash-protection -fcf-protection=full)
  target_link_options(harrier_options INTERFACE -Wl,-z,relro,-z,now)
endif()

# harrier_module(net DEPS base THIRD_PARTY Boost::url): one folder, one static library, one row of the layer table.
function(harrier_module name)
  cmake_parse_arguments(M "" "" "DEPS;THIRD_PARTY;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(harrier_${name} STATIC ${sources} ${M_SOURCES})
  add_library(harrier::${name} ALIAS harrier_${name})
  target_include_directories(harrier_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(harrier_${name} PUBLIC harrier_options ${M_THIRD_PARTY})
  foreach(dep IN LISTS M_DEPS)
    target_link_libraries(harrier_${name} PUBLIC harrier::${dep})
  endforeach()
  list(JOIN M_DEPS "," deps)
  set_property(GLOBAL APPEND PROPERTY HARRIER_LAYERS "${name}:${deps}")
  if(HARRIER_PCH)
    if(name STREQUAL base)
      target_precompile_headers(harrier_base PRIVATE pch.hpp)
    else()
      target_precompile_headers(harrier_${name} REUSE_FROM harrier_base)
    endif()
  endif()
endfunction()

# harrier_test(net): tests/unit/net/*.cpp as one Catch2 program that links the module of that name.
function(harrier_test name)
  cmake_parse_arguments(T "" "" "DEPS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE harrier_options harrier_test_support)
  foreach(dep IN LISTS T_DEPS)
    target_link_libraries(${name}_test PRIVATE harrier::${dep})
  endforeach()
  if(HARRIER_PCH)
    target_precompile_headers(${name}_test REUSE_FROM harrier_base)
  endif()
  add_test(NAME unit.${name} COMMAND ${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES LABELS "unit;${T_LABELS}")
endfunction()
