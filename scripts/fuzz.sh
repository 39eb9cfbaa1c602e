#!/bin/sh
# Builds the fuzzing programs with Clang and runs each for a number of inputs:
#
#   sh scripts/fuzz.sh [RUNS] [SUBJECT…]
#
# RUNS may be a time instead, as in 600s; 0 tries what is in test/fuzz/corpus and looks no further.
# The corpora there are read only; what a run finds is kept in build-fuzz/found. A crash leaves its
# input in build-fuzz and ends with an error: make it a test, then mend it.
set -eu
cd "$(dirname "$0")/.."

runs=${1-100000}
[ $# -eq 0 ] || shift
case ${runs%s} in
  '' | *[!0-9]*) echo "fuzz: RUNS must be a number or seconds, not '$runs'" >&2; exit 2 ;;
esac
case $runs in *s) limit=-max_total_time=${runs%s} ;; *) limit=-runs=$runs ;; esac
[ $# -gt 0 ] || set -- param model fused frame align decode jpeg

command -v clang++ >/dev/null && ls "$(clang++ -print-resource-dir)"/lib/*/libclang_rt.fuzzer* \
  >/dev/null 2>&1 || {
  echo 'fuzz: clang++ and its libFuzzer are needed (sh scripts/setup.sh --checks)' >&2
  exit 2
}
# A folder keeps the generator it was configured with.
if [ ! -e build-fuzz/CMakeCache.txt ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"
fi
# NCNN is the one that the addon has: only our own code is instrumented.
cmake -S . -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DSEESAWFACE_FUZZ=ON \
  -DSEESAWFACE_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DNCNN_DIR="$(node install/index.mjs ensure ncnn --cxx "$(command -v c++)")"
cmake --build build-fuzz --parallel 2

passed=0
for subject in "$@"; do
  found=build-fuzz/found/$subject
  mkdir -p "$found"
  corpora="$found test/fuzz/corpus/$subject"
  [ "$runs" != 0 ] || corpora=test/fuzz/corpus/$subject
  dictionary=
  case $subject in param | model | fused) dictionary=-dict=test/fuzz/param.dict ;; esac
  echo "fuzz: $subject, $runs"
  # The words of these are meant to be split.
  # shellcheck disable=SC2086
  build-fuzz/test/fuzz/fuzz_"$subject" $corpora $dictionary \
    "$limit" -max_len=8192 -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/$subject-" 2>"build-fuzz/$subject.log" || {
    tail -n 40 "build-fuzz/$subject.log" >&2
    echo "$passed tests passed"
    echo '1 test failed'
    exit 1
  }
  grep -E 'stat::number_of_executed_units|stat::average_exec' "build-fuzz/$subject.log"
  passed=$((passed + 1))
done
echo "$passed tests passed"
