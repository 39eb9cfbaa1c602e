# As near to Termux as another Linux gets: clang with libc++, and ANDROID set as CMake sets it there,
# which makes NCNN choose its options for Android. The C library and the processor stay this
# machine's. scripts/termux/test.sh uses it.
set(ANDROID ON)
set(CMAKE_C_COMPILER clang)
# As part of the compiler: cmake-js has flags of its own, which take the place of a toolchain's.
set(CMAKE_CXX_COMPILER clang++ -stdlib=libc++)
# Kernels for the newer processors of this kind of machine say nothing about a phone.
set(NCNN_AVX OFF CACHE BOOL "")
