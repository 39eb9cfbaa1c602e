import { equalErrorRate } from './roc.js'

/**
 * Percentile bootstrap intervals of what a ROC curve tells (Efron and Tibshirani 1993, chapter 13).
 *
 * Pairs that share a person are not independent. Where people are named, it is people who are drawn
 * again: drawn k and l times, a pair of two people counts k·l times, one of a single person k times
 * (the vertex bootstrap of Snijders and Borgatti 1999). Else pairs are drawn.
 */

export interface BootstrapPair {
  readonly score: number
  readonly same: boolean
  readonly personA?: string
  readonly personB?: string
}

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface Bootstrap {
  readonly by: 'person' | 'pair'
  readonly rounds: number
  readonly confidence: number
  readonly auc: Interval
  readonly eer: Interval
  /** For each rate asked for. */
  readonly tar: readonly Interval[]
}

/** xorshift32 (Marsaglia 2003): the same numbers everywhere, for the same intervals everywhere. */
export function randomInts(seed: number): (below: number) => number {
  let state = seed | 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 4294967296) * below)
  }
}

/** Draws weights for the pairs, in the order given. */
function sampler(pairs: readonly BootstrapPair[], seed: number) {
  const draw = randomInts(seed)
  const named = pairs.every(
    ({ personA, personB }) => personA !== undefined && personB !== undefined
  )
  const weights = new Float64Array(pairs.length)
  if (!named) {
    const next = (): Float64Array => {
      weights.fill(0)
      for (let i = 0; i < pairs.length; i++) {
        const at = draw(pairs.length)
        weights[at] = (weights[at] ?? 0) + 1
      }
      return weights
    }
    return { by: 'pair' as const, next }
  }
  const numbers = new Map<string, number>()
  const numberOf = (person = ''): number => {
    const number = numbers.get(person) ?? numbers.size
    numbers.set(person, number)
    return number
  }
  const people = pairs.map(
    ({ personA, personB }) => [numberOf(personA), numberOf(personB)] as const
  )
  const drawn = new Float64Array(numbers.size)
  const next = (): Float64Array => {
    drawn.fill(0)
    for (let i = 0; i < drawn.length; i++) {
      const at = draw(drawn.length)
      drawn[at] = (drawn[at] ?? 0) + 1
    }
    for (const [i, [a, b]] of people.entries()) {
      weights[i] = a === b ? (drawn[a] ?? 0) : (drawn[a] ?? 0) * (drawn[b] ?? 0)
    }
    return weights
  }
  return { by: 'person' as const, next }
}

interface WeightedRoc {
  readonly far: Float64Array
  readonly tar: Float64Array
}

/** Cumulated from the highest score; `ends[i]` is where the i-th group of equal scores ends. */
function weightedRoc(
  same: readonly boolean[],
  weights: Float64Array,
  order: readonly number[],
  ends: readonly number[]
): WeightedRoc | undefined {
  const far = new Float64Array(ends.length + 1)
  const tar = new Float64Array(ends.length + 1)
  let genuine = 0
  let impostors = 0
  let at = 0
  for (const [i, end] of ends.entries()) {
    for (; at < end; at++) {
      const pair = order[at] ?? 0
      if (same[pair]) genuine += weights[pair] ?? 0
      else impostors += weights[pair] ?? 0
    }
    far[i + 1] = impostors
    tar[i + 1] = genuine
  }
  if (genuine === 0 || impostors === 0) return undefined
  for (let i = 0; i < far.length; i++) {
    far[i] = (far[i] ?? 0) / impostors
    tar[i] = (tar[i] ?? 0) / genuine
  }
  return { far, tar }
}

function area({ far, tar }: WeightedRoc): number {
  let sum = 0
  for (let i = 1; i < far.length; i++) {
    const width = (far[i] ?? 0) - (far[i - 1] ?? 0)
    sum += (width * ((tar[i] ?? 0) + (tar[i - 1] ?? 0))) / 2
  }
  return sum
}

function eer({ far, tar }: WeightedRoc): number {
  return equalErrorRate(Array.from(far, (rate, i) => ({ far: rate, tar: tar[i] ?? 0 })))
}

/** The largest TAR whose FAR is no more than the one wanted. */
function tarAt({ far, tar }: WeightedRoc, wanted: number): number {
  let low = 0
  let high = far.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((far[middle] ?? 1) <= wanted + 1e-12) low = middle
    else high = middle - 1
  }
  return tar[low] ?? 0
}

export function interval(values: number[], confidence: number): Interval {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const below = sorted[Math.floor(place)] ?? Number.NaN
    return below + (place % 1) * ((sorted[Math.ceil(place)] ?? below) - below)
  }
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) }
}

export function bootstrap(
  pairs: readonly BootstrapPair[],
  rates: readonly number[],
  { rounds = 1000, confidence = 0.95, seed = 1 } = {}
): Bootstrap {
  const order = pairs
    .map((_, i) => i)
    .sort((x, y) => (pairs[y]?.score ?? 0) - (pairs[x]?.score ?? 0))
  const ends: number[] = []
  for (const [i, pair] of order.entries()) {
    const next = order[i + 1]
    if (next === undefined || pairs[next]?.score !== pairs[pair]?.score) ends.push(i + 1)
  }
  const same = pairs.map((pair) => pair.same)
  const { by, next } = sampler(pairs, seed)
  const areas: number[] = []
  const errors: number[] = []
  const accepted: number[][] = rates.map(() => [])
  while (areas.length < rounds) {
    const roc = weightedRoc(same, next(), order, ends)
    if (roc === undefined) continue // a draw without one of the kinds says nothing
    areas.push(area(roc))
    errors.push(eer(roc))
    for (const [i, rate] of rates.entries()) accepted[i]?.push(tarAt(roc, rate))
  }
  return {
    by,
    rounds,
    confidence,
    auc: interval(areas, confidence),
    eer: interval(errors, confidence),
    tar: accepted.map((values) => interval(values, confidence))
  }
}
