// How a program of a target's Node.js is run on this machine: as it is, or emulated by qemu, which
// ends the process at an instruction that the emulated processor lacks.
import { muslNode, muslSystem } from './musl.js'
import { nodeBinary, oldestNode } from './node-binaries.js'
import type { Target } from './targets.js'

/** A program with its first arguments, and what to add to its environment. */
export interface Machine {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const emulators = {
  arm64: { qemu: 'qemu-aarch64', libraries: '/usr/aarch64-linux-gnu' },
  arm: { qemu: 'qemu-arm', libraries: '/usr/arm-linux-gnueabihf' },
  x64: { qemu: 'qemu-x86_64', libraries: '/' }
} as const

/** The target's Node.js on the processor `cpu`, as qemu names it, or on this machine's own. */
export async function machineOf(target: Target, cpu: string | 'own'): Promise<Machine> {
  const { arch, libc } = target
  if (cpu === 'own' && arch !== process.arch) throw new RangeError(`${arch} has to be emulated`)
  if (libc === 'glibc') {
    const node = await nodeBinary(oldestNode[arch])
    if (cpu === 'own') return { program: node, args: [], env: {} }
    const { qemu, libraries } = emulators[arch]
    return { program: qemu, args: ['-cpu', cpu, '-L', libraries, node], env: {} }
  }
  if (arch === 'arm') throw new RangeError(`there is no Node.js for ${target.name}`)
  const [node, { root, loader }] = [await muslNode(arch), await muslSystem(arch)]
  // Where the loader is called by name, this machine's own /etc is seen: glibc's, to node-gyp-build.
  // qemu shows the files of `root` to who opens them, not to who asks whether they exist.
  const env = { LIBC: 'musl' }
  if (cpu === 'own') return { program: loader, args: [node], env }
  return { program: emulators[arch].qemu, args: ['-cpu', cpu, '-L', root, node], env }
}
