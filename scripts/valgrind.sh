#!/bin/sh
# Runs a session with the built addon in Node under valgrind's memcheck: no error, and nothing
# definitely lost. test/valgrind/node.supp names what is Node's own.
#
# Valgrind knows no AVX-512 and says so to programs: the kernels for AVX2 run.
set -eu
cd "$(dirname "$0")/.."

command -v valgrind >/dev/null || {
  echo 'valgrind: valgrind is needed (sh scripts/setup.sh --checks)' >&2
  exit 2
}
if valgrind --quiet --error-exitcode=1 --leak-check=full --show-leak-kinds=definite \
  --errors-for-leak-kinds=definite --num-callers=25 --gen-suppressions=all \
  --suppressions=test/valgrind/node.supp "$@" node test/valgrind/session.mjs; then
  echo '1 test passed'
else
  echo '1 test failed'
  exit 1
fi
