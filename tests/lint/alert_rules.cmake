# The example alert rules are sound, and their tests pass.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
lint_need_tool(promtool)

foreach(command IN ITEMS "check;rules;alerts.yml" "test;rules;alerts_test.yml")
  execute_process(COMMAND ${TOOL} ${command} WORKING_DIRECTORY ${ROOT}/config/examples RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    lint_problem("promtool ${command}")
  endif()
endforeach()
lint_end()
