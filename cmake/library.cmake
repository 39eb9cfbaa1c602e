# seesawface_library(NAME TITLE RESULT ARGUMENT…) has install find or build the library
# NAME, for the compiler or toolchain in use, and puts its folder into RESULT.
function(seesawface_library name title result)
  find_program(NODE_EXECUTABLE NAMES node nodejs)
  if(NOT NODE_EXECUTABLE)
    message(FATAL_ERROR "node is needed to get ${title}: put it in PATH")
  endif()
  set(ensure ${NODE_EXECUTABLE} ${PROJECT_SOURCE_DIR}/install/index.mjs ensure ${name})
  if(CMAKE_TOOLCHAIN_FILE)
    list(APPEND ensure --toolchain ${CMAKE_TOOLCHAIN_FILE})
  else()
    list(APPEND ensure --cxx ${CMAKE_CXX_COMPILER})
  endif()
  # Its progress goes to stderr, which execute_process passes on as it comes.
  execute_process(COMMAND ${ensure} ${ARGN} OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${title} is not available; the reason is said above.")
  endif()
  set(${result} ${folder} PARENT_SCOPE)
endfunction()
