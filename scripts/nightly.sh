#!/usr/bin/env bash
# What is too slow for every change: sanitizers, memcheck, fuzzing, long runs, Vulkan. Set up first with
# `sh scripts/setup.sh --tests --checks`. FUZZ_SECONDS is how long each subject is fuzzed (default
# ten minutes). Closes with the counts, as .ci/run does.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/ci/parts.sh

part address sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=ON
part threads sh scripts/native-tests.sh -DSEESAWFACE_SANITIZE=thread
part build sh -c 'npm run build:native && npm run build'
part valgrind sh scripts/valgrind.sh
part fuzz sh scripts/fuzz.sh "${FUZZ_SECONDS:-600}s"
part properties env FC_RUNS=20 npx ava --timeout=30m 'test/properties/*.test.ts'
part hostile npx ava test/unit/hostile-images.test.ts
part vulkan sh scripts/vulkan/test.sh
part endurance sh -c 'npm run endurance -- --out build/endurance'
finish
