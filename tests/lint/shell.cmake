# The shell scripts pass shellcheck.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
lint_need_tool(shellcheck)

file(GLOB scripts ${ROOT}/scripts/* ${ROOT}/.ci/run ${ROOT}/tests/package/*)
list(FILTER scripts EXCLUDE REGEX "CMakeLists")
execute_process(COMMAND ${TOOL} --external-sources ${scripts} WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "shellcheck found something")
endif()
