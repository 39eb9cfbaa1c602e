import { show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { FaceEmbedding } from './embedding.js'
import { checkComparable } from './similarity.js'

/** The least weight: a poor photo still says something. */
const leastWeight = 0.05

/** The mean direction, weighted by quality; undefined when the vectors cancel each other out. */
export function weightedMean(
  vectors: readonly Float32Array[],
  qualities: readonly number[]
): Float32Array | undefined {
  const sum = new Float64Array(vectors[0]?.length ?? 0)
  for (const [row, vector] of vectors.entries()) {
    const weight = Math.max(leastWeight, qualities[row] ?? 1)
    for (let i = 0; i < sum.length; i++)
      sum[i] = (sum[i] as number) + weight * (vector[i] as number)
  }
  const norm = Math.hypot(...sum)
  return norm > 1e-6 ? Float32Array.from(sum, (value) => value / norm) : undefined
}

/**
 * Combines several embeddings of one person into a template: their mean, weighted by the overall
 * quality of each face (1 if unknown, as for crops) and normalised. With more photos, fewer genuine
 * pairs are rejected, but strangers become more similar too: at the threshold for single photos, two
 * to four times as many of them pass.
 */
export function combineEmbeddings(embeddings: readonly FaceEmbedding[]): FaceEmbedding {
  const list: unknown = embeddings
  if (!Array.isArray(list) || !list.every((item) => item instanceof FaceEmbedding)) {
    throw new InvalidArgumentError(
      'embeddings',
      `embeddings must be an array of FaceEmbedding, not ${show(embeddings)}`
    )
  }
  const [first, ...others] = embeddings
  if (first === undefined) {
    throw new InvalidArgumentError('embeddings', 'embeddings must not be empty')
  }
  for (const other of others) checkComparable(first, other)
  const mean = weightedMean(
    embeddings.map(({ vector }) => vector),
    embeddings.map(({ face }) => face?.quality?.overall ?? 1)
  )
  if (mean === undefined) {
    throw new InvalidArgumentError('embeddings', 'embeddings cancel each other out')
  }
  return new FaceEmbedding(mean, {
    model: first.model,
    modelSha256: first.modelSha256,
    precision: first.precision,
    photos: embeddings.reduce((sum, { photos }) => sum + photos, 0)
  })
}
