import { loadBinding } from './binding.js'
import { checkInteger, checkOneOf } from './check.js'
import { ClosedError, fromNative } from './errors.js'
import type { NativeEngine, Precision } from './native.js'

/** How to run: all optional. */
export interface EngineOptions {
  /** Threads for one inference; 1 by default. */
  readonly threads?: number
  /**
   * `'fp16'` keeps weights and activations in half precision, with sums in fp32: less memory. Only
   * ARM CPUs with half precision (ARMv8.2 and later) have it; others reject with
   * PrecisionUnsupportedError. Default `'fp32'`.
   */
  readonly precision?: Precision
  /** Calls that may wait at a time before further ones reject with QueueFullError. Default 64. */
  readonly queueLimit?: number
}

const maxThreads = 64
const maxQueueLimit = 65536

/** A native engine with typed errors: what the public classes share. */
export class Engine {
  readonly precision: Precision
  readonly threads: number
  readonly #native: NativeEngine
  #closed = false

  constructor(options: EngineOptions = {}) {
    const { precision = 'fp32', queueLimit = 64 } = options
    checkOneOf('precision', precision, ['fp32', 'fp16'])
    checkInteger('queueLimit', queueLimit, 1, maxQueueLimit)
    if (options.threads !== undefined) checkInteger('threads', options.threads, 1, maxThreads)
    const addon = loadBinding()
    this.precision = precision
    this.threads = options.threads ?? Math.min(addon.defaultThreads(), maxThreads)
    try {
      this.#native = new addon.Engine({ threads: this.threads, queueLimit, precision })
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Throws when closed: to be called before work (such as decoding) is spent in vain. */
  checkOpen(): void {
    if (this.#closed) throw new ClosedError('It has been closed')
  }

  async run<T>(job: (native: NativeEngine) => Promise<T>): Promise<T> {
    this.checkOpen()
    try {
      return await job(this.#native)
    } catch (error) {
      throw fromNative(error)
    }
  }

  get pending(): number {
    return this.#native.pending
  }

  async close(): Promise<void> {
    this.#closed = true
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

/** Closing, in all the ways JavaScript knows it. */
export abstract class Closable {
  protected readonly engine: Engine

  protected constructor(engine: Engine) {
    this.engine = engine
  }

  /** Calls that wait or run. */
  get pending(): number {
    return this.engine.pending
  }

  get precision(): Precision {
    return this.engine.precision
  }

  get threads(): number {
    return this.engine.threads
  }

  /**
   * Frees thread and model. Work under way finishes, work still waiting rejects with ClosedError,
   * as does every later call. May be called again.
   */
  close(): Promise<void> {
    return this.engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Like `close`, without waiting for work under way. */
  [Symbol.dispose](): void {
    // Closing releases memory only; there is nobody to tell should it fail.
    this.close().catch(() => undefined)
  }
}
