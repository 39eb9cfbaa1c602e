import { show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { FaceEmbedding } from './embedding.js'
import { checkComparable } from './similarity.js'

/** The least weight: a poor photo still says something. */
const leastWeight = 0.05

/**
 * One embedding from several of the same person: their mean, each weighted by the overall quality
 * of its face (1 where that is unknown, as of crops), and normalised again.
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
  const sum = new Float64Array(first.vector.length)
  for (const { vector, face } of embeddings) {
    const weight = Math.max(leastWeight, face?.quality?.overall ?? 1)
    for (let i = 0; i < sum.length; i++)
      sum[i] = (sum[i] as number) + weight * (vector[i] as number)
  }
  const norm = Math.hypot(...sum)
  if (!(norm > 1e-6)) {
    throw new InvalidArgumentError('embeddings', 'embeddings cancel each other out')
  }
  return new FaceEmbedding(
    Float32Array.from(sum, (value) => value / norm),
    { model: first.model, modelSha256: first.modelSha256, precision: first.precision }
  )
}
