# The units are sound, and as hardened as they claim to be.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
lint_need_tool(systemd-analyze)

# In a copy whose program exists, because the check wants to find it.
set(copy ${WORK})
file(MAKE_DIRECTORY ${copy})
foreach(unit IN ITEMS harrierd.service harrierd@.service)
  file(READ ${ROOT}/systemd/${unit} text)
  string(REPLACE "/usr/bin/harrierd" "/bin/true" text "${text}")
  file(WRITE ${copy}/${unit} "${text}")
endforeach()
configure_file(${copy}/harrierd@.service ${copy}/harrierd@check.service COPYONLY)

foreach(unit IN ITEMS harrierd.service harrierd@check.service)
  execute_process(COMMAND ${TOOL} verify --man=no --recursive-errors=no ${copy}/${unit}
    RESULT_VARIABLE code ERROR_VARIABLE report OUTPUT_VARIABLE report)
  string(REGEX MATCHALL "[^\n]*harrierd[^\n]*" ours "${report}")
  foreach(line IN LISTS ours)
    if(NOT line MATCHES "Failed to (create|connect|prepare)")
      lint_problem("${line}")
    endif()
  endforeach()
  # --threshold is in tenths: an exposure over 1.5 fails.
  execute_process(COMMAND ${TOOL} security --offline=true --threshold=15 --no-pager ${copy}/${unit}
    RESULT_VARIABLE code OUTPUT_VARIABLE table ERROR_VARIABLE report)
  if(NOT code EQUAL 0)
    lint_problem("${unit}: ${report}${table}")
  else()
    string(REGEX MATCH "Overall exposure level[^\n]*" level "${table}")
    message("${unit}: ${level}")
  endif()
endforeach()
lint_end()
