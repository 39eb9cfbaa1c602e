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
 * Half-way between two scores: above the lower one, and at most the higher one, which is the answer
 * where no other number lies between them.
 */
export function between(lower: number, higher: number): number {
  const middle = (lower + higher) / 2
  return middle > lower ? middle : higher
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
  return { far, threshold: between(firstRefused, lastAccepted), impostors: accepted }
}

export interface TarAtFar extends OperatingPoint {
  readonly tar: number
  /** Genuine pairs that reach the threshold. */
  readonly genuine: number
}

/**
 * The largest true accept rate at which no more than `far` of the impostors are accepted: a point of
 * the ROC curve, whose threshold is the lowest score accepted.
 */
export function tarAtFar(
  genuineAscending: Float64Array,
  impostorsAscending: Float64Array,
  far: number
): TarAtFar {
  const { impostors } = operatingPoint(impostorsAscending, far)
  const refused = impostorsAscending[impostorsAscending.length - impostors - 1]
  // All that score above the best impostor refused.
  const lowest = (ascending: Float64Array): number =>
    ascending.find((score) => refused === undefined || score > refused) ?? Number.POSITIVE_INFINITY
  const threshold = Math.min(lowest(genuineAscending), lowest(impostorsAscending))
  const genuine = countAtLeast(genuineAscending, threshold)
  return { far, threshold, impostors, genuine, tar: genuine / genuineAscending.length }
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

export interface RocPoint {
  readonly threshold: number
  /** False accept rate at that threshold. */
  readonly far: number
  /** True accept rate. */
  readonly tar: number
}

/**
 * The ROC curve from nothing accepted to everything accepted: one point for each distinct score,
 * which is the threshold there.
 */
export function rocCurve(
  genuineAscending: Float64Array,
  impostorsAscending: Float64Array
): RocPoint[] {
  const points: RocPoint[] = [{ threshold: Number.POSITIVE_INFINITY, far: 0, tar: 0 }]
  let g = genuineAscending.length
  let i = impostorsAscending.length
  while (g > 0 || i > 0) {
    const threshold = Math.max(
      genuineAscending[g - 1] ?? Number.NEGATIVE_INFINITY,
      impostorsAscending[i - 1] ?? Number.NEGATIVE_INFINITY
    )
    while (g > 0 && genuineAscending[g - 1] === threshold) g--
    while (i > 0 && impostorsAscending[i - 1] === threshold) i--
    points.push({
      threshold,
      far: 1 - i / impostorsAscending.length,
      tar: 1 - g / genuineAscending.length
    })
  }
  return points
}

/** Where false accepts and false rejects are equally frequent, between points on a straight line. */
export function equalErrorRate(roc: readonly Pick<RocPoint, 'far' | 'tar'>[]): number {
  for (const [i, point] of roc.entries()) {
    const before = roc[i - 1]
    const excess = point.far - (1 - point.tar)
    if (excess < 0 || before === undefined) continue
    const lack = 1 - before.tar - before.far
    const part = lack + excess === 0 ? 0 : lack / (lack + excess)
    return before.far + part * (point.far - before.far)
  }
  return 1
}
