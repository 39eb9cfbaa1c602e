import { type AbortOptions, abortKeys, onAbort, signalOf } from '../abort.js'
import { checkInteger } from '../check.js'
import { ClosedError } from '../errors.js'
import { checkOptionKeys } from '../keys.js'
import type { Store } from './store/store.js'
import type { GalleryChange } from './types.js'

export interface WatchOptions extends AbortOptions {
  /** Number of the last change already known. By default, changes from now on. */
  readonly since?: number
  /** How often other processes' changes are looked for, in milliseconds. Default 500. */
  readonly interval?: number
}

/** Until this process sees a change, or it is time to look for others'. */
function wait(store: Store, interval: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      unlisten()
      unwatch?.()
      resolve()
    }
    const timer = setTimeout(end, interval)
    const unlisten = store.onChange(end)
    const unwatch = signal && onAbort(signal, end)
  })
}

async function* follow(
  store: Store,
  since: number,
  interval: number,
  signal: AbortSignal | undefined
): AsyncGenerator<GalleryChange, void, undefined> {
  let seen = since
  try {
    for (;;) {
      await store.refresh()
      signal?.throwIfAborted()
      const changes = store.log.after(seen)
      if (changes === undefined) {
        seen = store.seq
        yield { seq: seen, kind: 'missed' }
        continue
      }
      for (const change of changes) {
        seen = change.seq
        yield change
        signal?.throwIfAborted()
      }
      if (changes.length === 0) await wait(store, interval, signal)
    }
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error
  }
}

/** The changes after one, as they come. */
export function watchChanges(
  store: Store,
  options: WatchOptions
): AsyncGenerator<GalleryChange, void, undefined> {
  checkOptionKeys('options', options, abortKeys, ['since', 'interval'])
  const { since = store.seq, interval = 500 } = options
  checkInteger('since', since, 0, Number.MAX_SAFE_INTEGER)
  checkInteger('interval', interval, 10, 3_600_000)
  return follow(store, since, interval, signalOf(options))
}
