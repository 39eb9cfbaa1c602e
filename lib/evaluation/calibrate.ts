import type { Precision } from '../embeddings/precision.js'
import type { LogisticMap } from '../embeddings/probability.js'
import type { Calibration, CalibrationRow } from '../models/manifest.js'
import { minFalseAccepts } from '../models/support.js'
import { calibrationRates } from './calibration-rows.js'
import { perUnit } from './pairwise/tally.js'
import { fitPlatt } from './platt.js'
import { countAtLeast, type OperatingPoint, operatingPoint } from './roc.js'

/** Calibrations from the scores of a list of pairs; `calibrate-people` has those from all pairs. */

export interface PairScores {
  /** Sorted from small to large. */
  readonly genuine: Float64Array
  readonly impostors: Float64Array
}

/** The rates that ten false accepts or more stand behind; of equal scores all are refused. */
export function calibrationTable(impostorsAscending: Float64Array): OperatingPoint[] {
  return calibrationRates
    .filter((far) => far * impostorsAscending.length >= minFalseAccepts)
    .map((far) => operatingPoint(impostorsAscending, far))
}

/** The rate that `verify` decides at unless told otherwise; the nearest supported one is taken. */
const wantedDefault = 1e-3
/** Fewer genuine pairs say too little about how they score. */
export const minGenuine = 30

export function defaultRow(rows: readonly CalibrationRow[]): CalibrationRow | undefined {
  return rows.findLast(({ far }) => far >= wantedDefault) ?? rows[0]
}

export function probabilityFrom(
  logistic: () => LogisticMap,
  genuinePairs: number,
  impostorPairs: number
): Pick<Calibration, 'probability'> {
  const fitted = genuinePairs >= minGenuine ? logistic() : undefined
  if (fitted === undefined || fitted.slope <= 0) return {}
  return {
    probability: {
      method: 'platt',
      slope: Number(fitted.slope.toPrecision(8)),
      intercept: Number(fitted.intercept.toPrecision(8)),
      prior: 0.5,
      genuinePairs,
      impostorPairs
    }
  }
}

/** From a list of pairs; undefined when there are too few impostors for any rate. */
export function fitCalibration(
  { genuine, impostors }: PairScores,
  dataset: string,
  precision: Precision
): Calibration | undefined {
  // Six digits are read easily; rates are counted again at what is written, and one that is not
  // kept, because too many scores are the very highest, is not offered.
  const thresholds = calibrationTable(impostors)
    .map(({ far, threshold }) => {
      const rounded = Math.min(1, Math.ceil(threshold * perUnit) / perUnit)
      return { far, threshold: rounded, impostors: countAtLeast(impostors, rounded) }
    })
    .filter(({ far, impostors: accepted }) => accepted <= far * impostors.length + 1e-9)
  const row = defaultRow(thresholds)
  if (row === undefined) return undefined
  return {
    dataset,
    impostorPairs: impostors.length,
    genuinePairs: genuine.length,
    precision,
    thresholds,
    defaultFar: row.far,
    ...probabilityFrom(() => fitPlatt(genuine, impostors), genuine.length, impostors.length)
  }
}
