/** Spreads a number of events a second over time: a token bucket that holds half a second's worth. */
export class Budget {
  readonly #perSecond: number
  #tokens: number
  #time: number | undefined

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#tokens = this.#most
  }

  get #most(): number {
    return Math.max(1, this.#perSecond / 2)
  }

  /** How many events there may be at `time`, in seconds. */
  available(time: number): number {
    const waited = Math.max(0, time - (this.#time ?? time))
    this.#time = time
    this.#tokens = Math.min(this.#most, this.#tokens + waited * this.#perSecond)
    return Math.floor(this.#tokens)
  }

  spend(events: number): void {
    this.#tokens -= events
  }
}
