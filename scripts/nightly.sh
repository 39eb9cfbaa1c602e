#!/usr/bin/env bash
# What is too slow for every change: sanitizers, memcheck, fuzzing, long runs, Vulkan. Set up first
# with `sh scripts/setup.sh --tests --checks`. Closes with the counts, as .ci/run does.
#
#   scripts/nightly.sh [PART…]    all parts, or those named
#
# FUZZ_SECONDS is how long each subject is fuzzed (default ten minutes), FC_RUNS how many times as
# many examples as in a test each property gets (20), ENDURANCE_SCALE the share of the long runs (1).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/ci/parts.sh

wanted=("$@")
known=()
# nightly NAME COMMAND…: runs the part if it is among those wanted.
nightly() {
  known+=("$1")
  if [ "${#wanted[@]}" = 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]; then part "$@"; fi
}

nightly address sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=ON
nightly threads sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=thread
nightly build sh -c 'npm run build:native && npm run build'
nightly valgrind sh scripts/valgrind.sh
nightly fuzz sh scripts/fuzz.sh "${FUZZ_SECONDS:-600}s"
nightly properties env FC_RUNS="${FC_RUNS:-20}" npx ava --timeout=30m 'test/properties/*.test.ts'
nightly hostile npx ava test/unit/hostile-images.test.ts
nightly vulkan sh scripts/vulkan/test.sh
nightly endurance npm run endurance -- --out build/endurance --scale "${ENDURANCE_SCALE:-1}"

for name in "${wanted[@]}"; do
  if [[ " ${known[*]} " != *" $name "* ]]; then
    echo "nightly: there is no part '$name' (known: ${known[*]})" >&2
    broken=$((broken + 1))
  fi
done
finish
