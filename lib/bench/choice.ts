import type { DeviceOptions, EngineOptions } from '../index.js'
import { median, medianError, ratios } from './statistics.js'

/** Options that `bench --tune` tries: those of open() that change speed or power alone. */
export type TunedOptions = Omit<
  Pick<
    EngineOptions,
    'threads' | 'powersave' | 'precision' | 'implementation' | 'spinMicroseconds'
  >,
  'threads'
> & { readonly threads?: number } & DeviceOptions

export interface Trial {
  /** What differs from the defaults; nothing in the first one. */
  readonly options: TunedOptions
  /** Threads that one call keeps busy. */
  readonly threads: number
  /** Milliseconds of a call in each turn; trials take turns together. */
  readonly times: readonly number[]
}

/** By less than this share nobody gains anything. */
const negligible = 0.03

/** What a trial costs, in proportion to the first one: the median of the turns, and its error. */
export interface Cost {
  readonly ratio: number
  readonly error: number
}

/** The quickest answer, or the least time of all cores that are kept busy. */
export type Aim = 'latency' | 'cores'

export const aims: readonly Aim[] = ['latency', 'cores']

export function costOf(trial: Trial, first: Trial, aim: Aim): Cost {
  const cores = aim === 'cores' ? trial.threads / first.threads : 1
  const all = ratios(trial.times, first.times).map((ratio) => ratio * cores)
  return { ratio: median(all), error: medianError(all) }
}

/** Fewer options to write, then fewer threads to feed. */
function simplicity({ options, threads }: Trial): number {
  return Object.keys(options).length * 1000 + threads
}

/**
 * The trial that costs least. What is above it by no more than is negligible, or than chance may
 * explain, ties with it, and of those that tie the simplest is best. What costs more than the
 * defaults never is.
 */
export function best<T extends Trial>(trials: readonly T[], aim: Aim): T {
  const [first] = trials
  if (first === undefined) throw new RangeError('there is nothing to choose from')
  const costs = trials.map((trial) => costOf(trial, first, aim))
  const least = costs.reduce((a, b) => (b.ratio < a.ratio ? b : a))
  const tied = trials.filter((_, i) => {
    const { ratio, error } = costs[i] as Cost
    const margin = Math.max(negligible * least.ratio, Math.hypot(error, least.error))
    return ratio <= (costs[0] as Cost).ratio && ratio - least.ratio <= margin
  })
  return tied.reduce((a, b) => (simplicity(b) < simplicity(a) ? b : a))
}
