# What an admin can write or read is documented: configuration keys, subcommands, tables, metrics.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

foreach(page IN ITEMS configuration commands metrics choosing-tables)
  file(READ ${ROOT}/docs/${page}.md text_${page})
endforeach()

function(need page word what)
  string(FIND "${text_${page}}" "`${word}`" found)
  if(found LESS 0)
    lint_problem("docs/${page}.md does not name the ${what} `${word}`")
    set(LINT_PROBLEMS ${LINT_PROBLEMS} PARENT_SCOPE)
  endif()
endfunction()

# Every key that the parser of the configuration asks for.
file(GLOB sources ${ROOT}/src/settings/*.cpp)
foreach(source IN LISTS sources)
  file(READ ${source} text)
  string(REGEX MATCHALL "(\\.(text|texts|duration|size|boolean|integer|required_text)|load_file|load_url|load_scope)\\(([a-z]+, )?\n? *\"[a-z_0-9]+\"" calls "${text}")
  foreach(call IN LISTS calls)
    string(REGEX REPLACE ".*\"([a-z_0-9]+)\"$" "\\1" key "${call}")
    need(configuration ${key} "key")
  endforeach()
endforeach()

# Every key of the shipped configuration, those in comments included.
if(EXISTS ${ROOT}/config/harrier.toml)
  file(STRINGS ${ROOT}/config/harrier.toml lines ENCODING UTF-8)
  set(section "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^#? *\\[([a-z0-9_.]+)\\]")
      set(section ${CMAKE_MATCH_1})
    elseif(section MATCHES "\\.tables$")
      continue()
    elseif(line MATCHES "^#? ?([a-z][a-z0-9_]*) *= ")
      need(configuration ${CMAKE_MATCH_1} "key")
    endif()
  endforeach()
endif()

# Every subcommand.
file(GLOB sources ${ROOT}/src/app/*.cpp)
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX "add_subcommand\\(\"[a-z]+\"")
  foreach(line IN LISTS lines)
    if(line MATCHES "add_subcommand\\(\"([a-z]+)\"")
      need(commands ${CMAKE_MATCH_1} "command")
    endif()
  endforeach()
endforeach()

# Every metric.
file(GLOB_RECURSE sources ${ROOT}/src/*.cpp ${ROOT}/src/*.hpp)
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX "\"harrier_[a-z_]+\"")
  foreach(line IN LISTS lines)
    # A counter's name in the exposition ends in _total.
    if(line MATCHES "\"(harrier_[a-z_]+)\"")
      string(FIND "${text_metrics}" "`${CMAKE_MATCH_1}_total`" counter)
      if(counter LESS 0)
        need(metrics ${CMAKE_MATCH_1} "metric")
      endif()
    endif()
  endforeach()
endforeach()

# Every table.
file(GLOB tables ${ROOT}/storage/tables/*.toml)
foreach(table IN LISTS tables)
  get_filename_component(name ${table} NAME_WE)
  need(choosing-tables ${name} "table")
endforeach()
lint_end()
