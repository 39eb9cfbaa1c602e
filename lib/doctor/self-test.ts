import type { Implementation } from '../addon/types.js'
import { FaceEmbedder } from '../embedder.js'
import { cropSize } from '../faces/crop.js'
import type { EmbedderManifest } from '../models/manifest.js'

/** How far a right answer may be from the stored one: far wider than rounding, far from an error. */
export const leastCosine = 0.9999

/** A triangle wave of period 2·`half` between 0 and 255, in whole numbers only. */
function wave(position: number, half: number): number {
  const phase = position % (2 * half)
  return Math.floor(((phase < half ? phase : 2 * half - phase) * 255) / half)
}

/**
 * The input of the self-test, "waves": a crop computed the same way everywhere, with something of
 * every frequency and three different channels.
 */
export function waves(): Uint8Array {
  const crop = new Uint8Array(cropSize * cropSize * 3)
  for (let y = 0; y < cropSize; y++) {
    for (let x = 0; x < cropSize; x++) {
      const at = (y * cropSize + x) * 3
      crop[at] = wave(x + 2 * y, 37)
      crop[at + 1] = wave(3 * x + y, 53)
      crop[at + 2] = wave((x * y) >> 3, 71)
    }
  }
  return crop
}

export function encodeEmbedding(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((value, i) => {
    bytes.writeFloatLE(value, i * 4)
  })
  return bytes.toString('base64')
}

export function decodeEmbedding(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
    bytes.readFloatLE(i * 4)
  )
}

/** Cosine of two vectors of any length; 0 when they cannot be compared. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0)
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  return Number.isFinite(cosine) ? cosine : 0
}

export type SelfTestResult =
  | { readonly state: 'passed' | 'failed'; readonly cosine: number }
  /** The manifest has no embedding to compare with, or one of other weights. */
  | { readonly state: 'nothing-stored' | 'stored-for-other-weights' }

function compare({ selfTest, files }: EmbedderManifest, vector: Float32Array): SelfTestResult {
  if (selfTest === undefined) return { state: 'nothing-stored' }
  if (selfTest.binSha256 !== files.bin.sha256) return { state: 'stored-for-other-weights' }
  const cosine = cosineOf(vector, decodeEmbedding(selfTest.embedding))
  return { state: cosine >= leastCosine ? 'passed' : 'failed', cosine }
}

/** Embeds the waves and compares the answer with the manifest's; tells what computed it, too. */
export async function selfTest(
  manifest: EmbedderManifest,
  modelDir: string
): Promise<{ readonly result: SelfTestResult; readonly implementation: Implementation }> {
  await using embedder = await FaceEmbedder.open({ model: manifest.name, modelDir })
  const { vector } = await embedder.embed(waves())
  return { result: compare(manifest, vector), implementation: embedder.implementation }
}
