import { type LogisticMap, probabilityOf, sigmoid } from '../embeddings/probability.js'

/**
 * From scores to probabilities: the logistic map of Platt 1999 ("Probabilistic outputs for support
 * vector machines"), P(same | score) = 1 / (1 + exp(−(slope · score + intercept))), fitted by
 * Newton's method as Lin, Lin and Weng 2007 ("A note on Platt's probabilistic outputs") advise.
 *
 * Both kinds of pairs weigh alike, whatever their number: the probability is that of a pair for
 * which same and different are equally likely beforehand. Each kind counts as much as there are
 * genuine pairs, so that Platt's smoothed targets, (n + 1) / (n + 2) and 1 / (n + 2), keep a map
 * from few genuine pairs from being overconfident.
 */

/** ln(1 + eˣ) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}

/** Scores, and how often each of them occurred where that is more than once. */
export interface CountedScores {
  readonly scores: Float64Array
  readonly counts: Float64Array
}

interface Kind extends CountedScores {
  readonly weight: number
  readonly target: number
}

const each = (scores: Float64Array): CountedScores => ({
  scores,
  counts: new Float64Array(scores.length).fill(1)
})

function loss(kinds: readonly Kind[], { slope, intercept }: LogisticMap): number {
  let sum = 0
  for (const { scores, counts, weight, target } of kinds) {
    let part = 0
    for (const [i, score] of scores.entries()) {
      const x = slope * score + intercept
      part += (counts[i] as number) * (softplus(x) - target * x)
    }
    sum += weight * part
  }
  return sum
}

const iterations = 100
const smallGradient = 1e-10

export function fitPlatt(
  genuine: Float64Array | CountedScores,
  impostors: Float64Array | CountedScores
): LogisticMap {
  const [same, different] = [genuine, impostors].map((scores) =>
    scores instanceof Float64Array ? each(scores) : scores
  ) as [CountedScores, CountedScores]
  const [count, others] = [same, different].map(({ counts }) =>
    counts.reduce((sum, n) => sum + n, 0)
  ) as [number, number]
  if (count === 0 || others === 0) {
    throw new Error('a logistic map needs genuine and impostor scores')
  }
  const kinds: readonly Kind[] = [
    { ...same, weight: 1, target: (count + 1) / (count + 2) },
    { ...different, weight: count / others, target: 1 / (count + 2) }
  ]
  let map: LogisticMap = { slope: 0, intercept: 0 }
  let value = loss(kinds, map)
  for (let round = 0; round < iterations; round++) {
    // Gradient and Hessian in slope and intercept; the tiny diagonal keeps it invertible.
    let [gs, gi, hss, hsi, hii] = [0, 0, 1e-12, 0, 1e-12]
    for (const { scores, counts, weight, target } of kinds) {
      for (const [i, score] of scores.entries()) {
        const p = probabilityOf(map, score)
        const times = weight * (counts[i] as number)
        const d = times * (p - target)
        const w = times * p * (1 - p)
        gs += d * score
        gi += d
        hss += w * score * score
        hsi += w * score
        hii += w
      }
    }
    if (Math.abs(gs) < smallGradient && Math.abs(gi) < smallGradient) break
    const determinant = hss * hii - hsi * hsi
    const ds = -(hii * gs - hsi * gi) / determinant
    const di = -(hss * gi - hsi * gs) / determinant
    // Backtracking: half the step until the loss falls.
    let step = 1
    for (; step > 1e-10; step /= 2) {
      const next = { slope: map.slope + step * ds, intercept: map.intercept + step * di }
      const lower = loss(kinds, next)
      if (lower < value + 1e-4 * step * (gs * ds + gi * di)) {
        map = next
        value = lower
        break
      }
    }
    if (step <= 1e-10) break // as low as rounding allows
  }
  return map
}

export interface Reliability {
  /**
   * Expected calibration error: the mean distance, over ten equal ranges of the probability and
   * weighted by pairs, between it and the share that is the same (Naeini et al. 2015).
   */
  readonly expectedCalibrationError: number
  /** Mean of −ln of the probability given to the truth. */
  readonly logLoss: number
}

/** How well probabilities fit; both kinds weigh alike, as in the fit. */
export function reliability(
  map: LogisticMap,
  genuine: Float64Array,
  impostors: Float64Array
): Reliability {
  const bins = Array.from({ length: 10 }, () => ({ weight: 0, probability: 0, same: 0 }))
  let logLoss = 0
  for (const [scores, same] of [
    [genuine, 1],
    [impostors, 0]
  ] as const) {
    const weight = 0.5 / scores.length
    for (const score of scores) {
      const x = map.slope * score + map.intercept
      const p = sigmoid(x)
      const bin = bins[Math.min(9, Math.floor(p * 10))]
      if (bin === undefined) continue
      bin.weight += weight
      bin.probability += weight * p
      bin.same += weight * same
      logLoss += weight * (softplus(x) - same * x)
    }
  }
  const expectedCalibrationError = bins.reduce(
    (sum, { probability, same }) => sum + Math.abs(probability - same),
    0
  )
  return { expectedCalibrationError, logLoss }
}
