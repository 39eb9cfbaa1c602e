import { setImmediate as nextTurn } from 'node:timers/promises'
import { randomInts } from '../bootstrap.js'

/**
 * Any number of scores in bounded memory: how many lie at or above each multiple of a millionth, the
 * highest ones with who is in them, and a uniform sample of all.
 *
 * Thresholds are multiples of a millionth, as they are written into manifests. At those the counts
 * are exact, not estimates.
 */

export const perUnit = 1e6

/** The score where a bin begins: the number that its six decimals read as. */
export const edge = (bin: number): number => (bin - perUnit) / perUnit

const bins = 2 * perUnit + 1

/** The last bin that begins at or below a score of −1 to 1. */
export function binOf(score: number): number {
  const bin = Math.floor(score * perUnit) + perUnit
  // The product is rounded: the neighbour may be the right one.
  if (score >= edge(bin + 1)) return bin + 1
  return score < edge(bin) ? bin - 1 : bin
}

/** Scores with the rows or people they are of. */
export interface Entries {
  readonly scores: Float64Array
  readonly a: Int32Array
  readonly b: Int32Array
}

/**
 * The places of scores from the highest to the lowest, equal ones in their order: counted into bins
 * and put right within them, as comparing millions would hold up the event loop for seconds.
 */
export function descending(scores: Float64Array): Int32Array {
  const from = new Int32Array(bins + 1)
  const placeOf = (score: number): number => bins - 1 - binOf(score)
  // Plain loops: iterators of typed arrays take several times as long.
  for (let i = 0; i < scores.length; i++) {
    const after = placeOf(scores[i] as number) + 1
    from[after] = (from[after] as number) + 1
  }
  for (let place = 1; place <= bins; place++) {
    from[place] = (from[place] as number) + (from[place - 1] as number)
  }
  const order = new Int32Array(scores.length)
  const next = from.slice()
  for (let i = 0; i < scores.length; i++) {
    const place = placeOf(scores[i] as number)
    const at = next[place] as number
    next[place] = at + 1
    order[at] = i
  }
  for (let place = 0; place < bins; place++) {
    const start = from[place] as number
    const end = from[place + 1] as number
    if (end - start > 1) sortPart(order, start, end, scores)
  }
  return order
}

function sortPart(order: Int32Array, start: number, end: number, scores: Float64Array): void {
  if (end - start > 32) {
    order
      .subarray(start, end)
      .sort((x, y) => (scores[y] as number) - (scores[x] as number) || x - y)
    return
  }
  for (let i = start + 1; i < end; i++) {
    const index = order[i] as number
    const score = scores[index] as number
    let at = i
    for (; at > start && (scores[order[at - 1] as number] as number) < score; at--) {
      order[at] = order[at - 1] as number
    }
    order[at] = index
  }
}

/** A growing list of entries. */
class EntryList implements Entries {
  scores = new Float64Array(1024)
  a = new Int32Array(1024)
  b = new Int32Array(1024)
  length = 0

  set(at: number, score: number, a: number, b: number): void {
    if (at >= this.scores.length) this.#grow()
    this.scores[at] = score
    this.a[at] = a
    this.b[at] = b
  }

  push(score: number, a: number, b: number): void {
    this.set(this.length++, score, a, b)
  }

  /** Keeps what has at least that score. */
  prune(floor: number): void {
    let kept = 0
    for (let i = 0; i < this.length; i++) {
      const score = this.scores[i] as number
      if (score >= floor) this.set(kept++, score, this.a[i] as number, this.b[i] as number)
    }
    this.length = kept
  }

  descending(): Entries {
    const order = descending(this.scores.subarray(0, this.length))
    const scores = new Float64Array(this.length)
    const [a, b] = [new Int32Array(this.length), new Int32Array(this.length)]
    for (let at = 0; at < this.length; at++) {
      const from = order[at] as number
      scores[at] = this.scores[from] as number
      a[at] = this.a[from] as number
      b[at] = this.b[from] as number
    }
    return { scores, a, b }
  }

  #grow(): void {
    const length = this.scores.length * 2
    const larger = <T extends Float64Array | Int32Array>(array: T, next: T): T => {
      next.set(array)
      return next
    }
    this.scores = larger(this.scores, new Float64Array(length))
    this.a = larger(this.a, new Int32Array(length))
    this.b = larger(this.b, new Int32Array(length))
  }
}

export interface TallyOptions {
  /** How many of the highest scores are kept at least, once there are as many. Default 2²⁰. */
  readonly top?: number
  /** Size of the uniform sample. Default 2¹⁹. */
  readonly sample?: number
  readonly seed?: number
}

export class Tally {
  readonly #bins = new Float64Array(bins)
  readonly #top = new EntryList()
  readonly #sample = new EntryList()
  readonly #most: number
  readonly #sampled: number
  readonly #uniform: () => number
  #count = 0
  #floor = -1
  // Algorithm L of Li 1994 ("Reservoir-sampling algorithms of time complexity O(n(1 + log(N/n)))").
  #weight = 1
  #next: number

  constructor({ top = 2 ** 20, sample = 2 ** 19, seed = 1 }: TallyOptions = {}) {
    this.#most = top
    this.#sampled = sample
    const draw = randomInts(seed)
    this.#uniform = () => (draw(2 ** 31) + 0.5) / 2 ** 31
    this.#next = sample - 1
    this.#skip()
  }

  /** All scores. */
  get count(): number {
    return this.#count
  }

  add(score: number, a: number, b: number): void {
    const bin = binOf(score)
    this.#bins[bin] = (this.#bins[bin] as number) + 1
    if (this.#count < this.#sampled) this.#sample.push(score, a, b)
    else if (this.#count === this.#next) {
      this.#sample.set(Math.floor(this.#uniform() * this.#sampled), score, a, b)
      this.#skip()
    }
    this.#count++
    if (score >= this.#floor) {
      this.#top.push(score, a, b)
      if (this.#top.length >= 2 * this.#most) this.#raise()
    }
  }

  #skip(): void {
    this.#weight *= Math.exp(Math.log(this.#uniform()) / this.#sampled)
    this.#next += Math.floor(Math.log(this.#uniform()) / Math.log1p(-this.#weight)) + 1
  }

  /** Forgets the lowest of the top scores; equal ones are kept or forgotten together. */
  #raise(): void {
    let above = 0
    let bin = bins - 1
    while (bin > 0 && above < this.#most) above += this.#bins[bin--] as number
    let floor = bin + 1
    // Ever so many in one bin: better fewer than wanted than memory without end.
    if (above > 1.5 * this.#most) floor++
    this.#floor = edge(floor)
    this.#top.prune(this.#floor)
  }

  /** In steps between which others get their turn. */
  async result(): Promise<Scores> {
    const top = this.#top.descending()
    await nextTurn()
    const sample = this.#sample.descending()
    await nextTurn()
    const atLeast = new Float64Array(bins + 1)
    for (let bin = bins - 1; bin >= 0; bin--) {
      atLeast[bin] = (atLeast[bin + 1] as number) + (this.#bins[bin] as number)
    }
    return {
      count: this.#count,
      atLeast,
      floor: this.#floor,
      top,
      sample
    }
  }
}

export interface Scores {
  readonly count: number
  /** Scores that lie at or above `edge(bin)`. */
  readonly atLeast: Float64Array
  /** All scores from here up are in `top`, the highest first. */
  readonly floor: number
  readonly top: Entries
  /** Uniform over all scores; all of them where there are few. The highest first. */
  readonly sample: Entries
}

/** Scores at or above a threshold of six decimals. */
export function accepted({ atLeast }: Scores, threshold: number): number {
  const bin = binOf(Math.min(1, Math.max(-1, threshold)))
  if (threshold > 1) return 0
  if (edge(bin) !== threshold && threshold > -1) {
    throw new RangeError(`${threshold} has more than six decimals`)
  }
  return atLeast[bin] as number
}

/** The lowest bin at whose edge no more than `most` scores are accepted. */
export function lowestBin({ atLeast }: Scores, most: number): number {
  let low = 0
  let high = bins
  while (low < high) {
    const middle = (low + high) >> 1
    if ((atLeast[middle] as number) <= most) high = middle
    else low = middle + 1
  }
  return low
}
