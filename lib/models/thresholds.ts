import { checkNumber } from '../check.js'
import { FarUnsupportedError } from '../errors.js'
import type { Calibration, CalibrationRow } from './manifest.js'
import { isSupported } from './support.js'

/** Rows with enough pairs behind them, or with a fitted tail that is certain enough. */
function supportedRows({ thresholds, impostorPairs }: Calibration): CalibrationRow[] {
  return thresholds.filter((row) => isSupported(row, impostorPairs))
}

/** The smallest FAR that the calibration data support. */
export function smallestFar(calibration: Calibration): number {
  return supportedRows(calibration).at(-1)?.far ?? 1
}

/**
 * The threshold on the cosine at which impostors are accepted at the rate `far`. Between entries of
 * the table it is interpolated linearly in log(FAR), as the tail of impostor scores falls about
 * exponentially.
 */
export function thresholdForFar(calibration: Calibration, far: number): number {
  checkNumber('far', far, 0, 1)
  const rows = supportedRows(calibration)
  const largest = rows[0]?.far ?? 0
  const smallest = rows.at(-1)?.far ?? 1
  if (far > largest || far < smallest) {
    const pairs = `${calibration.impostorPairs} impostor pairs of ${calibration.dataset}`
    throw new FarUnsupportedError(
      far < smallest
        ? `A FAR of ${far} is below what the calibration supports (${pairs}); the smallest is ${smallest}`
        : `A FAR of ${far} is above the calibrated range (${pairs}); the largest is ${largest}`
    )
  }
  for (const [i, row] of rows.entries()) {
    if (row.far === far) return row.threshold
    const next = rows[i + 1]
    if (next !== undefined && far < row.far && far > next.far) {
      const part = Math.log(row.far / far) / Math.log(row.far / next.far)
      return row.threshold + part * (next.threshold - row.threshold)
    }
  }
  return rows.at(-1)?.threshold ?? 1
}

/** The inverse: the FAR at a threshold, or undefined outside the calibrated range. */
export function farForThreshold(calibration: Calibration, threshold: number): number | undefined {
  const rows = supportedRows(calibration)
  for (const [i, row] of rows.entries()) {
    if (row.threshold === threshold) return row.far
    const next = rows[i + 1]
    if (next !== undefined && threshold > row.threshold && threshold < next.threshold) {
      const part = (threshold - row.threshold) / (next.threshold - row.threshold)
      return row.far * (next.far / row.far) ** part
    }
  }
  return undefined
}
