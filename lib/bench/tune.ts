import { inspect, isDeepStrictEqual } from 'node:util'
import {
  DeviceUnavailableError,
  FaceRecognizer,
  PrecisionUnsupportedError,
  type RawFrame,
  type StreamTiming
} from '../index.js'
import { inDetail, onCores, openCall, type TuneMachine } from './candidates.js'
import { type Aim, aims, best, type Trial, type TunedOptions } from './choice.js'
import { pauseFor, type Subject, takeTurns } from './interleave.js'
import { median, quantile, ratios, rounded } from './statistics.js'

export interface Tuned {
  readonly aim: Aim
  readonly options: TunedOptions
  readonly code: string
  readonly median: number
  /** Of the default options' time, in the median of the turns. */
  readonly ratio: number
}

export interface TrialReport {
  readonly options: TunedOptions
  readonly implementation: string
  readonly threads: number
  /** `spread`: interquartile range of the ratios to the defaults within each turn. */
  readonly frame: { readonly median: number; readonly ratio: number; readonly spread: number }
  readonly crop: { readonly median: number; readonly ratio: number }
}

export interface TuneReport {
  /** Of a whole frame: detection, alignment and embedding. */
  readonly frame: readonly Tuned[]
  /** Of the embedding alone, for those who have crops. */
  readonly crop: readonly Tuned[]
  readonly trials: readonly TrialReport[]
}

export interface TuneOptions {
  /** Shows one face. */
  readonly frame: RawFrame
  readonly machine: TuneMachine
  /** For each candidate. */
  readonly seconds: number
  readonly model?: string | undefined
  readonly modelDir?: string | undefined
  readonly onProgress?: (percent: number) => void
}

/** A trial of a whole frame, and the embedding's part of it. */
interface Measured extends Trial {
  readonly crop: Trial
  readonly implementation: string
}

interface Opened {
  readonly options: TunedOptions
  readonly recognizer: FaceRecognizer
  /** Milliseconds of the embedding alone, call by call. */
  readonly embed: number[]
}

/** Whether two are the same in spite of their options: what was asked for is not always had. */
function alike(a: Opened, b: Opened): boolean {
  const had = ({ options, recognizer }: Opened): unknown[] => [
    recognizer.device,
    recognizer.implementation,
    recognizer.threads,
    recognizer.precision,
    recognizer.powersave,
    options.spinMicroseconds
  ]
  return isDeepStrictEqual(had(a), had(b))
}

async function openAll(
  candidates: readonly TunedOptions[],
  { model, modelDir }: TuneOptions
): Promise<Opened[]> {
  const base = {
    ...(model !== undefined && { model }),
    ...(modelDir !== undefined && { modelDir })
  }
  const opened: Opened[] = []
  for (const options of candidates) {
    try {
      const recognizer = await FaceRecognizer.open({ ...base, ...options })
      const now = { options, recognizer, embed: [] }
      if (opened.some((other) => alike(now, other))) await recognizer.close()
      else opened.push(now)
    } catch (error) {
      if (error instanceof PrecisionUnsupportedError) continue
      if (error instanceof DeviceUnavailableError) continue
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
      return timing.convert + timing.detect + timing.align + timing.embed
    }
  }
}

/** Times candidates in turns; the defaults are the first of them. */
async function round(
  candidates: readonly TunedOptions[],
  options: TuneOptions,
  onProgress: (percent: number) => void
): Promise<Measured[]> {
  const opened = await openAll(candidates, options)
  try {
    const subjects = opened.map((each) => subjectOf(each, options.frame))
    const pause = pauseFor(Math.max(...opened.map(({ recognizer }) => recognizer.threads)))
    const seconds = options.seconds * opened.length
    const times = await takeTurns(subjects, { seconds, pause, onProgress })
    return opened.map(({ options: tried, recognizer, embed }, i) => {
      const trial = { options: tried, threads: recognizer.threads, times: times[i] as number[] }
      // Without those that warmed up.
      const cropTimes = embed.slice(embed.length - trial.times.length)
      const crop = { ...trial, times: cropTimes }
      return { ...trial, crop, implementation: recognizer.implementation }
    })
  } finally {
    for (const { recognizer } of opened) await recognizer.close()
  }
}

function choose(
  opener: 'FaceRecognizer' | 'FaceEmbedder',
  trials: readonly Trial[],
  model: string | undefined
): Tuned[] {
  return aims.map((aim) => {
    const { options, times } = best(trials, aim)
    return {
      aim,
      options,
      code: openCall(opener, model === undefined ? options : { model, ...options }),
      median: rounded(median(times)),
      ratio: rounded(median(ratios(times, (trials[0] as Trial).times)))
    }
  })
}

function report(trials: readonly Measured[]): TrialReport[] {
  const [first] = trials as [Measured]
  return trials.map(({ options, implementation, threads, times, crop }) => {
    const all = ratios(times, first.times)
    return {
      options,
      implementation,
      threads,
      frame: {
        median: rounded(median(times)),
        ratio: rounded(median(all)),
        spread: rounded(quantile(all, 0.75) - quantile(all, 0.25))
      },
      crop: {
        median: rounded(median(crop.times)),
        ratio: rounded(median(ratios(crop.times, first.crop.times)))
      }
    }
  })
}

/**
 * Tries the options of open() on this machine, first threads and cores, then, with the best of
 * these, the other options, and chooses from the second round.
 */
export async function runTune(options: TuneOptions): Promise<TuneReport> {
  const { machine, model, onProgress = () => undefined } = options
  const first = await round(onCores(machine), options, (percent) => onProgress(percent / 2))
  const crops = first.map(({ crop }) => crop)
  const winners = aims.flatMap((aim) => [best(first, aim).options, best(crops, aim).options])
  const second = await round(inDetail(winners, machine.defaultThreads), options, (percent) =>
    onProgress(50 + percent / 2)
  )
  return {
    frame: choose('FaceRecognizer', second, model),
    crop: choose(
      'FaceEmbedder',
      second.map(({ crop }) => crop),
      model
    ),
    // Of what was tried twice the second time.
    trials: report(second).concat(
      report(first).filter(
        ({ options: tried }) =>
          !second.some(({ options: again }) => inspect(again) === inspect(tried))
      )
    )
  }
}
