# The Node addon. CMAKE_JS_INC comes from cmake-js: node-api-headers and node-addon-api.
file(GLOB binding CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/native/binding/*.cc)
add_library(seesawface MODULE ${binding})
set_target_properties(seesawface PROPERTIES PREFIX "" SUFFIX ".node")
target_compile_definitions(seesawface PRIVATE
  NAPI_VERSION=8
  NAPI_CPP_EXCEPTIONS
  # An exception that can no longer be thrown because its environment is going away is dropped.
  NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT SEESAWFACE_SANITIZE)
  target_compile_options(seesawface PRIVATE -Os)
endif()
target_include_directories(seesawface SYSTEM PRIVATE ${CMAKE_JS_INC})
target_link_libraries(seesawface PRIVATE seesawface_core)
# Only Node's entry points are visible, lest another addon with another NCNN or C++ library in the
# same process be mixed up with ours. The code stays mapped for good: threads and their thread-local
# destructors may outlive a worker that loaded it. Pages of 16 KB are what Android 15 and the
# Raspberry Pi 5 use.
if(APPLE)
  target_link_options(seesawface PRIVATE
    -undefined dynamic_lookup -Wl,-dead_strip
    -Wl,-exported_symbol,_napi_register_module_v1
    -Wl,-exported_symbol,_node_api_module_get_api_version_v1
  )
else()
  set(exports ${CMAKE_CURRENT_SOURCE_DIR}/cmake/exports.map)
  target_link_options(seesawface PRIVATE
    -Wl,--version-script=${exports} -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,-z,nodelete
    -Wl,-z,max-page-size=16384
    # Functions that are nowhere are an error when it is loaded, not when one of them is called.
    -Wl,-z,now
  )
  set_target_properties(seesawface PROPERTIES LINK_DEPENDS ${exports})
endif()

# The C++ library goes in, so that no other version of it is needed or met: libstdc++ of GCC, libc++
# of clang. zig does so by itself. On Termux, whose clang links the shared one whatever it is asked,
# the static libraries have the names of Android's NDK (package ndk-sysroot).
if(NOT APPLE AND NOT SEESAWFACE_SANITIZE)
  include(CheckCXXSourceCompiles)
  set(cxx_program "#include <string>
int main(int n, char** v) { return std::string(v[n - 1]).size() > 9; }")
  if(ANDROID)
    set(CMAKE_REQUIRED_LINK_OPTIONS -nostdlib++)
    set(CMAKE_REQUIRED_LIBRARIES -l:libc++_static.a -l:libc++abi.a)
    check_cxx_source_compiles("${cxx_program}" SEESAWFACE_STATIC_CXX_OF_NDK)
    unset(CMAKE_REQUIRED_LIBRARIES)
  endif()
  if(NOT SEESAWFACE_STATIC_CXX_OF_NDK)
    set(CMAKE_REQUIRED_LINK_OPTIONS -static-libstdc++)
    check_cxx_source_compiles("${cxx_program}" SEESAWFACE_STATIC_CXX)
  endif()
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(SEESAWFACE_STATIC_CXX_OF_NDK)
    target_link_options(seesawface PRIVATE -nostdlib++)
    # After all other libraries, which need it.
    string(APPEND CMAKE_CXX_STANDARD_LIBRARIES " -l:libc++_static.a -l:libc++abi.a")
  elseif(SEESAWFACE_STATIC_CXX)
    target_link_options(seesawface PRIVATE -static-libstdc++)
  else()
    message(STATUS "There is no static C++ library here: the addon needs the shared one.")
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT ANDROID)
    target_link_options(seesawface PRIVATE -static-libgcc)
  endif()
endif()
if(NOT SEESAWFACE_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  target_link_options(seesawface PRIVATE -s)
endif()
