import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { loadBinding } from '../addon/load.js'
import { packageRoot } from '../paths.js'

/** What figures depend on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly features: readonly string[]
  readonly system: string
  readonly node: string
  readonly ncnn: string
  readonly seesawface: string
}

/** Boards say what they are in the device tree; their processors often have no name. */
async function boardName(): Promise<string | undefined> {
  const text = await readFile('/proc/device-tree/model', 'utf8').catch(() => '')
  return text.replaceAll('\0', '').trim() || undefined
}

export async function thisMachine(): Promise<Machine> {
  const addon = loadBinding()
  const { cores, features } = addon.cpu()
  const named = cpus()[0]?.model.trim()
  const own: unknown = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'))
  return {
    cpu: (await boardName()) ?? (named && named !== 'unknown' ? named : process.arch),
    cores,
    features,
    system: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    ncnn: addon.ncnnVersion,
    seesawface: (own as { version: string }).version
  }
}

/** The same for people. */
export function machineFields(machine: Machine): [string, string][] {
  const { cpu, cores, features, system, node, ncnn, seesawface } = machine
  return [
    ['machine', `${cpu}, ${cores} cores (${features.join(' ') || 'no extensions'}), ${system}`],
    ['versions', `seesawface ${seesawface}, NCNN ${ncnn}, Node ${node}`]
  ]
}
