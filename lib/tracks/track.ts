import { show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import type { NativeFrame } from '../frames/native-frame.js'
import type { PhotoInput } from '../photos/types.js'
import type { Engine } from '../work/engine.js'
import type { FrameSource } from '../work/source.js'
import { type Analysed, type Arrival, type StreamOptions, streamFrames } from '../work/stream.js'
import type { TrackEyes } from './eyes.js'
import { trackSettings } from './options.js'
import { type FrameOutcome, TrackSession } from './session.js'
import type { TrackEvent, TrackOptions } from './types.js'

/** Frames are decoded whole: parts of them are looked at. */
const wholeFrames = {}

/** The clock of a stream's frames: it never goes back. */
class Clock<F> {
  readonly #timeOf: ((frame: F, index: number) => number) | undefined
  #last = Number.NEGATIVE_INFINITY

  constructor(timeOf: ((frame: F, index: number) => number) | undefined) {
    this.#timeOf = timeOf
  }

  at(frame: F, index: number, arrived: number): number {
    const time = this.#timeOf ? this.#timeOf(frame, index) : arrived / 1000
    if (!Number.isFinite(time) || time < this.#last) {
      throw new InvalidArgumentError(
        'time',
        `time must return seconds that never fall; after ${this.#last} it returned ${show(time)}`
      )
    }
    this.#last = time
    return time
  }
}

/** Follows the faces of a stream. Checks at once; reads nothing before the first event is asked for. */
export function trackFrames<F extends PhotoInput>(
  engine: Engine,
  frames: FrameSource<F>,
  options: TrackOptions<F>,
  eyes: TrackEyes
): AsyncGenerator<TrackEvent<F>, void, undefined> {
  const settings = trackSettings(options)
  const session = new TrackSession(eyes, settings)
  const clock = new Clock(options.time)
  const outcomes: FrameOutcome[] = []
  const analyse = async (
    frame: NativeFrame,
    signal: AbortSignal,
    { input, index, arrived }: Arrival<F>
  ): Promise<Analysed> => {
    const outcome = await session.see(frame, clock.at(input, index, arrived), signal)
    outcomes.push(outcome)
    const { detect, embed } = outcome
    return { faces: [], timing: { wait: 0, convert: 0, detect, align: 0, embed } }
  }
  const streaming: StreamOptions = {
    ...(options.drop !== undefined && { drop: options.drop }),
    ...(options.maxQueue !== undefined && { maxQueue: options.maxQueue }),
    ...(options.maxPixels !== undefined && { maxPixels: options.maxPixels }),
    ...(options.maxFileBytes !== undefined && { maxFileBytes: options.maxFileBytes }),
    ...(options.signal !== undefined && { signal: options.signal })
  }
  return events(streamFrames(engine, frames, streaming, wholeFrames, analyse, true), outcomes)
}

async function* events<F>(
  results: ReturnType<typeof streamFrames<F & PhotoInput>>,
  outcomes: FrameOutcome[]
): AsyncGenerator<TrackEvent<F>, void, undefined> {
  for await (const { frame, index, dropped, timing } of results) {
    const { happenings, time } = outcomes.shift() as FrameOutcome
    for (const each of happenings) yield { ...each, frame, index, dropped, time, timing }
  }
}
