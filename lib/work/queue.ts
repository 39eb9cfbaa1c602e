import { onAbort } from '../abort.js'

interface Waiter {
  readonly begin: () => void
  readonly refuse: (reason: unknown) => void
}

/** Lets a few calls work at a time; the others wait for their turn, first come, first served. */
export class Turns {
  readonly #places: number
  readonly #waiting = new Set<Waiter>()
  #taken = 0
  #ended: { readonly reason: unknown } | undefined

  constructor(places: number) {
    this.#places = places
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Runs `work` when its turn comes. A call that waits ends at once when its signal is aborted. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#ended) throw this.#ended.reason
    if (this.#taken < this.#places && this.#waiting.size === 0) this.#taken++
    else await this.#turn(signal)
    try {
      return await work()
    } finally {
      this.#taken--
      this.#next()
    }
  }

  /** Refuses all that wait and all that come. */
  end(reason: unknown): void {
    this.#ended ??= { reason }
    for (const { refuse } of this.#waiting) refuse(reason)
    this.#waiting.clear()
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let unwatch: (() => void) | undefined
      const waiter: Waiter = {
        begin: () => {
          unwatch?.()
          resolve()
        },
        refuse: (reason) => {
          unwatch?.()
          reject(reason)
        }
      }
      this.#waiting.add(waiter)
      unwatch =
        signal &&
        onAbort(signal, () => {
          this.#waiting.delete(waiter)
          waiter.refuse(signal.reason)
        })
    })
  }

  #next(): void {
    const [first] = this.#waiting
    if (first === undefined || this.#taken >= this.#places) return
    this.#waiting.delete(first)
    // The place is taken for it now: a call that comes before it wakes must not overtake it.
    this.#taken++
    first.begin()
  }
}
