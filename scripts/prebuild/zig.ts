// The cross compiler, installed once into the cache, and a CMake toolchain for each target.
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, exists } from '../ncnn/cache.mjs'
import { run, tail } from '../ncnn/run.mjs'
import { Refusal } from '../ncnn/say.mjs'
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

async function program(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`)
  await chmod(path, 0o755)
}

/** Writes the file only when it says something else: CMake builds anew after a newer toolchain. */
async function keep(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) !== text) await writeFile(path, text)
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The CMake toolchain file that compiles for `target`, with its compilers beside it. */
export async function zigToolchain(target: Target): Promise<string> {
  const home = await zigFolder()
  const folder = join(home, '..', 'toolchains', target.name)
  await mkdir(folder, { recursive: true })
  const zig = quoted(join(home, 'zig'))
  // zig keeps what it has compiled: C++ libraries of each target, and objects by their content.
  const cache = `export ZIG_GLOBAL_CACHE_DIR=${quoted(join(home, '..', 'cache'))}\n`
  const ownDriver = join(folder, 'driver')
  await keep(ownDriver, await readFile(driver, 'utf8'))
  for (const mode of ['cc', 'c++']) {
    const call = `exec sh ${quoted(ownDriver)} ${zig} ${mode} ${target.triple} ${target.cpu} "$@"`
    await program(join(folder, mode), cache + call)
  }
  for (const tool of ['ar', 'ranlib']) {
    await program(join(folder, tool), `${cache}exec ${zig} ${tool} "$@"`)
  }
  const toolchain = join(folder, 'toolchain.cmake')
  await keep(
    toolchain,
    `# ${target.name}: zig for ${target.triple}, ${target.cpu}
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${target.processor})
set(CMAKE_C_COMPILER "${join(folder, 'cc')}")
set(CMAKE_CXX_COMPILER "${join(folder, 'c++')}")
set(CMAKE_AR "${join(folder, 'ar')}" CACHE FILEPATH "")
set(CMAKE_RANLIB "${join(folder, 'ranlib')}" CACHE FILEPATH "")
# What CMake and NCNN ask the compiler is told by compiling; linking would build C++ libraries first.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
`
  )
  return toolchain
}
