import { show } from './check.js'
import { InvalidArgumentError } from './errors.js'
import { keysOf } from './keys.js'

export interface AbortOptions {
  /**
   * Ends the call early: work that waits at once, work under way before its next stage. The call
   * then rejects with `signal.reason`, by default a DOMException named `AbortError`.
   */
  readonly signal?: AbortSignal
}

export const abortKeys = keysOf<AbortOptions>({ signal: true })

/** Signals of other realms and polyfills, each with one of ours that follows it. */
const followers = new WeakMap<object, AbortSignal>()

function followerOf(signal: AbortSignal): AbortSignal {
  const known = followers.get(signal)
  if (known !== undefined) return known
  const controller = new AbortController()
  signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  followers.set(signal, controller.signal)
  return controller.signal
}

/**
 * The signal of the options, checked; throws its reason when it has been aborted already. What is
 * like a signal will do, as of a polyfill or another realm: it is followed by one of this realm.
 */
export function signalOf({ signal }: AbortOptions): AbortSignal | undefined {
  if (signal === undefined) return undefined
  if (signal instanceof AbortSignal) {
    signal.throwIfAborted()
    return signal
  }
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function') {
    throw new InvalidArgumentError('signal', `signal must be an AbortSignal, not ${show(signal)}`)
  }
  if (aborted) throw (signal as AbortSignal).reason
  return followerOf(signal)
}

interface Watch {
  readonly acts: Set<() => void>
  readonly listener: () => void
}

/** Who wants to know of a signal. One listener for all: many would look like a leak to Node. */
const watches = new WeakMap<AbortSignal, Watch>()

function watch(signal: AbortSignal): Watch {
  const known = watches.get(signal)
  if (known !== undefined) return known
  const acts = new Set<() => void>()
  const listener = (): void => {
    watches.delete(signal)
    for (const act of acts) act()
  }
  const made = { acts, listener }
  watches.set(signal, made)
  signal.addEventListener('abort', listener, { once: true })
  return made
}

/** Calls `act` once when the signal is aborted; returns what takes that back. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const { acts, listener } = watch(signal)
  acts.add(act)
  return () => {
    acts.delete(act)
    if (acts.size > 0 || watches.get(signal)?.acts !== acts) return
    watches.delete(signal)
    signal.removeEventListener('abort', listener)
  }
}

/** The promise's outcome, or the signal's reason as soon as it is aborted. */
export async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise
  let unwatch: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    unwatch = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    unwatch?.()
  }
}
