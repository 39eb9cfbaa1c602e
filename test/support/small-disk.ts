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
 * Runs Node.js with a folder in a small file system of its own, changed by `spoil`. What is there
 * afterwards is compared with what was there before, as only that process sees it.
 */
export function runOn(
  target: string,
  spoil: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {}
): Promise<Ended> {
  const script = `
    target=$1; shift
    mount -t tmpfs -o size=16m none /mnt && cp "$target"/* /mnt &&
      mount --bind /mnt "$target" || exit 98
    ${spoil}
    "$@"; code=$?
    for file in $(ls -A "$target"); do
      [ "$file" = fill ] || cmp "$target/$file" "/tmp/seesawface-$$/$file" || code=99
    done
    exit $code`
  const kept = `mkdir "/tmp/seesawface-$$" && cp "$1"/* "/tmp/seesawface-$$" &&
    trap 'rm -r "/tmp/seesawface-$$"' EXIT`
  const command = ['sh', '-c', `${kept}\n${script}`, 'sh', target, process.execPath]
  return run('unshare', [...apart, ...command, ...args], env)
}
