import { FaceEmbedding } from '../../lib/embeddings/embedding.js'
import type { Precision } from '../../lib/embeddings/precision.js'

export const sha = 'a'.repeat(64)

/** An embedding in the direction of `values`. */
export function embedding(
  values: readonly number[],
  source: { model?: string; modelSha256?: string; precision?: Precision } = {}
): FaceEmbedding {
  const norm = Math.hypot(...values)
  return new FaceEmbedding(
    Float32Array.from(values, (value) => value / norm),
    { model: 'm', modelSha256: sha, precision: 'fp32', ...source }
  )
}
