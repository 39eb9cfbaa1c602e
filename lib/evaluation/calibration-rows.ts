import type { CalibrationRow } from '../models/manifest.js'
import { isCertain, minFalseAccepts } from '../models/support.js'
import type { Comparison } from './pairwise/compare.js'
import { type Resampled, type ResampleOptions, resample } from './pairwise/resample.js'
import { accepted, binOf, edge, lowestBin } from './pairwise/tally.js'
import { fitTail, scoreAt, shareAbove } from './tail.js'

/** Thresholds for false accept rates from all pairs of strangers, each with its interval. */

/** Largest first; those that the data cannot support are not offered. */
export const calibrationRates = [
  0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8
] as const

/** How far below the smallest rate that was counted the fitted tail is believed. */
const reach = 100

/** The tail is fitted to this share of the strangers, within these numbers of them. */
const tail = { share: 1e-4, least: 500, most: 5000 }

interface Candidate {
  readonly far: number
  readonly threshold: number
  readonly impostors: number
  /** Its rate in a round, and whether that comes from the tail. */
  readonly rate: (round: Resampled) => number
  readonly extrapolated: boolean
}

function counted({ impostors }: Comparison, far: number): Candidate[] {
  const most = Math.floor(far * impostors.count + 1e-9)
  const threshold = edge(lowestBin(impostors, most))
  if (far * impostors.count < minFalseAccepts || threshold > 1) return []
  const count = accepted(impostors, threshold)
  const rate = (round: Resampled): number => round.far(threshold, count)
  return [{ far, threshold, impostors: count, rate, extrapolated: false }]
}

/** Where the tail begins: at the score of the first stranger that is not in it. */
function tailStart({ impostors }: Comparison): number | undefined {
  const wanted = Math.round(tail.share * impostors.count)
  const count = Math.min(tail.most, Math.max(tail.least, wanted))
  const { scores } = impostors.top
  // A fit to a large part of all scores would not be one of their tail.
  return count * 20 > impostors.count ? undefined : scores[count]
}

function fitted(comparison: Comparison, rates: readonly number[]): Candidate[] {
  const start = tailStart(comparison)
  if (start === undefined) return []
  const { impostors } = comparison
  const { scores } = impostors.top
  const length = scores.findIndex((score) => score <= start)
  const fit = fitTail(scores.subarray(0, length), undefined, start, length / impostors.count)
  return rates.flatMap((far): Candidate[] => {
    const threshold = edge(binOf(Math.min(1, scoreAt(fit, far))) + 1)
    if (!(threshold > start && threshold < 1) || far >= fit.share) return []
    const rate = (round: Resampled): number => {
      const { scores, weights } = round.tail(start)
      const above = scores.findLastIndex((score) => score > start) + 1
      const drawn = weights.subarray(0, above)
      const share = drawn.reduce((sum, weight) => sum + weight, 0) / round.impostorWeight()
      return shareAbove(fitTail(scores.subarray(0, above), drawn, start, share), threshold)
    }
    return [{ far, threshold, impostors: accepted(impostors, threshold), rate, extrapolated: true }]
  })
}

/** Four digits say enough of an interval's end. */
const rounded = (rate: number): number => Number(rate.toPrecision(4))

async function rowsOf(
  comparison: Comparison,
  candidates: readonly Candidate[],
  options: ResampleOptions
): Promise<CalibrationRow[]> {
  const intervals = await resample(
    comparison,
    (round) => candidates.map(({ rate }) => rate(round)),
    options
  )
  return candidates.flatMap(({ far, threshold, impostors, extrapolated }, i) => {
    const interval = intervals[i]
    if (interval === undefined) return []
    const { low, high } = interval
    const row: CalibrationRow = {
      far,
      threshold,
      impostors,
      interval: { low: rounded(low), high: rounded(high) },
      ...(extrapolated && { extrapolated })
    }
    return isCertain(row) ? [row] : []
  })
}

/**
 * The rates that the data support: counted where ten strangers or more were accepted, else from the
 * fitted tail. A rate whose upper bound exceeds twice itself is not offered.
 */
export async function calibrationRows(
  comparison: Comparison,
  options: ResampleOptions = {}
): Promise<CalibrationRow[]> {
  const rows = await rowsOf(
    comparison,
    calibrationRates.flatMap((far) => counted(comparison, far)),
    options
  )
  const least = rows.at(-1)?.far ?? Number.POSITIVE_INFINITY
  const smaller = calibrationRates.filter((far) => far < least && far * reach >= least * (1 - 1e-9))
  for (const row of await rowsOf(comparison, fitted(comparison, smaller), options)) {
    if (row.threshold >= (rows.at(-1)?.threshold ?? -1)) rows.push(row)
  }
  return rows
}
