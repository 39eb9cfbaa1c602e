// File systems of a test's own, where the system allows them: full or read-only.
import { spawnSync } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'
import { type Ended, run } from './program.js'

/** As root or in a user namespace. */
const apart = ['--map-root-user', '--mount']
const mounts = spawnSync('unshare', [...apart, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

export function mountTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (mounts) test.serial(title, body)
  else test.serial.skip(`${title} (no mounts allowed here)`, body)
}

/** What makes the folder full: twice what it holds, and no more, should it be another one. */
export const fill = 'dd if=/dev/zero of="$target/fill" bs=1024 count=32768 2>/dev/null || true'
export const makeReadOnly = 'mount -o remount,bind,ro "$target"'

/**
 * Runs a command with a folder in a small file system of its own, changed by `spoil`. What is there
 * afterwards is compared with what was there before, as only that process sees it: a difference is
 * exit code 99.
 */
export function runOn(
  target: string,
  spoil: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {}
): Promise<Ended> {
  const script = `
    target=$1; shift
    kept=$(mktemp -d) && cp -r "$target/." "$kept" && trap 'rm -r "$kept"' EXIT &&
      mount -t tmpfs -o size=16m none /mnt && cp -r "$target/." /mnt &&
      mount --bind /mnt "$target" || exit 98
    ${spoil}
    "$@"; code=$?
    diff -r --exclude=fill "$kept" "$target" >&2 || code=99
    exit $code`
  return run('unshare', [...apart, 'sh', '-c', script, 'sh', target, ...command], env)
}
