import type { NativeVulkan } from './types.js'

/**
 * Why seesawface may not work on a machine, and how to fix it. The loader's errors and
 * `seesawface doctor` both use this table.
 */

const rebuild =
  'Debian, Ubuntu, Raspberry Pi OS: `sudo apt install g++ cmake ninja-build python3-pip && npx seesawface build`; ' +
  'Termux: `pkg install clang ndk-sysroot cmake ninja python python-pip && npx seesawface build`; ' +
  'macOS: `xcode-select --install; brew install cmake ninja && npx seesawface build`'

const reinstall = 'reinstall the package: `npm install seesawface`'

const table = {
  NOT_BUILT: `Build it — ${rebuild}.`,
  LIBRARY_MISSING: `Install the library, or build the addon here — ${rebuild}.`,
  SYSTEM_TOO_OLD: `Build it here — ${rebuild}.`,
  OTHER_MACHINE: `Was node_modules copied? Build it here — ${rebuild}.`,
  NOT_LOADABLE: `Rebuild it — ${rebuild}.`,
  CRASHED: `Build it here, for this processor — ${rebuild}. If that crashes too, report it with the output of \`seesawface doctor --json\`.`,
  VULKAN_CRASHES:
    "Update the driver of your GPU, or use the CPU, which is not affected: omit `device`, or set `device: 'cpu'`.",
  NODE_TOO_OLD: 'Install Node.js 20.17, 22.9 or newer (Termux: `pkg install nodejs-lts`).',
  DECODER_MISSING:
    'npm skips the decoder for this platform if optional dependencies are turned off or node_modules was copied from another machine. Run `npm install --include=optional` here. Raw frames and aligned crops work without it.',
  MODEL_MISSING: `Set the folder of the models with --model-dir, or ${reinstall}.`,
  MODEL_DAMAGED: `Copy the model's files again, or ${reinstall}.`,
  SELF_TEST_FAILED:
    'The addon gives wrong results on this processor; do not trust its decisions. ' +
    `Build it here — ${rebuild}. If that does not help, report it with the output of \`seesawface doctor --json\`.`
} as const

export type ProblemCode = keyof typeof table

/** A problem, and how to fix it. */
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
      `The native addon was built on a newer system (it requires ${symbolVersion[1]}).`
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
