import { inspect } from 'node:util'
import {
  type EngineOptions,
  FaceRecognizer,
  PrecisionUnsupportedError,
  type RawFrame,
  type StreamTiming
} from '../index.js'
import { median, medianError, quantile, ratios, rounded } from './statistics.js'
import { pauseFor, type Subject, takeTurns } from './turns.js'

/** Options that `bench --tune` tries: those of open() that change speed alone. */
export type TunedOptions = Pick<EngineOptions, 'threads' | 'precision' | 'implementation'>

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

export type Aim = 'latency' | 'cores'

/** The time of a call, or of all cores that it keeps busy together. */
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
 * explain, ties with it, and of those that tie the simplest is best.
 */
export function best(trials: readonly Trial[], aim: Aim): Trial {
  const [first] = trials
  if (first === undefined) throw new RangeError('there is nothing to choose from')
  const costs = trials.map((trial) => costOf(trial, first, aim))
  const least = costs.reduce((a, b) => (b.ratio < a.ratio ? b : a))
  const tied = trials.filter((_, i) => {
    const { ratio, error } = costs[i] as Cost
    const margin = Math.max(negligible * least.ratio, Math.hypot(error, least.error))
    return ratio - least.ratio <= margin
  })
  return tied.reduce((a, b) => (simplicity(b) < simplicity(a) ? b : a))
}

/** Numbers of threads worth trying on so many cores: each up to four, then fewer and fewer. */
export function threadCounts(cores: number): number[] {
  const counts = [1, 2, 3, 4, 6, 8].filter((count) => count <= cores)
  return counts.length > 0 ? counts : [1]
}

/** Everything to try; the defaults come first. */
export function candidates(cores: number, defaultThreads: number): TunedOptions[] {
  const all: TunedOptions[] = []
  for (const precision of [undefined, 'fp16'] as const) {
    for (const implementation of [undefined, 'ncnn'] as const) {
      for (const threads of threadCounts(cores)) {
        all.push({
          ...(threads !== defaultThreads && { threads }),
          ...(precision && { precision }),
          ...(implementation && { implementation })
        })
      }
    }
  }
  const isDefault = (options: TunedOptions): boolean => Object.keys(options).length === 0
  return [...all.filter(isDefault), ...all.filter((options) => !isDefault(options))]
}

/** `options` as code to paste. */
export function openCall(
  opener: 'FaceRecognizer' | 'FaceEmbedder',
  options: TunedOptions & { readonly model?: string }
): string {
  const text = Object.keys(options).length === 0 ? '' : inspect(options, { breakLength: Infinity })
  return `${opener}.open(${text})`
}

export interface Tuned {
  readonly aim: Aim
  readonly options: TunedOptions
  readonly code: string
  readonly median: number
  /** Of the default options' time, in the median of the turns. */
  readonly ratio: number
}

export interface TuneReport {
  /** Of a whole frame: detection, alignment and embedding. */
  readonly frame: readonly Tuned[]
  /** Of the embedding alone, for those who have crops. */
  readonly crop: readonly Tuned[]
  readonly trials: readonly {
    readonly options: TunedOptions
    readonly implementation: string
    readonly threads: number
    readonly frame: { readonly median: number; readonly ratio: number; readonly spread: number }
    readonly crop: { readonly median: number; readonly ratio: number }
  }[]
}

interface Opened {
  readonly options: TunedOptions
  readonly recognizer: FaceRecognizer
  /** Milliseconds of the embedding alone, call by call. */
  readonly embed: number[]
}

async function openAll(
  cores: number,
  defaultThreads: number,
  base: { readonly model?: string; readonly modelDir?: string }
): Promise<Opened[]> {
  const opened: Opened[] = []
  for (const options of candidates(cores, defaultThreads)) {
    try {
      const recognizer = await FaceRecognizer.open({ ...base, ...options })
      // Where the network runs by NCNN anyway, asking for it is no other candidate.
      const same = opened.some(
        ({ recognizer: other }) =>
          options.implementation !== undefined &&
          other.implementation === recognizer.implementation &&
          other.threads === recognizer.threads &&
          other.precision === recognizer.precision
      )
      if (same) await recognizer.close()
      else opened.push({ options, recognizer, embed: [] })
    } catch (error) {
      if (error instanceof PrecisionUnsupportedError) continue
      for (const { recognizer } of opened) await recognizer.close()
      throw error
    }
  }
  return opened
}

function subjectOf({ options, recognizer, embed }: Opened, frame: RawFrame): Subject {
  const analyse = async (): Promise<StreamTiming> => {
    for await (const { timing } of recognizer.stream([frame], { embed: true })) return timing
    throw new Error('a stream of one frame gave none')
  }
  return {
    name: inspect(options),
    async time() {
      await analyse()
      const timing = await analyse()
      embed.push(timing.embed)
      return timing.detect + timing.convert + timing.align + timing.embed
    }
  }
}

function chosen(
  opener: 'FaceRecognizer' | 'FaceEmbedder',
  trials: readonly Trial[],
  model: string | undefined
): Tuned[] {
  const first = trials[0] as Trial
  return (['latency', 'cores'] as const).map((aim) => {
    const trial = best(trials, aim)
    const named = model === undefined ? trial.options : { model, ...trial.options }
    return {
      aim,
      options: trial.options,
      code: openCall(opener, named),
      median: rounded(median(trial.times)),
      ratio: rounded(median(ratios(trial.times, first.times)))
    }
  })
}

/** Times every candidate in turns on a frame that shows one face, and chooses. */
export async function runTune(
  frame: RawFrame,
  cores: number,
  defaultThreads: number,
  seconds: number,
  base: { readonly model?: string; readonly modelDir?: string } = {},
  onProgress: (percent: number) => void = () => undefined
): Promise<TuneReport> {
  const opened = await openAll(cores, defaultThreads, base)
  try {
    const subjects = opened.map((each) => subjectOf(each, frame))
    const pause = pauseFor(Math.max(...opened.map(({ recognizer }) => recognizer.threads)))
    const times = await takeTurns(subjects, { seconds: seconds * opened.length, pause, onProgress })
    const trials = opened.map(
      ({ options, recognizer: { threads } }, i): Trial => ({
        options,
        threads,
        times: times[i] as number[]
      })
    )
    const crops = trials.map((trial, i): Trial => {
      const all = (opened[i] as Opened).embed
      return { ...trial, times: all.slice(all.length - trial.times.length) }
    })
    const [first, firstCrop] = [trials[0] as Trial, crops[0] as Trial]
    return {
      frame: chosen('FaceRecognizer', trials, base.model),
      crop: chosen('FaceEmbedder', crops, base.model),
      trials: trials.map((trial, i) => {
        const cropTimes = (crops[i] as Trial).times
        const all = ratios(trial.times, first.times)
        return {
          options: trial.options,
          implementation: (opened[i] as Opened).recognizer.implementation,
          threads: trial.threads,
          frame: {
            median: rounded(median(trial.times)),
            ratio: rounded(median(all)),
            spread: rounded(quantile(all, 0.75) - quantile(all, 0.25))
          },
          crop: {
            median: rounded(median(cropTimes)),
            ratio: rounded(median(ratios(cropTimes, firstCrop.times)))
          }
        }
      })
    }
  } finally {
    for (const { recognizer } of opened) await recognizer.close()
  }
}
