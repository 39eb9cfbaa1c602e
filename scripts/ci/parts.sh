# For scripts that run many parts (bash): each part's time and fate, and the counts of all tests.
#
#   . scripts/ci/parts.sh
#   part NAME COMMAND…
#   finish

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
parts=() broken=0

# part NAME COMMAND…: runs one part, keeps its output for counting, remembers its time and fate.
part() {
  local name=$1 started=$SECONDS fate=ok
  shift
  printf '\n== %s: %s\n' "$name" "$*"
  "$@" </dev/null 2>&1 | tee "$logs/$name"
  [ "${PIPESTATUS[0]}" = 0 ] || { fate=FAILED; broken=$((broken + 1)); }
  parts+=("$(printf '%-10s %5d s  %s' "$name" $((SECONDS - started)) "$fate")")
  [ "$fate" = ok ]
}

# finish: ends with the line `N passed, N failed`.
finish() {
  printf '\n== time\n'
  printf '%s\n' "${parts[@]}"
  node scripts/ci/count.mjs "$broken" "$logs"/*
}
