# The shell scripts pass shellcheck.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
lint_need_tool(shellcheck)

file(GLOB scripts ${ROOT}/scripts/* ${ROOT}/.ci/run)
execute_process(COMMAND ${TOOL} ${scripts} RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "shellcheck found something")
endif()
