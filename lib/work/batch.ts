import { signalOf } from '../abort.js'
import { checkInteger, checkOptions, show } from '../check.js'
import { InvalidArgumentError, SeesawFaceError } from '../errors.js'

const defaultConcurrency = 4

export interface BatchOptions {
  /**
   * Items decoded, queued and at work at a time, never more than `queueLimit`; memory grows with it.
   * Default 4.
   */
  readonly concurrency?: number
  /** Ends the batch; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Called after each item with how many are done. */
  readonly onProgress?: (done: number) => void
}

/** One item of a batch: its result, or what was wrong with it. */
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

/** The inputs' iterator, a faulty argument being named at once. */
export function checkBatch<Input>(
  argument: string,
  inputs: BatchInputs<Input>,
  options: BatchOptions
): void {
  checkOptions('options', options)
  checkInteger('concurrency', options.concurrency ?? defaultConcurrency, 1, 1024)
  const iterable = typeof inputs === 'object' && inputs !== null
  if (!iterable || !(Symbol.iterator in inputs || Symbol.asyncIterator in inputs)) {
    throw new InvalidArgumentError(argument, `${argument} must be iterable, not ${show(inputs)}`)
  }
}

/** No more at a time than the queue takes: a batch alone never finds it full. */
export function withinQueue<Options extends BatchOptions>(
  options: Options,
  queueLimit: number
): Options {
  const { concurrency = defaultConcurrency } = options
  return { ...options, concurrency: Math.min(concurrency, queueLimit) }
}

/**
 * Runs `job` on each input, some at a time, and yields the outcomes in the order of the inputs.
 * Errors of ours become values, so that one bad photo does not end the batch; others are thrown.
 * No input is taken before there is room for it, and leaving early ends what is under way.
 */
export async function* runBatch<Input, Value>(
  inputs: BatchInputs<Input>,
  options: BatchOptions,
  job: (input: Input, signal: AbortSignal) => Promise<Value>
): AsyncGenerator<BatchResult<Input, Value>, void, undefined> {
  const { concurrency = defaultConcurrency, onProgress } = options
  const own = new AbortController()
  const outer = signalOf(options)
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal])
  const settle = async (input: Input, index: number): Promise<BatchResult<Input, Value>> => {
    try {
      return { input, index, value: await job(input, signal) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof SeesawFaceError)) throw error
      return { input, index, error }
    }
  }
  const running: Promise<BatchResult<Input, Value>>[] = []
  let done = 0
  const next = async (): Promise<BatchResult<Input, Value>> => {
    const result = await (running.shift() as Promise<BatchResult<Input, Value>>)
    onProgress?.(++done)
    return result
  }
  try {
    let index = 0
    for await (const input of inputs) {
      signal.throwIfAborted()
      const work = settle(input, index++)
      // Awaited in its turn; until then a failure is not one that nobody handles.
      work.catch(() => undefined)
      running.push(work)
      if (running.length >= concurrency) yield await next()
    }
    while (running.length > 0) yield await next()
  } finally {
    own.abort()
    await Promise.allSettled(running)
  }
}
