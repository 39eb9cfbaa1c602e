import {
  FaceDetector,
  type FaceDetectorOptions,
  FaceRecognizer,
  type FaceRecognizerOptions,
  type RawFrame,
  type StreamTiming
} from '../index.js'
import { compare, leastTurns, pauseFor, warmed } from './interleave.js'
import { median, type Row } from './statistics.js'

/** The stages of a photo, in the order they are gone through. */
export const stages = ['decode', 'convert', 'detect', 'align', 'embed'] as const

export type Stage = (typeof stages)[number]

export interface VerifyTimes {
  /** Medians in milliseconds of both photos together, one photo after the other. */
  readonly stages: Readonly<Record<Stage, number>>
  /** Median of both photos one after the other, all that is between the stages included. */
  readonly sequential: number
  /** Median and minimum of verify(), which decodes one photo while the other is at work. */
  readonly verify: { readonly median: number; readonly min: number }
  readonly turns: number
}

/** Finding the faces of a frame, whose pixels are at hand. */
export async function detectorTimes(
  options: FaceDetectorOptions & { readonly threads: number },
  frame: RawFrame,
  seconds: number
): Promise<Row> {
  const detector = await FaceDetector.open(options)
  try {
    const subject = { name: 'detect()', time: () => warmed(() => detector.detect(frame)) }
    const [row] = await compare([subject], { seconds, pause: pauseFor(options.threads) })
    return row as Row
  } finally {
    await detector.close()
  }
}

async function timingOf(recognizer: FaceRecognizer, photo: string): Promise<StreamTiming> {
  for await (const { timing, faces } of recognizer.stream([photo], { embed: true })) {
    if (faces.length === 0) throw new Error(`No face was found in "${photo}"`)
    return timing
  }
  throw new Error('a stream of one photo gave none')
}

/** Two photos from file to decision, by stage. */
export async function verifyTimes(
  options: FaceRecognizerOptions,
  photos: readonly [string, string],
  seconds: number
): Promise<VerifyTimes> {
  const recognizer = await FaceRecognizer.open(options)
  try {
    const spent: Record<Stage | 'sequential' | 'verify', number[]> = {
      decode: [],
      convert: [],
      detect: [],
      align: [],
      embed: [],
      sequential: [],
      verify: []
    }
    const verify = (): Promise<unknown> => recognizer.verify(...photos, { threshold: 0 })
    await verify()
    const end = performance.now() + seconds * 1000
    for (let turn = 0; turn < leastTurns || performance.now() < end; turn++) {
      const timings: StreamTiming[] = []
      for (const photo of photos) timings.push(await timingOf(recognizer, photo))
      const both = (part: Stage | 'total'): number =>
        timings.reduce((sum, timing) => sum + timing[part], 0)
      for (const stage of stages) spent[stage].push(both(stage))
      spent.sequential.push(both('total'))
      const start = performance.now()
      await verify()
      spent.verify.push(performance.now() - start)
    }
    const medians = stages.map((stage) => [stage, median(spent[stage])])
    return {
      stages: Object.fromEntries(medians) as Record<Stage, number>,
      sequential: median(spent.sequential),
      verify: { median: median(spent.verify), min: Math.min(...spent.verify) },
      turns: spent.verify.length
    }
  } finally {
    await recognizer.close()
  }
}
