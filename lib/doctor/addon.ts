import { existsSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import nodeGypBuild from 'node-gyp-build'

/** The machine as node-gyp-build sees it. */
export interface Host {
  readonly platform: string
  readonly arch: string
  readonly libc: string
  /** Version of the ARM architecture that Node was built for; empty elsewhere. */
  readonly armv: string
}

/** A binary of the addon that is there, and why it is used or not. */
export interface Candidate {
  readonly file: string
  readonly kind: 'build' | 'prebuild'
  readonly chosen: boolean
  readonly reason: string
}

/** Reads the same settings as node-gyp-build does, so that the reasons are the true ones. */
export function thisHost(env: NodeJS.ProcessEnv = process.env): Host {
  const platform = env.npm_config_platform ?? process.platform
  const arch = env.npm_config_arch ?? process.arch
  const alpine = platform === 'linux' && existsSync('/etc/alpine-release')
  const variables: object = process.config.variables
  const built = 'arm_version' in variables ? String(variables.arm_version) : ''
  return {
    platform,
    arch,
    libc: env.LIBC ?? (alpine ? 'musl' : 'glibc'),
    armv: env.ARM_VERSION ?? (arch === 'arm64' ? '8' : built)
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** Why a prebuilt binary does not fit the host; undefined when it does. */
function misfit(folder: string, file: string, host: Host): string | undefined {
  const tuple = nodeGypBuild.parseTuple(folder)
  if (tuple?.platform !== host.platform || !tuple.architectures.includes(host.arch)) {
    return `for ${folder}; this machine is ${host.platform}-${host.arch}`
  }
  const tags = nodeGypBuild.parseTags(file)
  if (tags?.libc !== undefined && tags.libc !== host.libc) {
    return `for ${tags.libc}; this machine has ${host.libc}`
  }
  if (tags?.armv !== undefined && tags.armv !== host.armv) {
    return `for ARMv${tags.armv}; this Node is for ARMv${host.armv || '?'}`
  }
  return undefined
}

/** All binaries of the addon in the package at `root`; `chosen` is the one node-gyp-build takes. */
export function candidates(root: string, chosen: string | undefined, host: Host): Candidate[] {
  const found: Candidate[] = []
  const add = (kind: Candidate['kind'], path: string, otherwise: string): void => {
    const isChosen = path === chosen
    const reasons = { build: 'built on this machine', prebuild: 'fits this machine' }
    found.push({
      file: relative(root, path).split(sep).join('/'),
      kind,
      chosen: isChosen,
      reason: isChosen ? reasons[kind] : otherwise
    })
  }
  for (const build of ['build/Release', 'build/Debug']) {
    for (const file of entries(join(root, build)).filter((name) => name.endsWith('.node'))) {
      add('build', join(root, build, file), 'another build takes precedence')
    }
  }
  for (const folder of entries(join(root, 'prebuilds'))) {
    for (const file of entries(join(root, 'prebuilds', folder))) {
      if (!file.endsWith('.node')) continue
      const path = join(root, 'prebuilds', folder, file)
      add(
        'prebuild',
        path,
        misfit(folder, file, host) ?? 'a binary built on this machine takes precedence'
      )
    }
  }
  return found
}

/** The binary that would be loaded for the package at `root`; undefined when there is none. */
export function resolveAddon(root: string): string | undefined {
  try {
    return nodeGypBuild.resolve(root)
  } catch {
    return undefined
  }
}
