#!/bin/sh
# Builds the fuzzing programs with Clang and runs each for a number of inputs:
#
#   sh scripts/fuzz.sh [RUNS] [SUBJECT…]
#
# The corpora in test/fuzz/corpus are read only; what a run finds is kept in build-fuzz/found. A
# crash leaves its input in build-fuzz and ends with an error: make it a test, then mend it.
set -eu
cd "$(dirname "$0")/.."

runs=${1:-100000}
[ $# -eq 0 ] || shift
case $runs in '' | *[!0-9]*) echo "fuzz: RUNS must be a number, not '$runs'" >&2; exit 2 ;; esac
[ $# -gt 0 ] || set -- param model fused frame align decode

command -v clang++ >/dev/null || {
  echo 'fuzz: clang++ is needed (Debian: apt install clang)' >&2
  exit 2
}
# A folder keeps the generator it was configured with.
if [ ! -e build-fuzz/CMakeCache.txt ] && command -v ninja >/dev/null; then
  export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"
fi
cmake -S . -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DSEESAWFACE_FUZZ=ON \
  -DSEESAWFACE_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo ${SEESAWFACE_FUZZ_CMAKE:-}
cmake --build build-fuzz --parallel 2

for subject in "$@"; do
  found=build-fuzz/found/$subject
  mkdir -p "$found"
  dictionary=
  case $subject in param | model | fused) dictionary=-dict=test/fuzz/param.dict ;; esac
  echo "fuzz: $subject, $runs inputs"
  build-fuzz/test/fuzz/fuzz_"$subject" "$found" "test/fuzz/corpus/$subject" $dictionary \
    -runs="$runs" -max_len=8192 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/$subject-" 2>"build-fuzz/$subject.log" || {
    tail -n 40 "build-fuzz/$subject.log" >&2
    exit 1
  }
  grep -E 'stat::number_of_executed_units|stat::average_exec' "build-fuzz/$subject.log"
done
