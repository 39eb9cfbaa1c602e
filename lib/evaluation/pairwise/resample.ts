import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Interval, interval, randomInts } from '../bootstrap.js'
import type { FaceMatrix } from '../people/matrix.js'
import type { Comparison } from './compare.js'
import type { Entries, Scores } from './tally.js'

/**
 * Intervals by drawing people again (Snijders and Borgatti 1999): drawn k and l times, a pair of two
 * people counts k·l times, one of a single person k times. It errs on the side of wide intervals: of
 * pairs that have nothing in common it makes up to three times the variance (Owen 2007, "The
 * pigeonhole bootstrap").
 */

export interface ResampleOptions {
  readonly rounds?: number
  readonly confidence?: number
  readonly seed?: number
  readonly signal?: AbortSignal | undefined
}

/** How often each person was drawn, one round after the other. */
export function peopleDraws(count: number, seed = 1): () => Float64Array {
  const draw = randomInts(seed)
  const weights = new Float64Array(count)
  return () => {
    weights.fill(0)
    for (let i = 0; i < count; i++) {
      const person = draw(count)
      weights[person] = (weights[person] as number) + 1
    }
    return weights
  }
}

/** With people instead of rows. */
function byPeople({ scores, a, b }: Entries, left: Int32Array, right: Int32Array): Entries {
  const of = (rows: Int32Array, people: Int32Array): Int32Array => {
    const found = new Int32Array(rows.length)
    for (let i = 0; i < rows.length; i++) found[i] = people[rows[i] as number] as number
    return found
  }
  return { scores, a: of(a, left), b: of(b, right) }
}

function rowsOfPeople({ people, names }: FaceMatrix): Float64Array {
  const counts = new Float64Array(names.length)
  for (const person of people) counts[person] = (counts[person] as number) + 1
  return counts
}

/** What people drawn once more make of a comparison. */
export class Resampled {
  readonly people: number
  readonly #symmetric: boolean
  readonly #rows: readonly [left: Float64Array, right: Float64Array]
  readonly #families: Int32Array
  readonly #impostors: Scores
  readonly #top: Entries
  readonly #sample: Entries
  readonly #genuine: Entries
  #weights: Float64Array = new Float64Array()

  constructor({ left, right, genuine, impostors }: Comparison) {
    this.people = left.names.length
    this.#symmetric = left === right
    this.#rows = [rowsOfPeople(left), rowsOfPeople(right)]
    this.#families = left.families
    this.#impostors = impostors
    this.#top = byPeople(impostors.top, left.people, right.people)
    this.#sample = byPeople(impostors.sample, left.people, right.people)
    const everybody = Int32Array.from({ length: this.people }, (_, i) => i)
    this.#genuine = byPeople(genuine.sample, everybody, everybody)
  }

  draw(weights: Float64Array): void {
    this.#weights = weights
  }

  #of(person: number | undefined): number {
    return this.#weights[person as number] as number
  }

  #pair({ a, b }: Entries, at: number): number {
    return this.#of(a[at]) * this.#of(b[at])
  }

  /** Of all pairs of strangers: all pairs of photos but those within a family. */
  impostorWeight(): number {
    const [left, right] = [new Float64Array(this.people), new Float64Array(this.people)]
    let [sumLeft, sumRight] = [0, 0]
    for (let person = 0; person < this.people; person++) {
      const family = this.#families[person] as number
      const [l, r] = this.#rows.map((rows) => this.#of(person) * (rows[person] as number))
      sumLeft += l as number
      sumRight += r as number
      left[family] = (left[family] as number) + (l as number)
      right[family] = (right[family] as number) + (r as number)
    }
    const within = left.reduce((sum, l, family) => sum + l * (right[family] as number), 0)
    return (sumLeft * sumRight - within) / (this.#symmetric ? 2 : 1)
  }

  #sampleWeight(): number {
    let sum = 0
    for (let i = 0; i < this.#sample.scores.length; i++) sum += this.#pair(this.#sample, i)
    return sum
  }

  /** The top scores where they reach that far down, else the sample, which is a little less certain. */
  #sourceFor(count: number): { readonly entries: Entries; readonly total: () => number } {
    const isThere = count * 1.5 + 100 <= this.#top.scores.length
    return isThere || this.#top.scores.length === this.#impostors.count
      ? { entries: this.#top, total: () => this.impostorWeight() }
      : { entries: this.#sample, total: () => this.#sampleWeight() }
  }

  /** The false accept rate at a threshold, which `count` of all impostors reach; NaN without any. */
  far(threshold: number, count: number): number {
    const { entries, total } = this.#sourceFor(count)
    let sum = 0
    for (let i = 0; (entries.scores[i] as number) >= threshold; i++) sum += this.#pair(entries, i)
    return sum / total()
  }

  /** The lowest score above which no more than `rate` of the impostors lie. */
  #refused(rate: number): number {
    const { entries, total } = this.#sourceFor(rate * this.#impostors.count)
    const most = rate * total() * (1 + 1e-12)
    let sum = 0
    for (let i = 0; i < entries.scores.length; i++) {
      sum += this.#pair(entries, i)
      if (sum > most) return entries.scores[i] as number
    }
    return -1
  }

  /** The share of genuine pairs above the score at each rate; NaN where none was drawn. */
  tarAt(rates: readonly number[]): number[] {
    const refused = rates.map((rate) => this.#refused(rate))
    const above = rates.map(() => 0)
    let all = 0
    const { scores, a } = this.#genuine
    for (let i = 0; i < scores.length; i++) {
      const weight = this.#of(a[i])
      all += weight
      for (let r = 0; r < refused.length && weight > 0; r++) {
        if ((scores[i] as number) > (refused[r] as number)) above[r] = (above[r] as number) + weight
      }
    }
    return above.map((weight) => weight / all)
  }

  #weightsOfTop(length: number): Float64Array {
    const weights = new Float64Array(length)
    for (let i = 0; i < length; i++) weights[i] = this.#pair(this.#top, i)
    return weights
  }

  /** Scores above a threshold with their weights, the highest first; they must be top scores. */
  tail(threshold: number): { readonly scores: Float64Array; readonly weights: Float64Array } {
    const { scores } = this.#top
    let length = 0
    while ((scores[length] as number) >= threshold) length++
    return {
      scores: scores.subarray(0, length),
      weights: this.#weightsOfTop(length)
    }
  }
}

const slice = 10

/** The interval of each number that `measure` takes in a round; rounds that give NaN say nothing. */
export async function resample(
  comparison: Comparison,
  measure: (round: Resampled) => readonly number[],
  { rounds = 500, confidence = 0.95, seed = 1, signal }: ResampleOptions = {}
): Promise<Interval[]> {
  const resampled = new Resampled(comparison)
  const next = peopleDraws(resampled.people, seed)
  const values: number[][] = []
  let since = performance.now()
  for (let round = 0; round < rounds; round++) {
    resampled.draw(next())
    for (const [i, value] of measure(resampled).entries()) {
      values[i] ??= []
      if (!Number.isNaN(value)) values[i]?.push(value)
    }
    if (performance.now() - since < slice) continue
    await nextTurn()
    signal?.throwIfAborted()
    since = performance.now()
  }
  return values.map((list) => interval(list, confidence))
}
