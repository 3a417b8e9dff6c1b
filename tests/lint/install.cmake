# Installs the build into WORK and looks whether everything is where the units and the manual say.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${WORK})
set(ENV{DESTDIR} ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BINARY_DIR} OUTPUT_QUIET RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "cmake --install failed")
endif()

foreach(file IN ITEMS
    bin/harrierd bin/harrier lib/systemd/system/harrierd.service lib/systemd/system/harrierd@.service
    lib/sysusers.d/harrier.conf lib/tmpfiles.d/harrier.conf share/man/man1/harrier.1 share/man/man8/harrierd.8
    share/man/man5/harrier.toml.5 share/doc/harrier/README.md share/doc/harrier/configuration.md
    share/doc/harrier/examples/alerts.yml share/bash-completion/completions/harrier
    share/zsh/vendor-completions/_harrier share/fish/vendor_completions.d/harrier.fish)
  if(NOT EXISTS ${WORK}${PREFIX}/${file})
    message(FATAL_ERROR "not installed: ${PREFIX}/${file}")
  endif()
endforeach()

foreach(unit IN ITEMS harrierd.service harrierd@.service)
  file(STRINGS ${WORK}${PREFIX}/lib/systemd/system/${unit} start REGEX "^ExecStart=")
  string(REGEX REPLACE "^ExecStart=([^ ]*) --config ([^ ]*)/[^/]*$" "\\1;\\2" parts "${start}")
  list(GET parts 0 program)
  list(GET parts 1 config)
  if(NOT EXISTS ${WORK}${program})
    message(FATAL_ERROR "${unit} starts ${program}, which is not installed")
  endif()
  if(NOT EXISTS ${WORK}${config}/harrier.toml)
    message(FATAL_ERROR "${unit} reads ${config}, which has no harrier.toml")
  endif()
endforeach()

execute_process(COMMAND ${WORK}${PREFIX}/bin/harrierd --version RESULT_VARIABLE code OUTPUT_VARIABLE version)
if(NOT code EQUAL 0 OR NOT version MATCHES "[0-9]+\\.[0-9]+\\.[0-9]+")
  message(FATAL_ERROR "harrierd --version: ${version}")
endif()
