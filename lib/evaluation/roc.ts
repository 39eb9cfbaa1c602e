/** False and true accept rates from scores; a pair is accepted when its score ≥ threshold. */

export interface OperatingPoint {
  readonly far: number
  readonly threshold: number
  /** Impostor pairs that reach the threshold: at most `far` of all. */
  readonly impostors: number
}

/** Number of values ≥ threshold in an array sorted from small to large. */
export function countAtLeast(ascending: Float64Array, threshold: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] as number) >= threshold) high = middle
    else low = middle + 1
  }
  return ascending.length - low
}

/**
 * The lowest threshold at which no more than `far` of the impostor scores are accepted, half-way
 * between the last score accepted and the first one refused.
 */
export function operatingPoint(impostorsAscending: Float64Array, far: number): OperatingPoint {
  const total = impostorsAscending.length
  if (total === 0) throw new Error('there are no impostor scores')
  // The product of a rate like 1e-3 and a count may fall an ulp short of a whole number.
  let accepted = Math.min(Math.floor(far * total + 1e-9), total)
  // Equal scores are accepted or refused together.
  while (
    accepted > 0 &&
    accepted < total &&
    impostorsAscending[total - accepted] === impostorsAscending[total - accepted - 1]
  ) {
    accepted--
  }
  const lastAccepted = accepted > 0 ? (impostorsAscending[total - accepted] as number) : 1
  const firstRefused = accepted < total ? (impostorsAscending[total - accepted - 1] as number) : -1
  return { far, threshold: (lastAccepted + firstRefused) / 2, impostors: accepted }
}

export function tarAtFar(
  genuineAscending: Float64Array,
  impostorsAscending: Float64Array,
  far: number
): OperatingPoint & { readonly tar: number } {
  const point = operatingPoint(impostorsAscending, far)
  const tar = countAtLeast(genuineAscending, point.threshold) / genuineAscending.length
  return { ...point, tar }
}

/** Area under the ROC curve: the chance that a genuine pair scores above an impostor pair. */
export function areaUnderCurve(
  genuineAscending: Float64Array,
  impostorsAscending: Float64Array
): number {
  let wins = 0
  let below = 0 // impostors < score
  let upTo = 0 // impostors ≤ score
  for (const score of genuineAscending) {
    while (below < impostorsAscending.length && (impostorsAscending[below] as number) < score) {
      below++
    }
    while (upTo < impostorsAscending.length && (impostorsAscending[upTo] as number) <= score) {
      upTo++
    }
    wins += (below + upTo) / 2
  }
  return wins / (genuineAscending.length * impostorsAscending.length)
}
