import type { Powersave } from '../addon/types.js'
import type { Precision } from '../embeddings/precision.js'
import type { Engine } from './engine.js'

/** Closing, in all the ways JavaScript knows it. */
export abstract class Closable {
  protected readonly engine: Engine

  protected constructor(engine: Engine) {
    this.engine = engine
  }

  /** Calls that wait, decode or run; also aborted ones whose photo is still being decoded. */
  get pending(): number {
    return this.engine.pending
  }

  get precision(): Precision {
    return this.engine.precision
  }

  /** Threads for one inference, also where `'auto'` chose. */
  get threads(): number {
    return this.engine.threads
  }

  /** Which cores its threads keep to. */
  get powersave(): Powersave {
    return this.engine.powersave
  }

  /**
   * Frees thread and model. What the thread is working on is finished; calls that wait, or whose
   * photo is being decoded, reject with ClosedError at once, as does every later call. Resolves when
   * nothing is at work any more, decoders included. May be called again.
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
