/**
 * The far tail of scores: what exceeds a high threshold follows, in the limit, a generalised Pareto
 * distribution (Pickands 1975). It is fitted by probability-weighted moments, which for few values are
 * more certain than maximum likelihood (Hosking and Wallis 1987, "Parameter and quantile estimation
 * for the generalized Pareto distribution"), with their sign of the shape: above 0 the tail ends.
 */

export interface ParetoTail {
  /** Above it the tail begins. */
  readonly threshold: number
  /** The share of all scores that lie there. */
  readonly share: number
  readonly scale: number
  readonly shape: number
}

/** As if each score were there as often as its weight says; the highest first. */
export function fitTail(
  descendingScores: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  threshold: number,
  share: number
): ParetoTail {
  const n = descendingScores.length
  let total = 0
  for (let i = 0; i < n; i++) total += weights?.[i] ?? 1
  let [mean, moment, before] = [0, 0, 0]
  for (let i = n - 1; i >= 0; i--) {
    const weight = weights?.[i] ?? 1
    const excess = (descendingScores[i] as number) - threshold
    // The mean of (j − 0.35) / n over the places j of its copies.
    const place = (before + (weight + 1) / 2 - 0.35) / total
    mean += (weight * excess) / total
    moment += (weight * (1 - place) * excess) / total
    before += weight
  }
  const lack = mean - 2 * moment
  return { threshold, share, scale: (2 * mean * moment) / lack, shape: mean / lack - 2 }
}

/** Below this a shape is taken for 0: both formulas then agree to the last digits. */
const flat = 1e-9

/** The share of all scores at or above one in the tail. */
export function shareAbove({ threshold, share, scale, shape }: ParetoTail, score: number): number {
  const excess = (score - threshold) / scale
  if (Math.abs(shape) < flat) return share * Math.exp(-excess)
  const base = 1 - shape * excess
  return base <= 0 ? 0 : share * base ** (1 / shape)
}

/** The score that so small a share of all lies above; the inverse of `shareAbove`. */
export function scoreAt({ threshold, share, scale, shape }: ParetoTail, rate: number): number {
  if (Math.abs(shape) < flat) return threshold - scale * Math.log(rate / share)
  return threshold + (scale / shape) * (1 - (rate / share) ** shape)
}
