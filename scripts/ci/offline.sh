#!/bin/sh
# offline.sh COMMAND…: runs tests with networking denied, in each Node.js process
# (test/support/no-network.mjs) and, where the kernel lets us, by a network namespace that has no way
# out. Any try to reach another machine fails the run, even one that was caught.
set -eu
cd "$(dirname "$0")/../.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export npm_config_update_notifier=false
export SEESAWFACE_NETWORK_LOG="$log"
export NODE_OPTIONS="${NODE_OPTIONS:-} --import=$PWD/test/support/no-network.mjs"

apart=''
if unshare --map-root-user --net true 2>/dev/null && command -v ip >/dev/null; then
  # Loopback exists in a new namespace, but is down.
  apart='unshare --map-root-user --net'
  echo 'offline: in a network namespace of its own' >&2
else
  echo 'offline: this system allows no network namespace; Node.js alone is kept in' >&2
fi
# The words of $apart are separate arguments on purpose.
# shellcheck disable=SC2086
$apart sh -c '[ -z "$1" ] || ip link set lo up; shift; exec "$@"' sh "$apart" "$@" || {
  cat "$log" >&2
  exit 1
}
if [ -s "$log" ]; then
  echo 'offline: there were tries to reach the network:' >&2
  cat "$log" >&2
  exit 1
fi
