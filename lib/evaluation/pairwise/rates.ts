import type { Interval } from '../bootstrap.js'
import type { Comparison } from './compare.js'
import { type ResampleOptions, resample } from './resample.js'
import { accepted, edge, lowestBin } from './tally.js'

/** True accept rates at false accept rates, of all pairs of photos. */

export const pairRates = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const

/** Fewer accepted strangers say too little about how many there will be. */
export const minAccepted = 10

export interface PairRate {
  readonly far: number
  /** Undefined where fewer than ten pairs of strangers stand behind the rate. */
  readonly point?: {
    readonly threshold: number
    readonly tar: number
    readonly interval: Interval
    readonly genuineAccepted: number
    readonly impostorsAccepted: number
    /** Of the false accept rate at this threshold, if other people had come. */
    readonly farInterval: Interval
  }
}

/** The share, 0 where there is nothing to share. */
const share = (part: number, all: number): number => (all === 0 ? 0 : part / all)

export async function ratesOf(
  comparison: Comparison,
  rates: readonly number[] = pairRates,
  options: ResampleOptions = {}
): Promise<PairRate[]> {
  const { genuine, impostors } = comparison
  const supported = rates.filter((far) => far * impostors.count >= minAccepted)
  const points = supported.map((far) => {
    // The product may fall an ulp short of a whole number.
    const bin = lowestBin(impostors, Math.floor(far * impostors.count + 1e-9))
    const threshold = edge(bin)
    return {
      far,
      threshold,
      genuineAccepted: threshold > 1 ? 0 : accepted(genuine, threshold),
      impostorsAccepted: threshold > 1 ? 0 : accepted(impostors, threshold)
    }
  })
  const intervals = await resample(
    comparison,
    (round) => [
      ...round.tarAt(supported),
      ...points.map(({ threshold, impostorsAccepted }) => round.far(threshold, impostorsAccepted))
    ],
    options
  )
  return rates.map((far): PairRate => {
    const i = supported.indexOf(far)
    const [point, interval] = [points[i], intervals[i]]
    const farInterval = intervals[i + supported.length]
    if (point === undefined || interval === undefined || farInterval === undefined) return { far }
    const tar = share(point.genuineAccepted, genuine.count)
    return { far, point: { ...point, tar, interval, farInterval } }
  })
}

export interface DetPoint {
  readonly threshold: number
  /** False accepts (or, of searches, false positives). */
  readonly x: number
  /** False rejects. */
  readonly y: number
}

/** The detection error trade-off: both errors from one end of the scores to the other. */
export function detCurve({ genuine, impostors }: Comparison, points = 400): DetPoint[] {
  const curve: DetPoint[] = []
  const least = Math.max(1, minAccepted / 10) / Math.max(1, impostors.count)
  for (let i = 0; i <= points; i++) {
    const rate = least ** (1 - i / points)
    const threshold = edge(lowestBin(impostors, Math.floor(rate * impostors.count + 1e-9)))
    if (threshold > 1 || threshold === curve.at(-1)?.threshold) continue
    curve.push({
      threshold,
      x: share(accepted(impostors, threshold), impostors.count),
      y: 1 - share(accepted(genuine, threshold), genuine.count)
    })
  }
  return curve
}

/** Where both errors are equally frequent, between neighbouring thresholds. */
export function equalError({ genuine, impostors }: Comparison): number {
  let low = 0
  let high = genuine.atLeast.length - 1
  const errors = (bin: number): { far: number; frr: number } => ({
    far: share(impostors.atLeast[bin] as number, impostors.count),
    frr: 1 - share(genuine.atLeast[bin] as number, genuine.count)
  })
  while (low < high) {
    const middle = (low + high) >> 1
    const { far, frr } = errors(middle)
    if (frr >= far) high = middle
    else low = middle + 1
  }
  const [after, before] = [errors(low), errors(Math.max(0, low - 1))]
  const [excess, lack] = [after.frr - after.far, before.far - before.frr]
  const part = lack + excess === 0 ? 0 : lack / (lack + excess)
  return before.far + part * (after.far - before.far)
}
