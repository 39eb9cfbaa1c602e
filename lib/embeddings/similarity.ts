import { show } from '../check.js'
import { EmbeddingMismatchError, InvalidArgumentError } from '../errors.js'
import { FaceEmbedding } from './embedding.js'

/** Refuses to compare what different models, precisions or sizes gave. */
export function checkComparable(a: FaceEmbedding, b: FaceEmbedding): void {
  const refuse = (what: string, left: string | number, right: string | number): never => {
    throw new EmbeddingMismatchError(
      `Embeddings of different ${what} cannot be compared: ${left} and ${right}`
    )
  }
  if (a.model !== b.model) refuse('models', a.model, b.model)
  if (a.modelSha256 !== b.modelSha256) {
    refuse(`weights of "${a.model}"`, a.modelSha256.slice(0, 12), b.modelSha256.slice(0, 12))
  }
  if (a.precision !== b.precision) refuse('precisions', a.precision, b.precision)
  if (a.vector.length !== b.vector.length) refuse('sizes', a.vector.length, b.vector.length)
}

/** The cosine of the angle between two vectors of one length, summed in double precision. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number
    const y = b[i] as number
    dot += x * y
    squareA += x * x
    squareB += y * y
  }
  // Rounding may pass 1 by an ulp or so.
  return Math.min(1, Math.max(-1, dot / Math.sqrt(squareA * squareB)))
}

/** The similarity of two faces: the cosine of their embeddings, −1 to 1. */
export function similarity(a: FaceEmbedding, b: FaceEmbedding): number {
  for (const [argument, value] of Object.entries({ a, b })) {
    if (!(value instanceof FaceEmbedding)) {
      throw new InvalidArgumentError(
        argument,
        `${argument} must be a FaceEmbedding, not ${show(value)}`
      )
    }
  }
  checkComparable(a, b)
  return cosine(a.vector, b.vector)
}
