#!/bin/sh
# Formatters and linters of all languages; any warning is an error.
# clang-format comes from the system (`sh scripts/setup.sh --tests`), ruff from the Python package
# index at a pinned version, into build/.
set -eu
cd "$(dirname "$0")/.."

npx biome check .
npx tsc --noEmit
npm run --silent rooms
git ls-files '*.cc' '*.h' |
  xargs clang-format --dry-run -Werror

ruff=0.17.6
tools=build/lint-ruff-$ruff
[ -x "$tools/bin/ruff" ] || python3 -m pip install --quiet --target "$tools" "ruff==$ruff"
"$tools/bin/ruff" check training research scripts bench
"$tools/bin/ruff" format --check training research scripts bench
echo 'lint: no warnings'
