import type { NativeVulkan } from './types.js'

/**
 * What can keep seesawface from working on a machine, and what to do about it. The loader's errors
 * and `seesawface doctor` both speak from this table.
 */

const rebuild =
  'Debian, Ubuntu, Raspberry Pi OS: `sudo apt install g++ cmake ninja-build python3-pip && npx seesawface build`; ' +
  'Termux: `pkg install clang ndk-sysroot cmake ninja python python-pip && npx seesawface build`; ' +
  'macOS: `xcode-select --install; brew install cmake ninja && npx seesawface build`'

const reinstall = 'install the package anew: `npm install seesawface`'

const table = {
  NOT_BUILT: `Build it — ${rebuild}.`,
  LIBRARY_MISSING: `Install the library, or build the addon here — ${rebuild}.`,
  SYSTEM_TOO_OLD: `Build it here — ${rebuild}.`,
  OTHER_MACHINE: `Was node_modules copied? Build it here — ${rebuild}.`,
  NOT_LOADABLE: `Build it anew — ${rebuild}.`,
  CRASHED: `Build it here, for this processor — ${rebuild}. If that crashes too, please report it with the output of \`seesawface doctor --json\`.`,
  VULKAN_CRASHES:
    "Update the driver of your GPU, or keep to the CPU, which this does not concern: leave out `device`, or give `device: 'cpu'`.",
  NODE_TOO_OLD: 'Install Node.js 20.17, 22.9 or newer (Termux: `pkg install nodejs-lts`).',
  DECODER_MISSING:
    'npm leaves out the decoder of this platform when optional dependencies are off or node_modules was copied: run `npm install --include=optional` here. Raw frames and aligned crops work without it.',
  MODEL_MISSING: `Give the folder of the models with --model-dir, or ${reinstall}.`,
  MODEL_DAMAGED: `Copy the model's files again, or ${reinstall}.`,
  SELF_TEST_FAILED:
    'This processor or build computes wrongly; do not trust its decisions. ' +
    `Build it here — ${rebuild}. If that does not help, please report it with the output of \`seesawface doctor --json\`.`
} as const

export type ProblemCode = keyof typeof table

/** Something that is wrong, and how to mend it. */
export interface Problem {
  readonly code: ProblemCode
  readonly problem: string
  readonly remedy: string
}

export function problem(code: ProblemCode, what: string): Problem {
  return { code, problem: what, remedy: table[code] }
}

/** The first line of what was thrown. */
function headline(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.split('\n')[0] ?? ''
}

/** What keeps the addon from loading, from what Node or the system's loader said. */
export function loadProblem(thrown: unknown): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const target = `${process.platform}-${process.arch}, Node ${process.versions.node}`
  if (/No native build was found/.test(message)) {
    return problem('NOT_BUILT', `The native addon has not been built for ${target}.`)
  }
  const library =
    /(lib[\w.+-]+\.so[\w.]*): cannot open shared object|library "(lib[^"]+)" not found|Error loading shared library (lib[\w.+-]+):/.exec(
      message
    )
  if (library) {
    const name = library[1] ?? library[2] ?? library[3]
    return problem(
      'LIBRARY_MISSING',
      `The native addon needs the system library ${name}, which is missing.`
    )
  }
  const symbolVersion = /version `([^']+)' not found/.exec(message)
  if (symbolVersion) {
    return problem(
      'SYSTEM_TOO_OLD',
      `The native addon was built on a newer system (it wants ${symbolVersion[1]}).`
    )
  }
  if (/invalid ELF header|wrong ELF class|Exec format|mach-o|not a valid Win32/i.test(message)) {
    return problem(
      'OTHER_MACHINE',
      `The native addon was built for another kind of machine than ${target}.`
    )
  }
  return problem(
    'NOT_LOADABLE',
    `The native addon cannot be loaded on ${target}: ${headline(thrown)}.`
  )
}

/** What helps where no GPU can be used; undefined where only the GPU itself is at fault. */
export function vulkanRemedy(vulkan: NativeVulkan): string | undefined {
  if (!vulkan.builtIn) {
    return 'Build the addon with Vulkan: `npx seesawface build --vulkan`.'
  }
  if (vulkan.devices.some(({ kind, chosen }) => kind !== 'software' || chosen)) return undefined
  return (
    'Install the driver of your GPU: Debian, Ubuntu, Raspberry Pi OS: `sudo apt install ' +
    'libvulkan1 mesa-vulkan-drivers`; Termux: `pkg install vulkan-loader-android`.'
  )
}

export function decoderProblem(thrown: unknown): Problem {
  return problem(
    'DECODER_MISSING',
    `The image decoder @napi-rs/image cannot be loaded: ${headline(thrown)}.`
  )
}
