import type { Precision } from '../embeddings/precision.js'
import { cosine } from '../embeddings/similarity.js'
import type { Calibration } from '../models/manifest.js'
import { minFalseAccepts } from '../models/thresholds.js'
import { fitPlatt } from './platt.js'
import { countAtLeast, type OperatingPoint, operatingPoint } from './roc.js'

export interface LabelledVector {
  readonly person: string
  readonly vector: Float32Array
}

export interface PairScores {
  /** Sorted from small to large. */
  readonly genuine: Float64Array
  readonly impostors: Float64Array
}

/** Compares every vector with every other one. */
export function scoreAllPairs(vectors: readonly LabelledVector[]): PairScores {
  const genuine: number[] = []
  const impostors = new Float64Array((vectors.length * (vectors.length - 1)) / 2)
  let count = 0
  for (const [i, a] of vectors.entries()) {
    for (const b of vectors.slice(i + 1)) {
      const score = cosine(a.vector, b.vector)
      if (a.person === b.person) genuine.push(score)
      else impostors[count++] = score
    }
  }
  return { genuine: Float64Array.from(genuine).sort(), impostors: impostors.slice(0, count).sort() }
}

/** Largest first; those that the data cannot support are left out. */
const rates = [0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6]

export function calibrationTable(impostorsAscending: Float64Array): OperatingPoint[] {
  return rates
    .filter((far) => far * impostorsAscending.length >= minFalseAccepts)
    .map((far) => operatingPoint(impostorsAscending, far))
}

/** The rate that `verify` decides at unless told otherwise; the nearest supported one is taken. */
const wantedDefault = 1e-3
/** Fewer genuine pairs say too little about how they score. */
export const minGenuine = 30

/** What goes into a manifest; undefined when there are too few impostors for any rate. */
export function fitCalibration(
  { genuine, impostors }: PairScores,
  dataset: string,
  precision: Precision
): Calibration | undefined {
  // Six digits are read easily; rates are counted again at what is written.
  const thresholds = calibrationTable(impostors).map(({ far, threshold }) => {
    const rounded = Math.ceil(threshold * 1e6) / 1e6
    return { far, threshold: rounded, impostors: countAtLeast(impostors, rounded) }
  })
  const defaultRow = thresholds.findLast(({ far }) => far >= wantedDefault) ?? thresholds[0]
  if (defaultRow === undefined) return undefined
  const fitted = genuine.length >= minGenuine ? fitPlatt(genuine, impostors) : undefined
  const probability =
    fitted && fitted.slope > 0
      ? {
          method: 'platt' as const,
          slope: Number(fitted.slope.toPrecision(8)),
          intercept: Number(fitted.intercept.toPrecision(8)),
          prior: 0.5 as const,
          genuinePairs: genuine.length,
          impostorPairs: impostors.length
        }
      : undefined
  return {
    dataset,
    impostorPairs: impostors.length,
    genuinePairs: genuine.length,
    precision,
    thresholds,
    defaultFar: defaultRow.far,
    ...(probability && { probability })
  }
}
