import type { Problem } from '../addon/remedies.js'
import type { Implementation, NativeCpu } from '../addon/types.js'
import type { Candidate } from './addon.js'
import type { SelfTestResult } from './self-test.js'
import type { VulkanReport } from './vulkan.js'

/** What the addon itself tells, once it is loaded. */
export interface NativeReport {
  readonly compiler: string
  readonly ncnn: { readonly version: string; readonly options: readonly string[] }
  /** What decodes JPEGs in the addon; null where they are left to the decoder of other photos. */
  readonly jpeg: string | null
  readonly cpu: Readonly<NativeCpu>
  /** Threads for one inference unless asked otherwise. */
  readonly threads: number
}

export interface ModelReport {
  readonly name: string
  /** Unknown when the manifest cannot be read. */
  readonly kind?: 'embedder' | 'detector'
  readonly version?: string
  /** Files match the manifest's sizes and hashes. */
  readonly verified: boolean
  /** The native code accepts the network; absent when it was not tried. */
  readonly loads?: boolean
  /** What computes an embedder that loads. */
  readonly implementation?: Implementation
  readonly selfTest?: SelfTestResult
}

/** A .json file in the folder of models that belongs to none, as `listModels` leaves it out. */
export interface LeftOut {
  readonly file: string
  readonly reason: string
}

/** The whole of `seesawface doctor --json`. */
export interface Report {
  /** No problem was found. */
  readonly ok: boolean
  readonly version: string
  readonly folder: string
  readonly node: {
    readonly version: string
    readonly napi: string
    readonly platform: string
    readonly arch: string
    readonly libc: string
  }
  /** Folders of the system that tell about its processor and cannot be read; empty when all can. */
  readonly unreadable: readonly string[]
  readonly addon: {
    readonly file: string | null
    readonly kind: 'build' | 'prebuild' | 'none'
    readonly candidates: readonly Candidate[]
  }
  readonly native: NativeReport | null
  readonly vulkan: VulkanReport
  readonly decoder: { readonly available: boolean; readonly version: string | null }
  readonly modelDir: string
  readonly models: readonly ModelReport[]
  readonly leftOut: readonly LeftOut[]
  readonly problems: readonly Problem[]
}
