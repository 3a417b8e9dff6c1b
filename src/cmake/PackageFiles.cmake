# Run by cpack on the files it is about to pack: what Debian's policy asks of manual, licence and changelog.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(share ${CPACK_TEMPORARY_DIRECTORY}/usr/share)
  file(REMOVE ${share}/doc/harrier/LICENSE)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/../../systemd/debian/copyright ${share}/doc/harrier/copyright COPYONLY)
  file(RENAME ${share}/doc/harrier/CHANGELOG.md ${share}/doc/harrier/changelog)
  file(GLOB pages ${share}/man/man*/*)
  execute_process(COMMAND gzip -9 --no-name ${share}/doc/harrier/changelog ${pages} COMMAND_ERROR_IS_FATAL ANY)
endif()
