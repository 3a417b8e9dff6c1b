# No path of a developer's machine, no package registry, no key or token in the tree.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

# Written with character classes, so that this file does not find itself.
set(patterns
  "/wor[k]/(main|shared|\\.library)"
  "/(home|Users)/[a-z]+/"
  "/roo[t]/[a-z.]"
  "registry\\.npm[j]s"
  "pyp[i]\\.org"
  "crates\\.i[o]"
  "proxy\\.golan[g]\\.org"
  "deb\\.debia[n]\\.org"
  "repo1?\\.mave[n]"
  "-----BEGI[N] [A-Z ]*PRIVATE KEY-----"
  "eyJ0eXAi[O]i")

lint_tracked(files)
foreach(file IN LISTS files)
  if(NOT EXISTS ${ROOT}/${file} OR file MATCHES "\\.(png|ico|gz|db|p12|pfx)$")
    continue()
  endif()
  file(READ ${ROOT}/${file} text)
  foreach(pattern IN LISTS patterns)
    if(text MATCHES "${pattern}")
      lint_problem("${file}: ${CMAKE_MATCH_0}")
    endif()
  endforeach()
endforeach()
lint_end()
