// Configures, builds and installs a library into the cache, once for each set of flags and tools.
import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { cacheFolder, exists, locked } from './cache.mjs'
import { run, tail } from './run.mjs'
import { progress, Refusal, say } from './say.mjs'
import { getSource } from './source.mjs'
import { findTools, jobs } from './toolchain.mjs'
import { treeDigest } from './tree.mjs'

/** Raise when the way of building changes without any flag changing. */
const revision = 1

async function cmake(args, what, variables = {}) {
  const done = await run('cmake', args, { env: { ...process.env, ...variables } })
  if (done.code !== 0) throw new Refusal(`${what} failed:\n${tail(done, 25)}`)
}

async function compile(folder, title) {
  const line = progress('compiling')
  const done = await run('cmake', ['--build', folder, '--parallel', String(jobs())], {
    onLine(text) {
      const ninja = text.match(/^\[(\d+)\/(\d+)\]/)
      const make = text.match(/^\[\s*(\d+)%\]/)
      if (ninja) line.update(Number(ninja[1]) / Number(ninja[2]))
      else if (make) line.update(Number(make[1]) / 100)
    }
  })
  if (done.code !== 0) {
    line.stop()
    const killed = /Killed|out of memory|internal compiler error/i.test(done.stdout + done.stderr)
    const advice = killed ? ' Set SEESAWFACE_JOBS=1 if memory is short.' : ''
    throw new Refusal(`${title} did not compile.${advice}\n${tail(done, 25)}`)
  }
  line.done()
}

/**
 * Returns the install prefix of a static library, building it if the cache has none.
 * @param {import('./library.mjs').Library} library
 * @param {import('./library.mjs').Wish} wish
 */
export async function ensureBuilt(library, wish) {
  const { name, title, version } = library
  const tools = await findTools(wish)
  const plan = await library.plan(wish, tools)
  const digest = wish.folder ? await treeDigest(wish.folder, plan.parts) : library.tree
  // Sections let the addon's link drop what it does not call.
  const own = ['-ffunction-sections -fdata-sections', ...(plan.flags ?? []), wish.flags]
  const flags = own.filter(Boolean).join(' ')
  const wanted = [...plan.options, flags]
  const key = createHash('sha256')
    .update(JSON.stringify([revision, digest, wanted, plan.kept, tools.identity]))
    .digest('hex')
    .slice(0, 16)
  const prefix = join(await cacheFolder(), `${name}-${version}-${key}`)
  if (await exists(prefix)) return prefix

  return locked(`${prefix}.lock`, async () => {
    if (await exists(prefix)) return prefix
    const work = `${prefix}.work`
    await rm(work, { recursive: true, force: true })
    try {
      const source = wish.folder
        ? resolve(wish.folder)
        : await getSource(library, wish, join(work, 'source'))
      say(`configuring for ${tools.identity.split('\n').at(-1)}`)
      // The mapped prefix keeps the paths of this machine out of the library.
      // Quoted: a home folder may have a space in its name.
      const compilerFlags = `${flags} "-ffile-prefix-map=${source}=${name}"`
      const build = join(work, 'build')
      const stage = join(work, 'stage')
      await cmake(
        [
          ...['-S', source, '-B', build, `-DCMAKE_INSTALL_PREFIX=${stage}`],
          ...tools.args,
          ...plan.options,
          ...((await plan.configure?.(source)) ?? [])
        ],
        `configuring ${title}`,
        // In the environment they are added to a toolchain's own, as arguments they would replace it.
        { CXXFLAGS: compilerFlags, CFLAGS: compilerFlags }
      )
      await compile(build, title)
      const components = plan.components?.map((one) => ['--component', one]) ?? [[]]
      for (const which of components) {
        await cmake(['--install', build, '--strip', ...which], `installing ${title}`)
      }
      await rename(stage, prefix)
      say(`ready in ${prefix}`)
      return prefix
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}
