// The cross compiler, installed once into the cache, and a CMake toolchain for each target.
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, exists } from '../../install/cache.mjs'
import { run, tail } from '../../install/run.mjs'
import { Refusal } from '../../install/say.mjs'
import type { Target } from './targets.js'

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))
const driver = fileURLToPath(new URL('zig-driver.sh', import.meta.url))

/** The folder with `zig` in it, of the version and hash that requirements.txt pins. */
async function zigFolder(): Promise<string> {
  const version = /^ziglang==(\S+)/m.exec(await readFile(requirements, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${requirements} pins no ziglang`)
  const folder = join(await cacheFolder(), `ziglang-${version}`)
  if (!(await exists(folder))) {
    const fresh = `${folder}.${process.pid}`
    const pip = ['-m', 'pip', 'install', '--quiet', '--target', fresh, '--no-deps']
    const done = await run('python3', [...pip, '--require-hashes', '-r', requirements])
    if (done.code !== 0) {
      await rm(fresh, { recursive: true, force: true })
      throw new Refusal(`pip could not install ziglang ${version}.\n${tail(done, 4)}`)
    }
    await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }))
  }
  return join(folder, 'ziglang')
}

/** Writes the file only when it says something else: ccache goes by the times of compilers. */
async function keep(path: string, text: string, mode = 0o644): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return
  await writeFile(path, text)
  await chmod(path, mode)
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** What is switched off or on for the binaries of a kind; see targets.ts for the reasons. */
function settings({ ncnn }: Target): string {
  const options = Object.entries(ncnn.options).map(
    ([name, value]) => `set(${name} ${value} CACHE STRING "" FORCE)\n`
  )
  return `${options.join('')}set(SEESAWFACE_NCNN_FLAGS "${ncnn.flags}")\n`
}

/**
 * The CMake toolchain file that compiles for `target`, with its compilers beside it. Its folder is
 * named after what is in it, so that a library built in another way is never taken for the same.
 */
export async function zigToolchain(target: Target): Promise<string> {
  const home = await zigFolder()
  const driverText = await readFile(driver, 'utf8')
  const { triple, cpu, processor } = target
  const digest = createHash('sha256')
    .update(JSON.stringify([home, driverText, triple, cpu, processor, settings(target)]))
    .digest('hex')
  const folder = join(home, '..', 'toolchains', `${target.name}-${digest.slice(0, 8)}`)
  await mkdir(folder, { recursive: true })
  const zig = quoted(join(home, 'zig'))
  // zig keeps what it has compiled: C++ libraries of each target, and objects by their content.
  const cache = `#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR=${quoted(join(home, '..', 'cache'))}\n`
  const ownDriver = join(folder, 'driver')
  await keep(ownDriver, driverText)
  for (const mode of ['cc', 'c++']) {
    const call = `exec sh ${quoted(ownDriver)} ${zig} ${mode} ${triple} ${cpu} "$@"\n`
    await keep(join(folder, mode), cache + call, 0o755)
  }
  for (const tool of ['ar', 'ranlib']) {
    await keep(join(folder, tool), `${cache}exec ${zig} ${tool} "$@"\n`, 0o755)
  }
  const toolchain = join(folder, 'toolchain.cmake')
  await keep(
    toolchain,
    `# ${target.name}: zig for ${triple}, ${cpu}
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${processor})
set(CMAKE_C_COMPILER "${join(folder, 'cc')}")
set(CMAKE_CXX_COMPILER "${join(folder, 'c++')}")
set(CMAKE_AR "${join(folder, 'ar')}" CACHE FILEPATH "")
set(CMAKE_RANLIB "${join(folder, 'ranlib')}" CACHE FILEPATH "")
# What CMake and NCNN ask the compiler is told by compiling; linking would build C++ libraries first.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
${settings(target)}`
  )
  return toolchain
}

/** Removes a build folder that CMake configured for another toolchain: it would keep to that one. */
export async function forgetOther(build: string, toolchain: string): Promise<void> {
  const cache = await readFile(join(build, 'CMakeCache.txt'), 'utf8').catch(() => undefined)
  const used = cache?.match(/^CMAKE_TOOLCHAIN_FILE:\w+=(.*)$/m)?.[1]
  if (used !== undefined && used !== toolchain) await rm(build, { recursive: true })
}
