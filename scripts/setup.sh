#!/bin/sh
# Brings a fresh checkout to a built one: system tools, npm packages, NCNN, the addon, dist/.
#
#   sh scripts/setup.sh              what running seesawface needs
#   sh scripts/setup.sh --tests      and what `npm test` needs
#   sh scripts/setup.sh --checks     and what fuzzing and memory checking need (Debian)
#   sh scripts/setup.sh --prebuilds  and what the tests of other machines' builds need: `npm run
#                                    test:prebuilds`, `scripts/termux/test.sh` (Debian on x86-64)
#
# Only tools that are missing are installed. On Debian and Ubuntu this takes root or sudo, on Termux
# neither; elsewhere the script says what to install and stops.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

tests=no checks=no prebuilds=no
for option in "$@"; do
  case "$option" in
    --tests) tests=yes ;;
    --checks) checks=yes ;;
    --prebuilds) prebuilds=yes ;;
    *) fail "unknown option $option (known: --tests, --checks, --prebuilds)" ;;
  esac
done

if [ -n "${TERMUX_VERSION:-}" ] || [ -d /data/data/com.termux/files/usr ]; then
  platform=termux
  prefix=${PREFIX:-/data/data/com.termux/files/usr}
elif has apt-get; then
  platform=debian
else
  platform=other
fi

# need COMMAND DEBIAN-PACKAGE TERMUX-PACKAGE: notes the package if the command is not there.
missing=''
need() {
  has "$1" || case "$platform" in
    termux) missing="$missing $3" ;;
    *) missing="$missing $2" ;;
  esac
}

# As "engines" in package.json has it.
wanted='Node.js 20.17, 22.9 or newer'
has node || fail "$wanted is needed (Debian: see nodejs.org, Termux: pkg install nodejs-lts)"
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number)
  process.exit(major > 22 || minor >= { 20: 17, 22: 9 }[major] ? 0 : 1)' ||
  fail "$wanted is needed, this is $(node --version)"
has npm || fail "npm is needed (it comes with Node.js; on Debian's own nodejs: apt-get install npm)"

has c++ || need g++ g++ clang
need cmake cmake cmake
need ninja ninja-build ninja
need python3 python3 python
if [ "$platform" = termux ]; then
  # The static C++ library, so that the addon needs no other package to stay as it is.
  [ -e "$prefix/lib/libc++_static.a" ] || missing="$missing ndk-sysroot"
fi
python3 -m pip --version >/dev/null 2>&1 || case "$platform" in
  termux) missing="$missing python-pip" ;;
  *) missing="$missing python3-pip" ;;
esac
if [ "$platform" = debian ] && [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
  missing="$missing ca-certificates"
fi
# The SIMD of libjpeg-turbo is written for it on x86; without it photos are decoded more slowly.
case $(uname -m) in x86_64 | amd64 | i?86) need nasm nasm nasm ;; esac
if [ "$tests" = yes ]; then
  need git git git
  need ffmpeg ffmpeg ffmpeg # tests of `seesawface watch`, which skip what needs it where it is absent
  need clang-format clang-format clang
  case "$platform" in
    termux) [ -e "$prefix/include/gtest/gtest.h" ] || missing="$missing googletest" ;;
    *) [ -e /usr/include/gtest/gtest.h ] || missing="$missing libgtest-dev" ;;
  esac
fi
if [ "$checks" = yes ]; then
  [ "$platform" = debian ] || fail "--checks needs Debian's clang with libFuzzer, and valgrind"
  need valgrind valgrind ''
  need clang++ clang ''
  # Of the version that `clang` is: 14 in Debian 12.
  runtime=$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p')
  : "${runtime:=libclang-rt-14-dev}" # before the package lists are there
  # Valgrind has to know the dynamic linker's functions by name.
  for package in "$runtime" libc6-dbg; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
  done
fi
if [ "$prebuilds" = yes ]; then
  [ "$platform" = debian ] || fail "--prebuilds needs Debian's qemu-user and C libraries of ARM"
  need readelf binutils ''
  need qemu-aarch64 qemu-user ''
  need clang++ clang ''
  [ -e /usr/include/c++/v1/string ] || missing="$missing libc++-dev libc++abi-dev"
  for cross in arm64:aarch64-linux-gnu armhf:arm-linux-gnueabihf; do
    folder=/usr/${cross#*:}/lib name=${cross%%:*}
    [ -e "$folder/libc.so.6" ] || missing="$missing libc6-$name-cross"
    [ -e "$folder/libstdc++.so.6" ] || missing="$missing libstdc++6-$name-cross"
    # The Node.js of npm for 32-bit ARM asks for it.
    [ -e "$folder/libatomic.so.1" ] || missing="$missing libatomic1-$name-cross"
  done
fi

if [ -n "$missing" ]; then
  say "installing:$missing"
  # The package list is split into words on purpose.
  # shellcheck disable=SC2086
  case "$platform" in
    termux) pkg install -y $missing ;;
    debian)
      if [ "$(id -u)" = 0 ]; then root=''; elif has sudo; then root=sudo; else
        fail "these Debian packages are missing, install them as root: apt-get install$missing"
      fi
      $root env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get update -q && apt-get install -y -q --no-install-recommends "$@"' sh $missing >&2
      ;;
    *) fail "these are missing, install them with your package manager (names are Debian's):$missing" ;;
  esac
fi

# --foreground-scripts shows NCNN's build, which takes some minutes the first time.
say "installing npm packages. A message that no native build was found is expected; the addon is compiled next"
npm ci --foreground-scripts --no-audit --no-fund
say "ready"
