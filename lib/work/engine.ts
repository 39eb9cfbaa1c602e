import { onAbort } from '../abort.js'
import { fromNative } from '../addon/errors.js'
import { loadBinding } from '../addon/load.js'
import type { Implementation, NativeEngine, Powersave } from '../addon/types.js'
import { checkInteger, checkOneOf } from '../check.js'
import { type Precision, precisions } from '../embeddings/precision.js'
import { ClosedError, QueueFullError } from '../errors.js'
import { releaseMemory } from '../frames/memory.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { keysOf } from '../keys.js'
import { Turns } from './queue.js'

/** How to run: all optional. */
export interface EngineOptions {
  /**
   * Threads for one inference; 1 by default. `'auto'` takes as many as there are big cores (those
   * `powersave` keeps to, if it is given), at most 4 and no more than a container's CPU quota lets
   * run all the time.
   */
  readonly threads?: number | 'auto'
  /**
   * Keeps the threads of this engine, and no others, to the `'little'` cores of a big.LITTLE
   * machine, which saves power, or to its `'big'` ones, among those that the process may use.
   * Default `'off'`: the system decides. The property of this name tells what is in force: it stays
   * `'off'` on a machine whose cores are of a kind, and where the system does not allow it.
   */
  readonly powersave?: Powersave
  /**
   * How long a thread that is out of work looks for more before it sleeps, in microseconds: 0 to
   * 1,000,000, default 100. To wake a thread takes tens of microseconds, to look for work the power
   * of a core: more than 100 is for calls that follow each other closely, 0 for a battery.
   */
  readonly spinMicroseconds?: number
  /**
   * `'fp16'` keeps weights and activations in half precision, with sums in fp32: less memory. Only
   * ARM CPUs with half precision (ARMv8.2 and later) have it; others reject with
   * PrecisionUnsupportedError. `'int8'` multiplies bytes in the pointwise convolutions of a Seesaw
   * network: faster, and a little less exact. It takes a CPU with dot products of bytes (AVX-512
   * VNNI, AVX-VNNI, ARMv8.2 `asimddp`) and thresholds of its own, which the model's manifest has.
   * Default `'fp32'`.
   */
  readonly precision?: Precision
  /**
   * What computes the embedding network: `'fused'` kernels made for Seesaw networks, or `'ncnn'`,
   * layer by layer. Default `'auto'`: fused where network, processor and precision allow it.
   * Embeddings agree to a cosine of 0.99999 and better.
   */
  readonly implementation?: 'auto' | Implementation
  /**
   * Calls that may wait at a time, beside the one that runs; a photo that is being decoded counts as
   * waiting. Default 64.
   */
  readonly queueLimit?: number
  /**
   * What becomes of calls beyond that: `'reject'` (default) has them reject with QueueFullError,
   * `'wait'` has them wait, first come, first served. A call that waits holds nothing but its
   * arguments, so memory stays bounded; a raw frame is then copied when its turn comes and must not
   * be changed before the promise settles.
   */
  readonly whenFull?: 'reject' | 'wait'
}

export const engineKeys = keysOf<EngineOptions>({
  threads: true,
  powersave: true,
  spinMicroseconds: true,
  precision: true,
  implementation: true,
  queueLimit: true,
  whenFull: true
})

const maxThreads = 64
const maxQueueLimit = 65536
const maxSpin = 1_000_000
const maxTicket = 0xffffffff

/** A native engine with typed errors: what the public classes share. */
export class Engine {
  readonly precision: Precision
  readonly queueLimit: number
  readonly #native: NativeEngine
  readonly #closing = new AbortController()
  readonly #turns: Turns | undefined
  #calls = 0
  #ticket = 0

  constructor(options: EngineOptions = {}) {
    const {
      precision = 'fp32',
      implementation = 'auto',
      queueLimit = 64,
      whenFull = 'reject',
      powersave = 'off',
      spinMicroseconds = 100
    } = options
    checkOneOf('precision', precision, precisions)
    checkOneOf('implementation', implementation, ['auto', 'fused', 'ncnn'])
    checkInteger('queueLimit', queueLimit, 1, maxQueueLimit)
    checkInteger('spinMicroseconds', spinMicroseconds, 0, maxSpin)
    checkOneOf('whenFull', whenFull, ['reject', 'wait'])
    const { threads } = options
    if (threads !== undefined && threads !== 'auto') {
      checkInteger('threads', threads, 1, maxThreads, 'auto')
    }
    checkOneOf('powersave', powersave, ['off', 'little', 'big'])
    const addon = loadBinding()
    this.precision = precision
    this.queueLimit = queueLimit
    this.#turns = whenFull === 'wait' ? new Turns(queueLimit) : undefined
    try {
      this.#native = new addon.Engine({
        threads: threads === 'auto' ? 0 : (threads ?? addon.defaultThreads()),
        powersave,
        spinMicroseconds,
        // The one that runs is among those that wait until the thread has taken it up.
        queueLimit: queueLimit + 1,
        precision,
        implementation
      })
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Throws when closed: to be called before work (such as decoding) is spent in vain. */
  checkOpen(): void {
    if (this.closing.aborted) throw new ClosedError('It has been closed')
  }

  /** Aborted when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /**
   * Begins a call: decoding, the job of the native engine, and what is made of its answer. At once
   * or not at all, so that no photo is read and decoded for a queue that is full; with
   * `whenFull: 'wait'`, when fewer than `queueLimit` calls are at it.
   */
  async call<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#turns !== undefined) return this.#turns.run(work, signal)
    if (this.#calls > this.queueLimit) {
      throw new QueueFullError(
        `${this.#calls} calls are pending, as many as queueLimit (${this.queueLimit}) allows: ` +
          "await some of them first, or open with whenFull: 'wait'"
      )
    }
    this.#calls++
    try {
      return await work()
    } finally {
      this.#calls--
    }
  }

  /**
   * Runs a job of the native engine, which a signal cancels by the ticket the job passes on. The
   * promise settles once the job is over: only then is memory given to it free again.
   */
  async run<T>(
    job: (native: NativeEngine, ticket: number) => Promise<T>,
    signal?: AbortSignal
  ): Promise<T> {
    this.checkOpen()
    signal?.throwIfAborted()
    this.#ticket = (this.#ticket % maxTicket) + 1
    const ticket = this.#ticket
    const unwatch = signal && onAbort(signal, () => this.#native.cancel(ticket))
    try {
      return await job(this.#native, ticket)
    } catch (error) {
      // Cancelled, or failed just before it would have been.
      signal?.throwIfAborted()
      throw fromNative(error)
    } finally {
      unwatch?.()
    }
  }

  /** Like `run`, for a job that reads a frame, whose memory is free again after it. */
  async runOn<T>(
    frame: NativeFrame,
    job: (native: NativeEngine, ticket: number) => Promise<T>,
    signal?: AbortSignal
  ): Promise<T> {
    try {
      return await this.run(job, signal)
    } finally {
      releaseMemory(frame.data)
      if (frame.photo !== undefined) {
        this.discard(frame.data)
        this.discard(frame.photo.file)
      }
    }
  }

  get threads(): number {
    return this.#native.threads
  }

  get powersave(): Powersave {
    return this.#native.powersave
  }

  /**
   * Frees memory of V8's that nobody else knows of: garbage collection is in no hurry with it. Not
   * for what the image decoder has allocated: its pixels go when their object is collected, and
   * without its memory that object weighs so little that this takes its time.
   */
  discard(bytes: Uint8Array): void {
    loadBinding().discard(bytes)
  }

  /** Calls that wait or run. */
  get pending(): number {
    return this.#native.pending + (this.#turns?.waiting ?? 0)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#turns?.end(new ClosedError('It has been closed'))
    try {
      await this.#native.close()
    } catch (error) {
      throw fromNative(error)
    }
  }
}

/** Runs `load` on an engine just made and closes the engine when that fails. */
export async function loadedEngine<T>(
  options: EngineOptions,
  load: (engine: Engine) => Promise<T>
): Promise<T> {
  const engine = new Engine(options)
  try {
    return await load(engine)
  } catch (error) {
    await engine.close()
    throw error
  }
}
