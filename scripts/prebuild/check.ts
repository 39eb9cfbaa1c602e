// What a prebuilt binary must be so that it loads on every system it is meant for.
import { type Elf, readElf } from './elf.js'
import { oldestGlibc, type Target } from './targets.js'

/** Libraries that every system of the kind has. musl is all in one file, whatever it is asked by. */
const systemLibraries = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux[\w-]*\.so\.\d)$/,
  musl: /^(libc\.so|libc\.musl-[\w]+\.so\.1)$/
} as const

const machines = { x64: 62, arm64: 183, arm: 40 } as const
const pageSize = 16 * 1024
/** A guard against growth: the largest, for x64, has 3.1 MB. With 4 MB a package has less than 8. */
export const maxBinaryBytes = 4_000_000

function newer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

/** The newest C library version that a file asks for, as in "2.28". */
export function glibcFloor(elf: Elf): string {
  const wanted = elf.versions.flatMap((version) => /^GLIBC_([\d.]+)$/.exec(version)?.[1] ?? [])
  return wanted.reduce((most, version) => (newer(version, most) ? version : most), '0')
}

/** Everything that is wrong with the binary, as sentences; none when it is right. */
export function problemsOf(target: Target, bytes: Buffer): string[] {
  const elf = readElf(bytes)
  const problems: string[] = []
  const demand = (right: boolean, otherwise: string) => {
    if (!right) problems.push(otherwise)
  }
  demand(elf.machine === machines[target.arch], `it is for machine ${elf.machine}`)
  demand(elf.bits === (target.arch === 'arm' ? 32 : 64), `it has ${elf.bits} bits`)
  for (const library of elf.needed) {
    demand(systemLibraries[target.libc].test(library), `it needs the library ${library}`)
  }
  const floor = glibcFloor(elf)
  demand(!newer(floor, oldestGlibc), `it needs glibc ${floor}, newer than ${oldestGlibc}`)
  demand(target.libc === 'glibc' || floor === '0', `it needs glibc ${floor}, on musl`)
  const foreign = elf.versions.filter((version) => !version.startsWith('GLIBC_'))
  demand(foreign.length === 0, `it needs the symbol versions ${foreign.join(', ')}`)
  for (const { align, offset, address } of elf.loads) {
    demand(align >= pageSize, `a segment is aligned to ${align} bytes, not ${pageSize}`)
    demand((address - offset) % pageSize === 0, 'a segment cannot be mapped in pages of 16 KB')
  }
  // What a C++ library or an OpenMP would have to provide, or a source file that was not linked.
  const missing = elf.imports.filter((name) => /^(_Z|__cxa_throw|GOMP_|__kmpc|omp_)/.test(name))
  demand(missing.length === 0, `it has no ${missing.slice(0, 3).join(', ')}`)
  const entries = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
  const extra = elf.exports.filter((name) => !entries.includes(name))
  demand(extra.length === 0, `it exports ${extra.slice(0, 5).join(', ')}`)
  demand(elf.exports.includes('napi_register_module_v1'), 'it does not export its entry point')
  demand(elf.nodelete, 'it is not marked nodelete')
  demand(!elf.executableStack, 'its stack is executable')
  demand(elf.searchPaths.length === 0, `it searches for libraries in ${elf.searchPaths.join(':')}`)
  const debug = elf.sections.filter((name) => /^\.(debug|symtab)/.test(name))
  demand(debug.length === 0, `it is not stripped of ${debug.join(', ')}`)
  demand(bytes.length <= maxBinaryBytes, `it has ${bytes.length} bytes, over ${maxBinaryBytes}`)
  return problems
}
