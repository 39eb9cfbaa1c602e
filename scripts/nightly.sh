#!/usr/bin/env bash
# What is too slow for every change: sanitizers, memcheck, fuzzing, long runs, Vulkan, all prebuilt
# binaries. Set up first with `sh scripts/setup.sh --tests --checks --prebuilds`. Closes with the counts, as .ci/run does.
#
#   scripts/nightly.sh [PART…]    all parts, or those named
#
# FUZZ_SECONDS is how long each subject is fuzzed (default ten minutes), FC_RUNS how many times as
# many examples as in a test each property gets (20), ENDURANCE_SCALE the share of the long runs (1).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/ci/parts.sh

# every_part DO: calls `DO NAME COMMAND…` for each part.
every_part() {
  "$1" address sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=ON
  "$1" threads sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=thread
  "$1" build sh -c 'npm run build:native && npm run build'
  "$1" valgrind sh scripts/valgrind.sh
  "$1" fuzz sh scripts/fuzz.sh "${FUZZ_SECONDS:-600}s"
  "$1" properties env FC_RUNS="${FC_RUNS:-20}" npx ava --timeout=30m 'test/properties/*.test.ts'
  "$1" kills env KILLS="${KILLS:-1000}" npx ava --timeout=10h test/gallery/kills.test.ts
  "$1" hostile npx ava test/photos/hostile-images.test.ts
  "$1" prebuilds sh -c 'npm run prebuilds && npm run test:prebuilds'
  "$1" musl npm run test:musl
  "$1" vulkan sh scripts/vulkan/test.sh
  "$1" endurance npm run endurance -- --out build/endurance --scale "${ENDURANCE_SCALE:-1}"
}

# among WORD OTHER…: whether it is one of the others.
among() {
  local word=$1 other
  shift
  for other; do [ "$other" != "$word" ] || return 0; done
  return 1
}

wanted=("$@") known=()
name_it() { known+=("$1"); }
every_part name_it
for name in "${wanted[@]}"; do
  if ! among "$name" "${known[@]}"; then
    echo "nightly: there is no part '$name' (known: ${known[*]})" >&2
    exit 2
  fi
done

if_wanted() {
  if [ "${#wanted[@]}" = 0 ] || among "$1" "${wanted[@]}"; then part "$@"; fi
}
every_part if_wanted
finish
