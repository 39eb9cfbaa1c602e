#!/bin/sh
# Builds as Termux does, as nearly as another Linux can (cmake/toolchains/termux-like.cmake), runs
# the native tests in that build, and lets the addon so built compare two photos.
# Debian: apt install clang libc++-dev libc++abi-dev libgtest-dev ninja-build binutils
set -eu
cd "$(dirname "$0")/../.."

toolchain=$PWD/cmake/toolchains/termux-like.cmake
folder=build-termux
jobs=$(node -p 'Math.max(1, Math.min(require("os").availableParallelism(), 4))')

cmake -S . -B "$folder/tests" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$toolchain" \
  -DSEESAWFACE_NATIVE_TESTS=ON \
  -DSEESAWFACE_GTEST_SOURCE="${SEESAWFACE_GTEST_SOURCE:-/usr/src/googletest}"
cmake --build "$folder/tests" --parallel "$jobs"
ctest --test-dir "$folder/tests" --output-on-failure --parallel "$jobs"

# Static libc++ by the names it has in Termux.
mkdir -p "$folder/ndk"
ln -sf "$(clang++ -print-file-name=libc++.a)" "$folder/ndk/libc++_static.a"
ln -sf "$(clang++ -print-file-name=libc++abi.a)" "$folder/ndk/libc++abi.a"
npx cmake-js compile -O "$folder/addon" --CDCMAKE_TOOLCHAIN_FILE="$toolchain" \
  --CDCMAKE_EXE_LINKER_FLAGS="-L$PWD/$folder/ndk" \
  --CDCMAKE_MODULE_LINKER_FLAGS="-L$PWD/$folder/ndk"
addon=$folder/addon/Release/seesawface.node
# What a phone would stumble over: a shared C++ library, pages of 4 KB, names that others see.
if readelf -dW "$addon" | grep -E 'NEEDED.*(libc\+\+|libstdc|libomp|libgomp)'; then
  echo 'termux: the addon needs a shared C++ or OpenMP library' >&2
  exit 1
fi
readelf -lW "$addon" | awk '$1 == "LOAD" && $NF != "0x4000" { bad = 1 } END { exit bad }' || {
  echo 'termux: the addon is not aligned to pages of 16 KB' >&2
  exit 1
}

# node-gyp-build looks where it is told to.
rm -rf "$folder/package"
mkdir -p "$folder/package/build/Release"
cp "$addon" "$folder/package/build/Release/"
[ -d dist ] || npm run --silent build
export SEESAWFACE_PREBUILD="$PWD/$folder/package"
node dist/cli.cjs doctor
node dist/cli.cjs verify test/fixtures/photos/obama.jpg test/fixtures/photos/obama2.jpg
if node dist/cli.cjs verify test/fixtures/photos/obama.jpg test/fixtures/photos/biden.jpg; then
  echo 'termux: two people were taken for one' >&2
  exit 1
fi
# As a test runner says it, for scripts/ci/count.mjs.
echo '3 tests passed'
