# Defines the target ncnn: from ncnn_DIR when it is given, else from install, which finds
# or builds the pinned release (SEESAWFACE_NCNN chooses the source).
if(NOT ncnn_DIR AND NOT NCNN_DIR)
  set(wishes)
  if(SEESAWFACE_VULKAN)
    list(APPEND wishes --vulkan)
  endif()
  # A toolchain may have wishes for NCNN alone (scripts/prebuild/zig.ts).
  if(SEESAWFACE_NCNN_FLAGS)
    list(APPEND wishes "--flags=${SEESAWFACE_NCNN_FLAGS}")
  endif()
  seesawface_library(ncnn NCNN prefix ${wishes})
elseif(NCNN_DIR)
  set(prefix ${NCNN_DIR})
endif()

if(prefix)
  find_package(ncnn REQUIRED PATHS ${prefix} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
else()
  find_package(ncnn REQUIRED)
endif()
if(SEESAWFACE_VULKAN AND NOT NCNN_VULKAN)
  message(FATAL_ERROR "The NCNN in ${ncnn_DIR} was built without Vulkan (NCNN_VULKAN).")
endif()
