# Included by libjpeg-turbo's own CMakeLists.txt (CMAKE_PROJECT_libjpeg-turbo_INCLUDE): when that has
# been read, its static library is cut down to what decodes photos of 8 bits a sample. Of the rest
# decoder-only.c says that it is not there. That makes the decoder 187 KB instead of 367
# (x86-64, GCC 12).
set(SEESAWFACE_HERE ${CMAKE_CURRENT_LIST_DIR})

function(seesawface_decoder_only)
  set(decoder
    jcomapi jdapimin wrapper/jdapistd-8 jdatasrc wrapper/jdcoefct-8 wrapper/jdcolor-8
    wrapper/jddctmgr-8 jdhuff jdinput wrapper/jdmainct-8 jdmarker jdmaster wrapper/jdmerge-8 jdphuff
    wrapper/jdpostct-8 wrapper/jdsample-8 jerror wrapper/jidctflt-8 wrapper/jidctfst-8
    wrapper/jidctint-8 wrapper/jidctred-8 jmemmgr jmemnobs jpeg_nbits wrapper/jutils-8 jaricom
    jdarith)
  list(TRANSFORM decoder REPLACE "(.+)" "src/\\1.c")
  get_target_property(all jpeg-static SOURCES)
  foreach(source ${decoder})
    if(NOT source IN_LIST all)
      message(FATAL_ERROR "this libjpeg-turbo is not built of ${source}")
    endif()
  endforeach()
  # What is not a file of src/ is the SIMD, whose parts the linker chooses from.
  list(FILTER all EXCLUDE REGEX "^src/")
  set_property(TARGET jpeg-static PROPERTY SOURCES ${decoder} ${all}
    ${SEESAWFACE_HERE}/decoder-only.c)
  # Where there is SIMD, what is left to C of the colours is for rare formats; and what runs once for a
  # photo is made small as well.
  if(WITH_SIMD)
    set_property(SOURCE src/wrapper/jdcolor-8.c src/wrapper/jdmerge-8.c src/wrapper/jidctflt-8.c
      src/wrapper/jidctfst-8.c src/jdarith.c src/jdmarker.c src/jdmaster.c src/jerror.c src/jmemmgr.c
      APPEND PROPERTY COMPILE_OPTIONS -Os)
  endif()
endfunction()
# After CMakeLists.txt, by which time the target is there.
cmake_language(DEFER CALL seesawface_decoder_only)
