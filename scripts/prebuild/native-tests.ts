// Builds the native tests for a target with the prebuilds' compiler and NCNN, and runs them.
//
//   npm run test:musl [-- TARGET…]      the musl targets, unless told otherwise

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exists } from '../../install/cache.mjs'
import { jobs } from '../../install/toolchain.mjs'
import { type Target, targets, targetsNamed } from './targets.js'
import { forgetOther, zigToolchain } from './zig.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Debian's libgtest-dev brings it. */
const googletest = process.env.SEESAWFACE_GTEST_SOURCE || '/usr/src/googletest'
/**
 * What musl gives the stack of a thread, unless the program asks for more: zig does, by this option's
 * default, a Node.js on Alpine does not.
 */
const threadStack = 128 * 1024
/** The plainest processor of a kind; x64 runs as it is. */
const emulators: Readonly<Partial<Record<Target['arch'], string>>> = {
  arm64: 'qemu-aarch64;-cpu;cortex-a53',
  arm: 'qemu-arm;-cpu;cortex-a7'
}

function call(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', cwd: root })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}`)
}

async function test(target: Target): Promise<void> {
  process.stdout.write(`== native tests for ${target.name}\n`)
  const folder = join(root, 'build-prebuild', target.name, 'native-tests')
  const emulator = emulators[target.arch]
  const toolchain = await zigToolchain(target)
  await forgetOther(folder, toolchain)
  call('cmake', [
    ...['-S', root, '-B', folder, '-G', 'Ninja', '-DSEESAWFACE_NATIVE_TESTS=ON'],
    `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`,
    `-DSEESAWFACE_GTEST_SOURCE=${googletest}`,
    `-DCMAKE_EXE_LINKER_FLAGS=-static -Wl,-z,stack-size=${threadStack}`,
    ...(emulator ? [`-DCMAKE_CROSSCOMPILING_EMULATOR=${emulator}`] : [])
  ])
  call('cmake', ['--build', folder, '--parallel', String(jobs())])
  call('ctest', ['--test-dir', folder, '--output-on-failure', '--parallel', String(jobs())])
}

async function main(): Promise<void> {
  if (!(await exists(join(googletest, 'CMakeLists.txt')))) {
    throw new Error(`GoogleTest's source is not in ${googletest} (apt install libgtest-dev)`)
  }
  const named = process.argv.slice(2)
  const musl = targets.filter(({ libc }) => libc === 'musl')
  for (const target of named.length > 0 ? targetsNamed(named) : musl) await test(target)
}

main().catch((error: unknown) => {
  process.stderr.write(`native tests: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
