#!/bin/sh
# Builds NCNN and the addon with Vulkan, for GPUs, and runs what concerns it on Mesa's software
# driver, without a driver and without Vulkan's loader. The addon for the CPU alone, in build/, stays
# as it is; this one goes to build-vulkan/.
set -eu
cd "$(dirname "$0")/../.."

fail() { echo "vulkan: $*" >&2; exit 2; }

if ! ls /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null 2>&1; then
  command -v apt-get >/dev/null || fail "Mesa's software driver for Vulkan, lavapipe, is needed"
  if [ "$(id -u)" = 0 ]; then root=''; elif command -v sudo >/dev/null; then root=sudo; else
    fail 'install as root: apt-get install mesa-vulkan-drivers libvulkan1'
  fi
  $root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -q && apt-get install -y -q \
    --no-install-recommends mesa-vulkan-drivers libvulkan1'
fi
[ -e /usr/include/gtest/gtest.h ] || fail 'run scripts/setup.sh --tests first'

for target in gpu_tests seesawface; do
  npx cmake-js compile -O build-vulkan/build --target "$target" --CDSEESAWFACE_VULKAN=ON \
    --CDSEESAWFACE_NATIVE_TESTS=ON
done

# Skipping everything would be no success.
export SEESAWFACE_EXPECT_VULKAN=1
ctest --test-dir build-vulkan/build --output-on-failure --no-tests=error \
  -R '^(Gpu|Gpus|GpuCheck|GpuTenancy|PlacedEmbedder|RealGpu)\.'
npm run build
SEESAWFACE_PREBUILD="$PWD/build-vulkan" npx ava test/addon/vulkan.test.ts test/addon/device.test.ts
