// Configures, builds and installs NCNN into the cache, once for each set of flags and tools.
import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { cacheFolder, exists, locked } from './cache.mjs'
import * as pins from './pins.mjs'
import { flags, kept, layerFlags } from './recipe.mjs'
import { run, tail } from './run.mjs'
import { progress, Refusal, say } from './say.mjs'
import { getSource } from './source.mjs'
import { findTools, isArm32, jobs } from './toolchain.mjs'
import { treeDigest, withGlslang } from './tree.mjs'

/** Raise when the way of building changes without any flag changing. */
const revision = 1

async function cmake(args, what, variables = {}) {
  const done = await run('cmake', args, { env: { ...process.env, ...variables } })
  if (done.code !== 0) throw new Refusal(`${what} failed:\n${tail(done, 25)}`)
}

async function compile(folder) {
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
    throw new Refusal(`NCNN did not compile.${advice}\n${tail(done, 25)}`)
  }
  line.done()
}

/**
 * Returns the install prefix of a static NCNN, building it if the cache has none.
 * @param {{route: string, folder?: string, vulkan?: boolean, cc?: string, cxx?: string,
 *   toolchain?: string, flags?: string}} wish
 *   route: auto, index, upstream, or folder (then `folder` is a source tree of the user's);
 *   flags: more of the compiler's for NCNN alone
 */
export async function ensureBuilt(wish) {
  const tools = await findTools(wish)
  const { vulkan = false } = wish
  if (vulkan && wish.folder && !(await exists(join(wish.folder, 'glslang/CMakeLists.txt')))) {
    throw new Refusal(
      `${wish.folder} has no glslang/, the shader compiler that a build with Vulkan needs: in a ` +
        'checkout of NCNN run "git submodule update --init glslang".'
    )
  }
  const digest = wish.folder
    ? await treeDigest(wish.folder, vulkan ? withGlslang : undefined)
    : pins.tree
  const options = flags(pins.version, { vulkan, arm32: isArm32(tools.identity) })
  const sections = ['-ffunction-sections -fdata-sections', wish.flags].filter(Boolean).join(' ')
  const wanted = [...options, sections]
  const key = createHash('sha256')
    .update(JSON.stringify([revision, digest, wanted, kept, tools.identity]))
    .digest('hex')
    .slice(0, 16)
  const cache = await cacheFolder()
  const prefix = join(cache, `ncnn-${pins.version}-${key}`)
  if (await exists(prefix)) return prefix

  return locked(`${prefix}.lock`, async () => {
    if (await exists(prefix)) return prefix
    const work = `${prefix}.work`
    await rm(work, { recursive: true, force: true })
    try {
      const source = wish.folder
        ? resolve(wish.folder)
        : await getSource(wish.route, join(work, 'source'), { vulkan })
      say(`configuring for ${tools.identity.split('\n').at(-1)}`)
      // Sections let the addon's link drop what it does not call; the mapped prefix keeps the
      // paths of this machine out of the library.
      // Quoted: a home folder may have a space in its name.
      const compilerFlags = `${sections} "-ffile-prefix-map=${source}=ncnn"`
      const build = join(work, 'build')
      const stage = join(work, 'stage')
      await cmake(
        [
          ...['-S', source, '-B', build, `-DCMAKE_INSTALL_PREFIX=${stage}`],
          ...tools.args,
          ...options,
          ...(await layerFlags(source))
        ],
        'configuring NCNN',
        // In the environment they are added to a toolchain's own, as arguments they would replace it.
        { CXXFLAGS: compilerFlags, CFLAGS: compilerFlags }
      )
      await compile(build)
      await cmake(['--install', build, '--strip'], 'installing NCNN')
      await rename(stage, prefix)
      say(`ready in ${prefix}`)
      return prefix
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}
