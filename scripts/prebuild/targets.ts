// What is prebuilt: one row a binary, named as node-gyp-build finds it.

export interface Target {
  /** How people name it on the command line. */
  readonly name: string
  /** process.platform and process.arch where it runs. */
  readonly platform: 'linux'
  readonly arch: 'x64' | 'arm64' | 'arm'
  readonly libc: 'glibc' | 'musl'
  /** Below prebuilds/. */
  readonly file: string
  /** For zig: its triple, with the oldest C library allowed, and its CPU. */
  readonly triple: string
  readonly cpu: string
  /** For CMake. */
  readonly processor: string
  /** Options of NCNN that differ from install/ncnn.mjs, and flags for its compiler. */
  readonly ncnn: { readonly options: Readonly<Record<string, string>>; readonly flags: string }
}

/** Debian 10, RHEL 8, and what Node.js 20's own binaries ask for. */
export const oldestGlibc = '2.28'

/**
 * What keeps the binaries small. NCNN's kernels are vectorised and mostly unrolled by hand: what a
 * compiler adds are vectors for the last few values of a row. Seesaw networks run by kernels of our
 * own, with AVX-512 where it is; NCNN runs the detector and networks of other kinds, and its layers
 * for AVX-512 would add 1.9 MB to a binary for x64, those for the FMA4 of AMD's processors of 2011
 * to 2015, which have AVX too, another 0.4 MB.
 */
const handMade = '-fno-vectorize -fno-slp-vectorize'
const ncnnOf = {
  x64: {
    options: { NCNN_AVX512: 'OFF', NCNN_FMA4: 'OFF', NCNN_F16C: 'OFF' },
    flags: `${handMade} -fno-unroll-loops`
  },
  arm64: { options: {}, flags: handMade },
  arm: { options: {}, flags: handMade }
} as const

const rows = [
  ['arm64', 'glibc', 'aarch64-linux-gnu', 'generic', 'aarch64'],
  ['x64', 'glibc', 'x86_64-linux-gnu', 'x86_64', 'x86_64'],
  // NEON is part of every ARMv7 board worth the name (not of the ARMv6 of a Pi 1 or Zero).
  ['arm', 'glibc', 'arm-linux-gnueabihf', 'generic+v7a+neon', 'armv7-a'],
  ['arm64', 'musl', 'aarch64-linux-musl', 'generic', 'aarch64'],
  ['x64', 'musl', 'x86_64-linux-musl', 'x86_64', 'x86_64']
] as const

export const targets: readonly Target[] = rows.map(([arch, libc, triple, cpu, processor]) => ({
  name: `linux-${arch}-${libc}`,
  platform: 'linux',
  arch,
  libc,
  // node-gyp-build compares armvN with Node's own, so that an ARMv6 Node builds from source.
  file: `linux-${arch}/seesawface${arch === 'arm' ? '.armv7' : ''}.${libc}.node`,
  triple: libc === 'glibc' ? `${triple}.${oldestGlibc}` : triple,
  cpu,
  processor,
  ncnn: ncnnOf[arch]
}))

/** The targets of these names; all of them when there are none. Throws at a name unknown. */
export function targetsNamed(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return targets
  return names.map((name) => {
    const target = targets.find((one) => one.name === name)
    if (target) return target
    const known = targets.map((one) => one.name).join(', ')
    throw new RangeError(`There is no target "${name}"; there are ${known}`)
  })
}
