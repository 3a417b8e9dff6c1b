# Shared by the lint scripts. ROOT is the checkout.
cmake_minimum_required(VERSION 3.25)
set(LINT_PROBLEMS 0)

# Our C++ files, relative to ROOT.
function(lint_sources out)
  file(GLOB_RECURSE files RELATIVE ${ROOT}
    ${ROOT}/src/*.[ch]pp ${ROOT}/storage/*.[ch]pp ${ROOT}/connectors/*.[ch]pp ${ROOT}/tests/*.[ch]pp)
  list(FILTER files EXCLUDE REGEX "node_modules/")
  list(SORT files)
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# Every text file of the checkout, relative to ROOT: what git tracks, or what a tree without git holds.
function(lint_tracked out)
  if(GIT AND EXISTS ${ROOT}/.git)
    execute_process(COMMAND ${GIT} -C ${ROOT} ls-files OUTPUT_VARIABLE listing OUTPUT_STRIP_TRAILING_WHITESPACE)
    string(REPLACE "\n" ";" files "${listing}")
  else()
    file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*)
    list(FILTER files EXCLUDE REGEX "^(build|\\.git)/|node_modules/")
  endif()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# One finding.
macro(lint_problem text)
  message("${text}")
  math(EXPR LINT_PROBLEMS "${LINT_PROBLEMS} + 1")
endmacro()

# Ends the script.
macro(lint_end)
  if(LINT_PROBLEMS GREATER 0)
    message(FATAL_ERROR "${LINT_PROBLEMS} finding(s)")
  endif()
endmacro()

# A tool that is not here makes the test a visible skip.
macro(lint_need_tool name)
  if(NOT TOOL OR NOT EXISTS ${TOOL})
    message("skipped: ${name} is not installed")
    return()
  endif()
endmacro()
