import { inspect } from 'node:util'
import type { Precision } from '../index.js'
import type { TunedOptions } from './choice.js'

const otherPrecisions: readonly Precision[] = ['fp16', 'int8']

/** What of a machine decides which options are worth trying. */
export interface TuneMachine {
  readonly cores: number
  /** Those that are not little. */
  readonly bigCores: number
  /** What `threads` is when it is left out. */
  readonly defaultThreads: number
  /** A GPU may be used. */
  readonly gpu?: boolean
}

/** Numbers of threads worth trying on so many cores: each up to four, then fewer and fewer. */
export function threadCounts(cores: number): number[] {
  const counts = [1, 2, 3, 4, 6, 8].filter((count) => count <= cores)
  return counts.length > 0 ? counts : [1]
}

/** Each once, the defaults first. */
function unique(all: readonly TunedOptions[]): TunedOptions[] {
  const seen = new Map<string, TunedOptions>([['{}', {}]])
  for (const options of all) {
    const entries = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))
    const key = JSON.stringify(Object.fromEntries(entries))
    if (!seen.has(key)) seen.set(key, options)
  }
  return [...seen.values()]
}

/** First round: how many threads, on which cores where there are two kinds, and a GPU. */
export function onCores({ cores, bigCores, defaultThreads, gpu }: TuneMachine): TunedOptions[] {
  const threads = (count: number): TunedOptions =>
    count === defaultThreads ? {} : { threads: count }
  const all = threadCounts(cores).map(threads)
  if (bigCores > 0 && bigCores < cores) {
    for (const count of threadCounts(bigCores)) all.push({ ...threads(count), powersave: 'big' })
    for (const count of threadCounts(cores - bigCores)) {
      all.push({ ...threads(count), powersave: 'little' })
    }
  }
  if (gpu) all.push({ device: 'vulkan' })
  return unique(all)
}

/** Microseconds to look for more work: none at all, and enough to outlast a pause between calls. */
const spins = [0, 2000] as const

/**
 * Second round: with the best of the first, each precision and what computes the network, and, where
 * several threads work, how long they look for more.
 */
export function inDetail(winners: readonly TunedOptions[], defaultThreads: number): TunedOptions[] {
  const all: TunedOptions[] = []
  for (const winner of winners) {
    if ((winner.threads ?? defaultThreads) > 1) {
      for (const spinMicroseconds of spins) all.push({ ...winner, spinMicroseconds })
    }
    for (const precision of [undefined, ...otherPrecisions]) {
      for (const implementation of [undefined, 'ncnn'] as const) {
        all.push({
          ...winner,
          ...(precision && { precision }),
          ...(implementation && { implementation })
        })
      }
    }
  }
  return unique(all)
}

/** `options` as code to paste. */
export function openCall(
  opener: 'FaceRecognizer' | 'FaceEmbedder',
  options: TunedOptions & { readonly model?: string }
): string {
  const given = Object.keys(options).length > 0
  return `${opener}.open(${given ? inspect(options, { breakLength: Infinity }) : ''})`
}
