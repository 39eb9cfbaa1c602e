import { FaceEmbedder } from '../embedder.js'
import { cosine } from '../embeddings/similarity.js'
import { ConversionFailedError } from '../errors.js'
import type { ConversionReport } from './converter.js'

/** The same as the converter asks of the files it writes. */
const minCosine = 0.99999

/**
 * Loads the new model as any user would and embeds the converter's test picture: the manifest's
 * channel order, mean and norm then are the reference's, and this package runs every layer.
 */
export async function checkInAddon(
  model: string,
  modelDir: string,
  { probe }: ConversionReport
): Promise<number> {
  await using embedder = await FaceEmbedder.open({ model, modelDir })
  const { vector } = await embedder.embed(Buffer.from(probe.rgb, 'base64'))
  if (vector.length !== probe.embedding.length) {
    throw new ConversionFailedError(
      `The addon computes ${vector.length} numbers where the reference computes ${probe.embedding.length}`
    )
  }
  const agreement = cosine(vector, Float32Array.from(probe.embedding))
  if (!(agreement >= minCosine)) {
    throw new ConversionFailedError(
      `The addon's embedding differs from the reference: cosine ${agreement.toFixed(7)}`
    )
  }
  return agreement
}
