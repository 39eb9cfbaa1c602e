// The tools of a build: found, named when missing, and identified for the cache key.
import { readFile } from 'node:fs/promises'
import { availableParallelism, freemem } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { run } from './run.mjs'
import { Refusal } from './say.mjs'

export async function works(program) {
  return (await run(program, ['--version'])).code === 0
}

async function requireCMake() {
  if (await works('cmake')) return
  throw new Refusal('cmake is needed (Debian: apt install cmake; Termux: pkg install cmake).')
}

/** The C compiler that comes with a C++ compiler: cc for c++, aarch64-linux-gnu-gcc-12 for …-g++-12. */
export function cCompilerOf(cxx) {
  const name = basename(cxx)
  const c = name.includes('clang++')
    ? name.replace('clang++', 'clang')
    : name.replace('g++', 'gcc').replace('c++', 'cc')
  return c === name ? 'cc' : join(dirname(cxx), c)
}

async function findCompilers({ cc, cxx }) {
  const pairs = cxx
    ? [[cc ?? cCompilerOf(cxx), cxx]]
    : [
        ['cc', 'c++'],
        ['gcc', 'g++'],
        ['clang', 'clang++']
      ]
  for (const [c, cpp] of pairs) if ((await works(c)) && (await works(cpp))) return { c, cpp }
  throw new Refusal(
    `a C++ compiler is needed${cxx ? ` (${cxx} does not run)` : ''} ` +
      '(Debian: apt install g++; Termux: pkg install clang).'
  )
}

/** Parallel jobs: a heavy NCNN file takes about 1 GB of memory to compile. */
export function jobs() {
  const allowed = process.constrainedMemory?.() || Number.MAX_SAFE_INTEGER
  const memory = Math.min(freemem(), allowed)
  const asked = Number(process.env.SEESAWFACE_JOBS)
  if (Number.isInteger(asked) && asked > 0) return asked
  return Math.max(1, Math.min(availableParallelism(), Math.floor(memory / 1e9)))
}

/**
 * Finds the tools and returns the cmake arguments that select them and a text that identifies the
 * compiler and its target.
 */
export async function findTools({ cc, cxx, toolchain }) {
  await requireCMake()
  const args = (await works('ninja')) ? ['-G', 'Ninja'] : ['-G', 'Unix Makefiles']
  if (args[1] !== 'Ninja' && !(await works('make'))) {
    throw new Refusal(
      'make or ninja is needed (Debian: apt install ninja-build; Termux: pkg install ninja).'
    )
  }
  if (await works('ccache')) {
    args.push('-DCMAKE_C_COMPILER_LAUNCHER=ccache', '-DCMAKE_CXX_COMPILER_LAUNCHER=ccache')
  }
  if (toolchain) {
    const path = resolve(toolchain)
    const text = await readFile(path, 'utf8').catch(() => {
      throw new Refusal(`the toolchain file ${path} cannot be read.`)
    })
    const named = text.match(/CMAKE_CXX_COMPILER\s+"?([^\s")]+)/)?.[1] ?? 'c++'
    const { cpp } = await findCompilers({ cxx: named })
    args.push(`-DCMAKE_TOOLCHAIN_FILE=${path}`)
    return { args, identity: `${text}\n${await identify(cpp)}` }
  }
  const { c, cpp } = await findCompilers({ cc, cxx })
  args.push(`-DCMAKE_C_COMPILER=${c}`, `-DCMAKE_CXX_COMPILER=${cpp}`)
  return { args, identity: await identify(cpp) }
}

/** Whether the compiler of that identity makes code for ARM of 32 bits, as in arm-linux-gnueabihf. */
export function isArm32(identity) {
  return /\sarm(v[67]\w*)?-\S*$/.test(identity)
}

async function identify(cpp) {
  const [name, target] = [await run(cpp, ['--version']), await run(cpp, ['-dumpmachine'])]
  return `${name.stdout.split('\n')[0].replace(/^\S+ /, '')} ${target.stdout.trim()}`
}
