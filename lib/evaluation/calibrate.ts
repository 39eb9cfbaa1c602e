import { minFalseAccepts } from '../calibration.js'
import { cosine } from '../similarity.js'
import { type OperatingPoint, operatingPoint } from './roc.js'

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
