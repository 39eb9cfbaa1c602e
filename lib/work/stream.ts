import { setImmediate as nextTurn } from 'node:timers/promises'
import { onAbort, signalOf } from '../abort.js'
import type { NativeTiming } from '../addon/types.js'
import { checkInteger, checkOneOf, show } from '../check.js'
import type { FaceEmbedding } from '../embeddings/embedding.js'
import { InvalidArgumentError } from '../errors.js'
import type { Face } from '../faces/types.js'
import { bytesOf, copyOf } from '../frames/bytes.js'
import { type RawFrame, takeFrame } from '../frames/frame.js'
import { isCopy, releaseMemory } from '../frames/memory.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { checkOptionKeys, keysOf } from '../keys.js'
import { checkImageOptions, isFrame } from '../photos/load.js'
import { defaultMaxPixels, type PhotoInput, type PhotoUse } from '../photos/types.js'
import type { Call } from './call.js'
import { type DetectOptions, detectKeys } from './detect-options.js'
import type { Engine } from './engine.js'
import { type FrameSource, type OpenSource, sourceOf } from './source.js'

export interface StreamOptions extends DetectOptions {
  /**
   * What to do with a frame that arrives while `maxQueue` frames wait. `'none'` (default): the source
   * is asked for a frame only when there is room. `'oldest'`, for live cameras: drops the frame that
   * has waited longest. `'newest'`: drops the new frame.
   */
  readonly drop?: 'none' | 'oldest' | 'newest'
  /** Maximum number of frames that wait, not counting those being processed. Default 1. */
  readonly maxQueue?: number
  /** Whether to embed every face as well. Default false. */
  readonly embed?: boolean
}

export const streamKeys = [
  ...detectKeys,
  ...keysOf<Omit<StreamOptions, keyof DetectOptions>>({ drop: true, maxQueue: true, embed: true })
]

export interface StreamFace extends Face {
  /** With `embed: true`, as is `quality`; undefined also for a face that cannot be aligned. */
  readonly embedding?: FaceEmbedding | undefined
}

/** Milliseconds a frame spent in each stage. */
export interface StreamTiming {
  /** In the stream's and the engine's queue. */
  readonly wait: number
  /** Reading and decoding an image file; 0 for raw frames. */
  readonly decode: number
  /** Checking the frame; its pixels are converted, and turned, as they are looked at. */
  readonly convert: number
  readonly detect: number
  /** Alignment and embedding of all faces. */
  readonly align: number
  readonly embed: number
  /** From the arrival of the frame to its result. */
  readonly total: number
}

export interface StreamResult<F> {
  /** Best score first; empty if there is no face. */
  readonly faces: readonly StreamFace[]
  /** The frame from the source. With `transfer`, `data` holds its memory again. */
  readonly frame: F
  /** Position in the source, from 0; dropped frames count. */
  readonly index: number
  /** Frames dropped so far. */
  readonly dropped: number
  readonly timing: StreamTiming
}

/** What a stream has done with a frame. */
export interface Analysed {
  readonly faces: readonly StreamFace[]
  readonly timing: NativeTiming
}

/** Which frame of the source it is, and when it came, in milliseconds on `performance`'s clock. */
export interface Arrival<F> {
  readonly input: F
  readonly index: number
  readonly arrived: number
}

/** Finds the faces of a frame, whose memory stays the stream's. */
export type Analyse<F> = (
  frame: NativeFrame,
  signal: AbortSignal,
  arrival: Arrival<F>
) => Promise<Analysed>

/** A frame that has come, and what will become of it. */
interface Entry<F> extends Arrival<F> {
  readonly load: (call: Call) => Promise<NativeFrame>
  /** Gives back memory taken already. May be called again. */
  readonly release: () => void
}

/** Frames at work or done and not fetched. Two keep the engine busy; one keeps a live view fresh. */
const depth = { none: 2, oldest: 1, newest: 1 } as const

function checkStreamOptions({ drop, maxQueue, embed, ...options }: StreamOptions): void {
  if (drop !== undefined) checkOneOf('drop', drop, ['none', 'oldest', 'newest'])
  if (maxQueue !== undefined) checkInteger('maxQueue', maxQueue, 1, 1000)
  checkImageOptions(options)
  if (embed !== undefined && typeof embed !== 'boolean') {
    throw new InvalidArgumentError('embed', `embed must be true or false, not ${show(embed)}`)
  }
}

function isRaw(input: PhotoInput): input is RawFrame {
  return typeof input === 'object' && input !== null && isFrame(input)
}

class FrameStream<F extends PhotoInput> {
  readonly #engine: Engine
  readonly #analyse: Analyse<F>
  readonly #options: StreamOptions
  readonly #use: PhotoUse
  readonly #open: () => OpenSource<F>
  #source: OpenSource<F> | undefined
  readonly #drop: 'none' | 'oldest' | 'newest'
  readonly #depth: number
  readonly #maxQueue: number
  readonly #waiting: Entry<F>[] = []
  /** At work or done, in order. */
  readonly #line: Promise<StreamResult<F>>[] = []
  readonly #cancel = new AbortController()
  #dropped = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #changed: () => void = () => undefined
  #change = Promise.resolve()

  constructor(
    engine: Engine,
    open: () => OpenSource<F>,
    options: StreamOptions,
    use: PhotoUse,
    analyse: Analyse<F>,
    oneByOne: boolean
  ) {
    this.#engine = engine
    this.#use = use
    this.#analyse = analyse
    this.#open = open
    this.#options = options
    this.#drop = options.drop ?? 'none'
    this.#depth = oneByOne ? 1 : depth[this.#drop]
    this.#maxQueue = options.maxQueue ?? 1
    this.#signalChange()
  }

  async *results(): AsyncGenerator<StreamResult<F>, void, undefined> {
    const signal = signalOf(this.#options)
    this.#engine.checkOpen()
    this.#source = this.#open()
    // All that waits and works is cancelled at once, whether or not the consumer is looking.
    const unwatch = [
      ...(signal ? [onAbort(signal, () => this.#stop(signal.reason))] : []),
      onAbort(this.#engine.closing, () => this.#stop(this.#engine.closing.reason))
    ]
    this.#pull(this.#source)
    let over = false
    try {
      for (;;) {
        const result = await this.#next()
        if (result === undefined) break
        yield result
      }
      over = true
    } catch (error) {
      over = true
      await this.#close().catch(() => undefined) // the first error is the one to tell
      throw error
    } finally {
      if (!over) await this.#close() // the consumer has left
      for (const each of unwatch) each()
    }
  }

  /** The next result in order; undefined after the last. */
  async #next(): Promise<StreamResult<F> | undefined> {
    while (this.#line.length === 0 && !this.#ended) await this.#change
    this.#cancel.signal.throwIfAborted()
    const [first] = this.#line
    if (first === undefined) {
      if (this.#failure) throw this.#failure.error
      return undefined
    }
    const result = await first
    this.#line.shift()
    this.#startWork()
    return result
  }

  /** Reads the source until it ends. */
  async #pull(source: OpenSource<F>): Promise<void> {
    try {
      for (let index = 0; !this.#ended; index++) {
        while (this.#drop === 'none' && this.#waiting.length >= this.#maxQueue && !this.#ended) {
          await this.#change
        }
        if (this.#ended) break
        const { done, value } = await source.next()
        if (done || this.#ended) break
        this.#add(this.#entry(index, value as F))
        // A source that is never short of frames must not keep everybody else from their turn.
        if (this.#drop !== 'none') await nextTurn()
      }
    } catch (error) {
      if (!this.#ended) this.#failure = { error }
    }
    this.#ended = true
    this.#signalChange()
  }

  /** Takes the memory of a frame before the source is asked for the next: it may use it again. */
  #entry(index: number, input: F): Entry<F> {
    const arrived = performance.now()
    const options = this.#options
    if (isRaw(input)) {
      const taken = takeFrame(input, options.maxPixels ?? defaultMaxPixels)
      const release = (): void => releaseMemory(taken.data)
      return { index, input, arrived, load: async () => taken, release }
    }
    const bytes = bytesOf(input)
    const own = bytes && copyOf(bytes)
    const load = async (call: Call): Promise<NativeFrame> => {
      const loading = { options, use: this.#use, own: own !== undefined, stays: true }
      return (await call.load(own ?? input, loading)).frame
    }
    const release = (): void => {
      if (own) this.#engine.discard(own)
    }
    return { index, input, arrived, load, release }
  }

  #add(entry: Entry<F>): void {
    if (this.#drop !== 'none' && this.#waiting.length >= this.#maxQueue) {
      this.#dropped++
      const dropped = this.#drop === 'newest' ? entry : this.#waiting.shift()
      dropped?.release()
      if (dropped === entry) return
    }
    this.#waiting.push(entry)
    this.#startWork()
  }

  #startWork(): void {
    while (this.#line.length < this.#depth && !this.#cancel.signal.aborted) {
      const entry = this.#waiting.shift()
      if (entry === undefined) break
      const outcome = this.#work(entry)
      outcome.catch(() => undefined) // told when its turn comes
      this.#line.push(outcome)
    }
    this.#signalChange()
  }

  async #work({ load, release, ...arrival }: Entry<F>): Promise<StreamResult<F>> {
    const { index, input, arrived } = arrival
    const { signal } = this.#cancel
    const work = async (call: Call): Promise<StreamResult<F>> => {
      const started = performance.now()
      const native = await load(call)
      const decode = isRaw(input) ? 0 : performance.now() - started
      const { faces, timing } = await this.#analyse(native, signal, arrival)
      const total = performance.now() - arrived
      const wait = started - arrived + timing.wait
      // What could not be given away was copied: the frame then comes back as it was.
      const given = isRaw(input) && input.transfer && !isCopy(native.data)
      const frame = given ? ({ ...(input as object), data: native.data } as F) : input
      const dropped = this.#dropped
      return { faces, frame, index, dropped, timing: { ...timing, wait, decode, total } }
    }
    try {
      return await this.#engine.call(work, { signal, waits: true })
    } finally {
      release()
    }
  }

  #stop(reason: unknown): void {
    this.#ended = true
    this.#cancel.abort(reason)
    this.#signalChange()
  }

  /** Cancels what is left, waits for what cannot be cancelled any more, and ends the source. */
  async #close(): Promise<void> {
    this.#stop(undefined)
    for (const { release } of this.#waiting.splice(0)) release()
    await Promise.allSettled(this.#line.splice(0))
    await this.#source?.close()
  }

  #signalChange(): void {
    this.#changed()
    this.#change = new Promise((resolve) => {
      this.#changed = resolve
    })
  }
}

/**
 * Checks at once; reads nothing before the first result is asked for. With `oneByOne` a frame is
 * decoded and analysed after the one before it is done, so that `analyse` sees them in their order.
 */
export function streamFrames<F extends PhotoInput>(
  engine: Engine,
  frames: FrameSource<F>,
  options: StreamOptions,
  use: PhotoUse,
  analyse: Analyse<F>,
  oneByOne = false
): AsyncGenerator<StreamResult<F>, void, undefined> {
  checkOptionKeys('options', options, streamKeys)
  checkStreamOptions(options)
  return new FrameStream(engine, sourceOf(frames), options, use, analyse, oneByOne).results()
}
