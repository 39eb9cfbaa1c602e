import { onAbort, signalOf } from '../abort.js'
import { checkInteger } from '../check.js'
import { SeesawFaceError } from '../errors.js'
import { keysOf } from '../keys.js'
import { sourceOf } from './source.js'

const defaultConcurrency = 4

export interface BatchOptions {
  /**
   * Number of items processed at a time, at most `queueLimit`. Memory use grows with it. Default 4.
   */
  readonly concurrency?: number
  /** Ends the batch; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Called after each item with the number of items done. */
  readonly onProgress?: (done: number) => void
}

export const batchKeys = keysOf<BatchOptions>({ concurrency: true, signal: true, onProgress: true })

/** One item of a batch: its result, or its error. */
export type BatchResult<Input, Value> =
  | { readonly input: Input; readonly index: number; readonly value: Value; readonly error?: never }
  | {
      readonly input: Input
      readonly index: number
      readonly value?: never
      readonly error: SeesawFaceError
    }

/** Values at hand, or ones that come one after the other. */
export type BatchInputs<Input> = Iterable<Input> | AsyncIterable<Input>

/** Names a faulty argument at once, before anything is read. */
export function checkBatch<Input>(
  argument: string,
  inputs: BatchInputs<Input>,
  options: BatchOptions
): void {
  checkInteger('concurrency', options.concurrency ?? defaultConcurrency, 1, 1024)
  sourceOf(inputs, argument)
}

/** No more at a time than the queue takes. */
export function withinQueue<Options extends BatchOptions>(
  options: Options,
  queueLimit: number
): Options {
  const { concurrency = defaultConcurrency } = options
  return { ...options, concurrency: Math.min(concurrency, queueLimit) }
}

/**
 * Runs `job` on each input, some at a time, and yields the outcomes in the order of the inputs, each
 * as soon as it and those before it are ready. Errors of ours become values, so that one bad photo
 * does not end the batch; others are thrown. No input is taken before there is room for it, and
 * leaving early ends what is under way.
 */
export async function* runBatch<Input, Value>(
  inputs: BatchInputs<Input>,
  options: BatchOptions,
  job: (input: Input, signal: AbortSignal) => Promise<Value>
): AsyncGenerator<BatchResult<Input, Value>, void, undefined> {
  const { concurrency = defaultConcurrency, onProgress } = options
  const outer = signalOf(options)
  const own = new AbortController()
  const { signal } = own
  const ended = new Promise<void>((resolve) => onAbort(signal, resolve))
  const unwatch = outer && onAbort(outer, () => own.abort(outer.reason))
  const source = sourceOf(inputs)()
  const running: Promise<BatchResult<Input, Value>>[] = []
  /** The source has been asked and has not answered. */
  let asked: Promise<void> | undefined
  /** It has nothing more, or has failed. */
  let last: { readonly error?: unknown } | undefined
  let index = 0
  let done = 0

  const settle = async (input: Input, index: number): Promise<BatchResult<Input, Value>> => {
    try {
      return { input, index, value: await job(input, signal) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof SeesawFaceError)) throw error
      return { input, index, error }
    }
  }
  const ask = async (): Promise<void> => {
    try {
      const answer = await source.next()
      if (signal.aborted) return
      if (answer.done) {
        last = {}
        return
      }
      const work = settle(answer.value as Input, index++)
      // Awaited in its turn; until then a failure is not one that nobody handles.
      work.catch(() => undefined)
      running.push(work)
    } catch (error) {
      last = { error }
    } finally {
      asked = undefined
    }
  }

  try {
    for (;;) {
      signal.throwIfAborted()
      if (last === undefined && running.length < concurrency) asked ??= ask()
      const [first] = running
      if (first === undefined && asked === undefined) break
      // Whatever comes first: the next result, another input, or the end.
      const events = [ended, ...(first ? [first] : []), ...(asked ? [asked] : [])]
      await Promise.race<unknown>(events).catch(() => undefined)
      signal.throwIfAborted()
      if (first === undefined || !(await isSettled(first))) continue
      running.shift()
      const result = await first
      onProgress?.(++done)
      yield result
    }
    if (last !== undefined && 'error' in last) throw last.error
  } finally {
    unwatch?.()
    own.abort()
    await Promise.allSettled(running)
    if (last === undefined) await source.close()
  }
}

/** Whether a promise has been settled, without waiting for it. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting')
  const first = await Promise.race([promise, waiting]).catch(() => undefined)
  return first !== waiting
}
