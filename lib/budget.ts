import { onAbort } from './abort.js'

/** What has been taken from a budget, until it is given back. */
export interface Share {
  /** Keeps this much, and gives the rest back. */
  shrink(amount: number): void
  /** Gives all back. May be called again. */
  release(): void
}

interface Waiter {
  readonly amount: number
  readonly begin: (share: Share) => void
  readonly refuse: (reason: unknown) => void
}

/**
 * So much of something (calls, bytes, decoders) may be in use at a time. Who finds too little left
 * waits: first come, first served. An amount larger than the whole budget is granted when nothing
 * else is in use.
 */
export class Budget {
  readonly limit: number
  readonly #waiting = new Set<Waiter>()
  readonly #idle: (() => void)[] = []
  #used = 0
  #shares = 0
  #ended: { readonly reason: unknown } | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  get used(): number {
    return this.#used
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** A share that can be had at once. */
  tryTake(amount = 1): Share | undefined {
    if (this.#ended) throw this.#ended.reason
    return this.#waiting.size === 0 && this.#fits(amount) ? this.#grant(amount) : undefined
  }

  /** A share as soon as it can be had; waiting ends when the signal is aborted. */
  async take(amount = 1, signal?: AbortSignal): Promise<Share> {
    signal?.throwIfAborted()
    return this.tryTake(amount) ?? this.#turn(amount, signal)
  }

  /** Runs `work` with a share, when its turn comes. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, amount = 1): Promise<T> {
    const share = await this.take(amount, signal)
    try {
      return await work()
    } finally {
      share.release()
    }
  }

  /** Refuses all that wait and all that come. */
  end(reason: unknown): void {
    this.#ended ??= { reason }
    for (const { refuse } of this.#waiting) refuse(reason)
    this.#waiting.clear()
  }

  /** Resolves once all shares have been given back. */
  idle(): Promise<void> {
    if (this.#shares === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #fits(amount: number): boolean {
    return this.#shares === 0 || this.#used + amount <= this.limit
  }

  #grant(amount: number): Share {
    let held = amount
    let released = false
    this.#used += amount
    this.#shares++
    const shrink = (to: number): void => {
      if (released || to >= held) return
      this.#used -= held - to
      held = to
      this.#next()
    }
    const release = (): void => {
      if (released) return
      released = true
      this.#used -= held
      this.#shares--
      this.#next()
      if (this.#shares === 0) for (const tell of this.#idle.splice(0)) tell()
    }
    return { shrink, release }
  }

  #turn(amount: number, signal: AbortSignal | undefined): Promise<Share> {
    return new Promise((resolve, reject) => {
      let unwatch: (() => void) | undefined
      const waiter: Waiter = {
        amount,
        begin: (share) => {
          unwatch?.()
          resolve(share)
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
          if (!this.#waiting.delete(waiter)) return
          waiter.refuse(signal.reason)
          this.#next() // it may have stood before a smaller one
        })
    })
  }

  /** Shares are taken for those who wait now: a newcomer must not overtake one that has yet to wake. */
  #next(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.amount)) return
      this.#waiting.delete(waiter)
      waiter.begin(this.#grant(waiter.amount))
    }
  }
}
