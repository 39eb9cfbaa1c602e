import { onAbort } from '../abort.js'
import { fromNative } from '../addon/errors.js'
import { loadBinding } from '../addon/load.js'
import type { Implementation, NativeEngine, Powersave } from '../addon/types.js'
import { Budget } from '../budget.js'
import { checkInteger, checkOneOf } from '../check.js'
import { type Precision, precisions } from '../embeddings/precision.js'
import { ClosedError, QueueFullError } from '../errors.js'
import { keysOf } from '../keys.js'
import { decodeRoom, defaultMaxPendingBytes } from '../photos/load.js'
import type { DecodeRoom } from '../photos/types.js'
import { Call } from './call.js'

/** Options for running the networks; all are optional. */
export interface EngineOptions {
  /**
   * Threads per inference. Default 1. `'auto'` uses the big cores (or those that `powersave` selects),
   * at most 4, and no more than the container's CPU quota allows.
   */
  readonly threads?: number | 'auto'
  /**
   * Pins the threads of this object to the `'little'` cores of a big.LITTLE machine, which saves
   * power, or to its `'big'` cores. Default `'off'`: the system decides. It has no effect if all cores
   * are identical or the system does not permit pinning; read the property of the same name to see
   * the effective value.
   */
  readonly powersave?: Powersave
  /**
   * How long an idle thread spins before it sleeps, in microseconds: 0 to 1,000,000. Default 100.
   * Waking a thread takes tens of microseconds; spinning uses a core. Raise it if calls follow each
   * other closely; set it to 0 to save battery.
   */
  readonly spinMicroseconds?: number
  /**
   * `'fp16'` stores weights and activations in half precision and accumulates in fp32. It uses less
   * memory and requires an ARM CPU with half precision (ARMv8.2 or later). `'int8'` runs the 1×1
   * convolutions of Seesaw networks in 8-bit integers: faster and slightly less accurate. It requires
   * a CPU with 8-bit dot-product instructions (AVX-512 VNNI, AVX-VNNI, ARMv8.2 `asimddp`) and has
   * thresholds of its own in the manifest. Other CPUs reject with PrecisionUnsupportedError. Embeddings
   * computed at different precisions cannot be compared. Default `'fp32'`.
   */
  readonly precision?: Precision
  /**
   * Runs the embedding network with the `'fused'` kernels made for Seesaw networks, or with `'ncnn'`
   * layer by layer. Default `'auto'`: fused if the network, CPU and precision allow it. The embeddings
   * of both agree to a cosine of at least 0.99999.
   */
  readonly implementation?: 'auto' | Implementation
  /**
   * Maximum number of calls that wait, in addition to the one that runs. A call whose photo is being
   * decoded counts as waiting, even after it was aborted. Default 64.
   */
  readonly queueLimit?: number
  /**
   * What happens to further calls: `'reject'` (default) rejects them with QueueFullError; `'wait'`
   * makes them wait in order. A waiting call holds only its arguments, so memory stays bounded; a raw
   * frame is then copied when its turn comes, so do not modify it before the promise settles.
   */
  readonly whenFull?: 'reject' | 'wait'
  /**
   * Memory for photos, in bytes, from the start of decoding until they have been processed. Further
   * photos wait. A photo that needs more than this is decoded alone. Raw frames do not count;
   * `queueLimit` bounds them. Default 128 MiB.
   */
  readonly maxPendingBytes?: number
}

export const engineKeys = keysOf<EngineOptions>({
  threads: true,
  powersave: true,
  spinMicroseconds: true,
  precision: true,
  implementation: true,
  queueLimit: true,
  whenFull: true,
  maxPendingBytes: true
})

const maxThreads = 64
const maxQueueLimit = 65536
const maxSpin = 1_000_000
const maxTicket = 0xffffffff
/** Jobs of the native engine are the calls of this one, or parts of them: they are counted here. */
const nativeQueueLimit = 1 << 20

/** How a call waits. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether it waits for its turn where the queue is full; by default as `whenFull` says. */
  readonly waits?: boolean
}

/** A native engine with typed errors: what the public classes share. */
export class Engine {
  readonly precision: Precision
  readonly queueLimit: number
  readonly #native: NativeEngine
  readonly #closing = new AbortController()
  readonly #owner: string
  readonly #waits: boolean
  readonly #places: Budget
  readonly #room: DecodeRoom
  #ticket = 0

  /** @param owner the class that users have opened, as errors name it */
  constructor(owner: string, options: EngineOptions = {}) {
    const {
      precision = 'fp32',
      implementation = 'auto',
      queueLimit = 64,
      whenFull = 'reject',
      powersave = 'off',
      spinMicroseconds = 100,
      maxPendingBytes = defaultMaxPendingBytes
    } = options
    checkOneOf('precision', precision, precisions)
    checkOneOf('implementation', implementation, ['auto', 'fused', 'ncnn'])
    checkInteger('queueLimit', queueLimit, 1, maxQueueLimit)
    checkInteger('maxPendingBytes', maxPendingBytes, 1, Number.MAX_SAFE_INTEGER)
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
    this.#owner = owner
    this.#waits = whenFull === 'wait'
    // Where calls are refused, the one that runs comes on top.
    this.#places = new Budget(this.#waits ? queueLimit : queueLimit + 1)
    this.#room = decodeRoom(maxPendingBytes)
    try {
      this.#native = new addon.Engine({
        threads: threads === 'auto' ? 0 : (threads ?? addon.defaultThreads()),
        powersave,
        spinMicroseconds,
        queueLimit: nativeQueueLimit,
        precision,
        implementation
      })
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Throws when closed: to be called before work (such as decoding) is spent in vain. */
  checkOpen(): void {
    if (this.closing.aborted) throw this.#closed()
  }

  #closed(cause?: unknown): ClosedError {
    const options = cause === undefined ? undefined : { cause }
    return new ClosedError(`This ${this.#owner} is closed`, options)
  }

  /** Aborted when it is closed, with a ClosedError. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /**
   * Begins a call: decoding, the job of the native engine, and what is made of its answer. At once
   * or not at all, so that no photo is read and decoded for a queue that is full; where it `waits`,
   * as soon as there is room. The call counts until all it has begun is over, which may be later than
   * its promise settles: what is being decoded cannot be stopped.
   */
  async call<T>(
    work: (call: Call) => Promise<T>,
    { signal, waits = this.#waits }: CallOptions = {}
  ): Promise<T> {
    this.checkOpen()
    signal?.throwIfAborted()
    const place =
      this.#places.tryTake() ?? (await (waits ? this.#places.take(1, signal) : this.#refuse()))
    const call = new Call(this.#room, this.closing, signal)
    try {
      return await work(call)
    } finally {
      call.end(() => place.release())
    }
  }

  #refuse(): never {
    throw new QueueFullError(
      `${this.pending} calls are pending, as many as queueLimit (${this.queueLimit}) allows: ` +
        "await some of them first, or open with whenFull: 'wait'"
    )
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
      const known = fromNative(error)
      throw known instanceof ClosedError ? this.#closed(known) : known
    } finally {
      unwatch?.()
    }
  }

  get threads(): number {
    return this.#native.threads
  }

  get powersave(): Powersave {
    return this.#native.powersave
  }

  /** Frees memory of V8's that nobody else knows of: garbage collection is in no hurry with it. */
  discard(bytes: Uint8Array): void {
    loadBinding().discard(bytes)
  }

  /** Calls that wait, decode or run. */
  get pending(): number {
    return this.#places.used + this.#places.waiting
  }

  /** Resolves once nothing works any more, not even a decoder whose call has rejected already. */
  async close(): Promise<void> {
    const closed = this.#closed()
    this.#closing.abort(closed)
    for (const each of [this.#places, this.#room.decoders, this.#room.bytes]) each.end(closed)
    try {
      await this.#native.close()
    } catch (error) {
      throw fromNative(error)
    }
    await this.#places.idle()
  }
}

/** Runs `load` on an engine just made and closes the engine when that fails. */
export async function loadedEngine<T>(
  owner: string,
  options: EngineOptions,
  load: (engine: Engine) => Promise<T>
): Promise<T> {
  const engine = new Engine(owner, options)
  try {
    return await load(engine)
  } catch (error) {
    await engine.close()
    throw error
  }
}
