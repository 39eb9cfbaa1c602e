/** Which rates of a calibration have enough behind them to be offered. */

/**
 * A false accept rate is only estimated where this many impostor pairs were accepted: with 10 the
 * relative standard error of the rate is about a third (1/√10), with fewer it is a guess.
 */
export const minFalseAccepts = 10

/** A rate is offered only if it is at most twice what was promised, were other people measured. */
export const mostTimes = 2

interface Row {
  readonly far: number
  readonly interval?: { readonly low: number; readonly high: number } | undefined
  readonly extrapolated?: boolean | undefined
}

export function isCertain({ far, interval }: Row): boolean {
  return interval === undefined || interval.high <= mostTimes * far
}

/** Whether enough pairs reached the threshold, or a fitted tail is certain enough. */
export function isSupported(row: Row, impostorPairs: number): boolean {
  return isCertain(row) && (row.extrapolated === true || row.far >= minFalseAccepts / impostorPairs)
}
