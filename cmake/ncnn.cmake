# Defines the target ncnn: from ncnn_DIR when it is given, else from scripts/ncnn, which finds or
# builds the pinned release (SEESAWFACE_NCNN chooses the source).
if(NOT ncnn_DIR AND NOT NCNN_DIR)
  find_program(NODE_EXECUTABLE NAMES node nodejs)
  if(NOT NODE_EXECUTABLE)
    message(FATAL_ERROR "node is needed to get NCNN: put it in PATH or give -Dncnn_DIR=FOLDER")
  endif()
  set(ensure ${NODE_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/scripts/ncnn/index.mjs ensure)
  if(CMAKE_TOOLCHAIN_FILE)
    list(APPEND ensure --toolchain ${CMAKE_TOOLCHAIN_FILE})
  else()
    list(APPEND ensure --cxx ${CMAKE_CXX_COMPILER})
  endif()
  # Its progress goes to stderr, which execute_process passes on as it comes.
  execute_process(COMMAND ${ensure} OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "NCNN is not available; the reason is said above.")
  endif()
elseif(NCNN_DIR)
  set(prefix ${NCNN_DIR})
endif()

if(prefix)
  find_package(ncnn REQUIRED PATHS ${prefix} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
else()
  find_package(ncnn REQUIRED)
endif()
