// PyTorch's embeddings of the aligned crops in test/fixtures/crops, as training/seesaw/parity.py
// writes them, and how near the addon comes to them.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { cosine } from '../../lib/embeddings/similarity.js'
import type { FaceEmbedder } from '../../lib/index.js'
import { crop } from './fixtures.js'

const fixtures = new URL('../fixtures/', import.meta.url)

/** What NCNN and PyTorch must agree to, in fp32. */
export const minimumCosine = 0.99999

const vectorsSchema = v.object({
  model: v.string(),
  paramSha256: v.string(),
  binSha256: v.string(),
  vectors: v.pipe(
    v.array(
      v.object({
        crop: v.pipe(v.string(), v.regex(/^crops\/[\w.]+\.png$/)),
        sha256: v.string(),
        embedding: v.array(v.number())
      })
    ),
    v.minLength(3)
  )
})

export type ParityVectors = v.InferOutput<typeof vectorsSchema>

export async function readVectors(path: string | URL): Promise<ParityVectors> {
  return v.parse(vectorsSchema, JSON.parse(await readFile(path, 'utf8')))
}

/** The cosine of each crop's two embeddings; throws when they are not of the same files. */
export async function agreements(
  embedder: FaceEmbedder,
  { paramSha256, binSha256, vectors }: ParityVectors
): Promise<{ crop: string; cosine: number }[]> {
  const { files } = embedder.manifest
  if (files.param.sha256 !== paramSha256 || files.bin.sha256 !== binSha256) {
    throw new Error(`${embedder.manifest.name}: the vectors are those of other files`)
  }
  return Promise.all(
    vectors.map(async ({ crop: path, sha256, embedding }) => {
      const bytes = await readFile(fileURLToPath(new URL(path, fixtures)))
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
        throw new Error(`${path} is not the crop that PyTorch embedded`)
      }
      const { vector } = await embedder.embed(await crop(path.replace('crops/', '')))
      if (vector.length !== embedding.length) {
        throw new Error(`${vector.length} numbers, not ${embedding.length}`)
      }
      return { crop: path, cosine: cosine(vector, Float32Array.from(embedding)) }
    })
  )
}
