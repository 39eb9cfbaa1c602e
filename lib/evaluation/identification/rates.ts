import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Interval, interval, randomInts } from '../bootstrap.js'
import type { DetPoint } from '../pairwise/rates.js'
import { minAccepted } from '../pairwise/rates.js'
import { peopleDraws, type ResampleOptions } from '../pairwise/resample.js'
import { descending } from '../pairwise/tally.js'
import type { FaceMatrix } from '../people/matrix.js'
import { countAtLeast, operatingPoint } from '../roc.js'
import { drawGallery, enrollable } from './draw.js'
import { type Searches, searchDraw, together } from './search.js'

/**
 * Open-set identification (ISO/IEC 19795-1): of the searches for people who are not enrolled, the
 * share that finds somebody (FPIR, false positive identification rate); of those for people who are,
 * the share in which they do not come first or do not reach the threshold (FNIR, false negative
 * identification rate).
 */

export const searchRates = [0.1, 0.01, 0.001] as const

export interface SearchRate {
  readonly fpir: number
  /** Undefined where fewer than ten searches for strangers stand behind the rate. */
  readonly point?: {
    readonly threshold: number
    readonly fnir: number
    readonly interval: Interval
    readonly missed: number
    readonly falsePositives: number
  }
}

export interface Identification {
  readonly photos: number
  readonly gallery: number
  readonly draws: number
  readonly searches: { readonly mated: number; readonly strangers: number }
  readonly rates: readonly SearchRate[]
  readonly det: readonly DetPoint[]
}

/** By drawing people again: all searches for somebody count as often as they were drawn. */
async function intervals(
  searches: Searches,
  people: number,
  rates: readonly number[],
  { rounds = 500, confidence = 0.95, seed = 1, signal }: ResampleOptions
): Promise<Interval[]> {
  const { mated, matedPeople, strangers, strangerPeople } = searches
  const order = descending(strangers.map((score) => Math.max(-1, score)))
  const next = peopleDraws(people, seed)
  const values: number[][] = rates.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const weights = next()
    const of = (person: number | undefined): number => weights[person as number] as number
    const all = strangerPeople.reduce((sum, person) => sum + of(person), 0)
    const own = matedPeople.reduce((sum, person) => sum + of(person), 0)
    if (all === 0 || own === 0) continue
    let at = 0
    let positives = 0
    // From the smallest rate, at which the threshold is highest, to the largest.
    for (const [r, rate] of [...rates.entries()].sort(([, x], [, y]) => x - y)) {
      const most = rate * all * (1 + 1e-12)
      while (at < order.length) {
        const more = of(strangerPeople[order[at] as number])
        if (positives + more > most) break
        positives += more
        at++
      }
      const refused = at < order.length ? (strangers[order[at] as number] as number) : -1
      let misses = 0
      for (let i = 0; i < mated.length; i++) {
        if ((mated[i] as number) <= refused) misses += of(matedPeople[i])
      }
      values[r]?.push(misses / own)
    }
    await nextTurn()
    signal?.throwIfAborted()
  }
  return values.map((list) => interval(list, confidence))
}

export async function identificationRates(
  searches: Searches,
  people: number,
  rates: readonly number[] = searchRates,
  options: ResampleOptions = {}
): Promise<SearchRate[]> {
  const { mated, strangers } = searches
  const supported = rates.filter((rate) => rate * strangers.length >= minAccepted)
  const around = await intervals(searches, people, supported, options)
  const ascending = strangers.slice().sort()
  return rates.map((fpir): SearchRate => {
    const found = around[supported.indexOf(fpir)]
    if (found === undefined || mated.length === 0) return { fpir }
    const { threshold } = operatingPoint(ascending, fpir)
    const misses = mated.reduce((sum, score) => sum + (score < threshold ? 1 : 0), 0)
    return {
      fpir,
      point: {
        threshold,
        fnir: misses / mated.length,
        interval: found,
        missed: misses,
        falsePositives: countAtLeast(ascending, threshold)
      }
    }
  })
}

function det({ mated, strangers }: Searches, points = 200): DetPoint[] {
  const [hits, positives] = [mated.slice().sort(), strangers.slice().sort()]
  if (hits.length === 0 || positives.length === 0) return []
  return Array.from({ length: points + 1 }, (_, i) => {
    const rate = (1 / positives.length) ** (1 - i / points)
    const { threshold } = operatingPoint(positives, rate)
    return {
      threshold,
      x: countAtLeast(positives, threshold) / positives.length,
      y: 1 - countAtLeast(hits, threshold) / hits.length
    }
  })
}

export interface IdentifyOptions extends ResampleOptions {
  /** Photos a person is enrolled with; by default 1, 3 and 5. */
  readonly photos?: readonly number[]
  /** People enrolled; by default 100, 1000, … as far as there are people. */
  readonly galleries?: readonly number[]
  readonly draws?: number
  readonly probes?: number
  /** Told how many draws are done. */
  readonly progress?: (done: number) => void
}

export interface Setting {
  readonly photos: number
  readonly size: number
}

export const enrolledPhotos = [1, 3, 5] as const
const powers = [100, 1000, 10_000, 100_000, 1_000_000]

/** The galleries that can be made, with strangers left to search for. */
export function settings(
  faces: FaceMatrix,
  photos: readonly number[] = enrolledPhotos,
  galleries: readonly number[] = powers
): Setting[] {
  return photos.flatMap((enrolled) =>
    galleries
      .filter((size) => size <= enrollable(faces, enrolled) && size < faces.names.length)
      .map((size) => ({ photos: enrolled, size }))
  )
}

export async function identify(
  faces: FaceMatrix,
  { photos, galleries, draws = 10, probes = 3, progress, ...options }: IdentifyOptions = {}
): Promise<Identification[]> {
  const { seed = 1, signal } = options
  const results: Identification[] = []
  let done = 0
  for (const setting of settings(faces, photos, galleries)) {
    // Each setting draws the same whatever others there are.
    const random = randomInts(seed + 1_000_003 * setting.photos + setting.size)
    const searched: Searches[] = []
    for (let i = 0; i < draws; i++) {
      signal?.throwIfAborted()
      searched.push(await searchDraw(drawGallery(faces, { ...setting, probes, random }), signal))
      progress?.(++done)
    }
    const all = together(searched)
    results.push({
      photos: setting.photos,
      gallery: setting.size,
      draws,
      searches: { mated: all.mated.length, strangers: all.strangers.length },
      rates: await identificationRates(all, faces.names.length, undefined, options),
      det: det(all)
    })
  }
  return results
}
