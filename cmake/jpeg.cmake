# Defines the target seesawface_jpeg: libjpeg-turbo, of which only the decoder is used. SEESAWFACE_JPEG
# chooses the source: auto, index, upstream or a folder, as install knows them; system, what
# find_library finds; off, none: then there is no such target, and photos are not decoded here.
set(SEESAWFACE_JPEG "" CACHE STRING "Where libjpeg-turbo comes from; off builds without it")
set(jpeg "${SEESAWFACE_JPEG}")
if(jpeg STREQUAL "")
  set(jpeg "$ENV{SEESAWFACE_JPEG}")
endif()
if(jpeg STREQUAL "off" OR jpeg STREQUAL "OFF")
  message(STATUS "JPEGs are not decoded by the addon (SEESAWFACE_JPEG is off)")
  return()
endif()

# What was found for one source must not answer for another.
unset(jpeg_include CACHE)
unset(jpeg_library CACHE)
if(jpeg STREQUAL "system")
  set(where)
  set(remedy "install it (Debian: libjpeg62-turbo-dev; Termux: libjpeg-turbo), or leave SEESAWFACE_JPEG unset to have it built, or set it to off")
else()
  set(wishes)
  if(NOT jpeg STREQUAL "")
    list(APPEND wishes --source ${jpeg})
  endif()
  # A toolchain may have wishes for it alone (scripts/prebuild/zig.ts), and it is compiled in so little
  # time that the sanitizers look into it too.
  set(flags "${SEESAWFACE_JPEG_FLAGS}")
  if(sanitizers)
    string(APPEND flags " -g -fno-omit-frame-pointer -fsanitize=${sanitizers} -fno-sanitize-recover=all")
  endif()
  if(SEESAWFACE_FUZZ)
    string(APPEND flags " -fsanitize=fuzzer-no-link")
  endif()
  string(STRIP "${flags}" flags)
  if(flags)
    list(APPEND wishes "--flags=${flags}")
  endif()
  seesawface_library(jpeg libjpeg-turbo prefix ${wishes})
  set(where PATHS ${prefix} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  set(remedy "give another folder in SEESAWFACE_JPEG, or set it to off")
endif()
find_path(jpeg_include jpeglib.h ${where} PATH_SUFFIXES include)
find_library(jpeg_library NAMES jpeg ${where}
             PATH_SUFFIXES lib lib64 lib/${CMAKE_LIBRARY_ARCHITECTURE})
if(NOT jpeg_include OR NOT jpeg_library)
  message(FATAL_ERROR "There is no libjpeg-turbo (jpeglib.h and libjpeg) in the place that SEESAWFACE_JPEG=${jpeg} names: ${remedy}.")
endif()

# Other implementations of libjpeg have the same names, but cannot decode a part of a file.
file(STRINGS ${jpeg_include}/jpeglib.h crops REGEX "jpeg_crop_scanline")
if(NOT crops)
  message(FATAL_ERROR "The libjpeg in ${jpeg_include} is not libjpeg-turbo (jpeg_crop_scanline is not there): ${remedy}.")
endif()

add_library(seesawface_jpeg UNKNOWN IMPORTED)
set_target_properties(seesawface_jpeg PROPERTIES
  IMPORTED_LOCATION ${jpeg_library}
  INTERFACE_INCLUDE_DIRECTORIES ${jpeg_include}
)
