# cmake --install: programs, units, account, configuration, manual pages, examples.
include(GNUInstallDirs)

# The programs look into /etc/harrier; another prefix than the system's keeps everything below itself.
set(harrier_config_dir /etc/harrier)
if(NOT CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?$")
  set(harrier_config_dir ${CMAKE_INSTALL_PREFIX}/etc/harrier)
endif()

foreach(program IN ITEMS harrierd harrier)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

# The units name the program and the configuration. The prefix is the one of the installation, which may be another than the build's.
install(CODE "
  foreach(unit IN ITEMS harrierd.service harrierd@.service)
    file(READ \"${PROJECT_SOURCE_DIR}/systemd/\${unit}\" text)
    string(REPLACE /usr/bin/harrierd \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/harrierd\" text \"\${text}\")
    string(REPLACE /etc/harrier/ \"${harrier_config_dir}/\" text \"\${text}\")
    set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
    message(STATUS \"Installing: \${folder}/\${unit}\")
    file(WRITE \"\${folder}/\${unit}\" \"\${text}\")
  endforeach()")
install(FILES ${PROJECT_SOURCE_DIR}/systemd/harrier.sysusers DESTINATION lib/sysusers.d RENAME harrier.conf)
install(FILES ${PROJECT_SOURCE_DIR}/systemd/harrier.tmpfiles DESTINATION lib/tmpfiles.d RENAME harrier.conf)

if(EXISTS ${PROJECT_SOURCE_DIR}/config/harrier.toml)
  install(FILES ${PROJECT_SOURCE_DIR}/config/harrier.toml
    DESTINATION ${harrier_config_dir}
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
  PATTERN man EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/queries/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/queries)
set(completions ${PROJECT_SOURCE_DIR}/src/app/completions)
install(FILES ${completions}/harrier.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME harrier)
install(FILES ${completions}/_harrier DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${completions}/harrier.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/harrier.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/harrierd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/harrier.toml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

include(Package)
