#!/bin/sh
# Builds the native code with its GoogleTest tests and runs them; options go to cmake, as in
#
#   sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=ON
set -eu
cd "$(dirname "$0")/.."

folder=build-tests
case " $* " in
  *SEESAWFACE_SANITIZE=ON*) folder=build-tests-sanitized ;;
  *SEESAWFACE_SANITIZE=thread*) folder=build-tests-thread ;;
esac

if [ ! -e /usr/include/gtest/gtest.h ] && ! cmake --find-package -DNAME=GTest -DCOMPILER_ID=GNU \
  -DLANGUAGE=CXX -DMODE=EXIST >/dev/null 2>&1; then
  echo 'native tests: GoogleTest is needed (Debian: apt install libgtest-dev; Termux: pkg install googletest)' >&2
  exit 2
fi
# A folder keeps the generator it was configured with.
if [ ! -e "$folder/CMakeCache.txt" ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"
fi
jobs=$(node -p 'Math.max(1, Math.min(require("os").availableParallelism(), 4))')
cmake -S . -B "$folder" -DSEESAWFACE_NATIVE_TESTS=ON "$@"
cmake --build "$folder" --parallel "$jobs"
# ctest ends with the count of the tests.
ctest --test-dir "$folder" --output-on-failure --parallel "$jobs"
