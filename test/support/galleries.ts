// Galleries without networks: a recogniser that knows what each "photo" shows by its name.
import { createHash } from 'node:crypto'
import { FaceEmbedding } from '../../lib/embeddings/embedding.js'
import { NoFaceError } from '../../lib/errors.js'
import { Gallery, type GalleryOptions } from '../../lib/gallery/index.js'
import type { GalleryRecognizer } from '../../lib/gallery/types.js'
import type { EmbedderManifest } from '../../lib/models/manifest.js'
import type { TemporaryFolder } from './models.js'

export const dimensions = 64

/** As of an invented model: the cosines of random directions in 64 dimensions are far below these. */
export const calibration = {
  dataset: 'invented',
  impostorPairs: 1_000_000,
  genuinePairs: 100,
  precision: 'fp32' as const,
  thresholds: [
    { far: 0.1, threshold: 0.2, impostors: 100_000 },
    { far: 0.001, threshold: 0.5, impostors: 1000 },
    { far: 0.00001, threshold: 0.6, impostors: 10 }
  ],
  defaultFar: 0.001
}

export function manifestOf(name: string): EmbedderManifest {
  return {
    schema: 1,
    kind: 'embedder',
    name,
    version: '1.0.0',
    architecture: { network: 'none' },
    precision: 'fp32',
    files: {
      param: { name: 'x.param', bytes: 1, sha256: 'b'.repeat(64) },
      bin: { name: 'x.bin', bytes: 1, sha256: createHash('sha256').update(name).digest('hex') }
    },
    provenance: {},
    licence: { spdx: 'MIT' },
    input: {
      width: 112,
      height: 112,
      channels: 'bgr',
      mean: [0, 0, 0],
      norm: [1, 1, 1],
      blob: 'in0'
    },
    output: { blob: 'out0', size: dimensions },
    accuracy: [],
    calibration,
    calibrations: []
  }
}

/** Numbers that follow from a text, evenly spread over −1 to 1. */
function direction(text: string): number[] {
  const values: number[] = []
  for (let block = 0; values.length < dimensions; block++) {
    const digest = createHash('sha256').update(`${block} ${text}`).digest()
    for (let at = 0; at < 32; at += 4) values.push(digest.readInt32LE(at) / 2 ** 31)
  }
  return values
}

function normalised(values: readonly number[]): Float32Array {
  const norm = Math.hypot(...values)
  return Float32Array.from(values, (value) => value / norm)
}

/** A face of that person: `ada/1` and `ada/2` have a cosine of about 0.9, of others about 0. */
export function vectorOf(photo: string, model = 'm'): Float32Array {
  const [person = ''] = photo.split('/')
  const [own, noise] = [direction(`${model} ${person}`), direction(`${model} ${photo}`)]
  return normalised(own.map((value, i) => value + 0.33 * (noise[i] as number)))
}

/** The cosine of the two is `cosine`. */
export function between(a: Float32Array, b: Float32Array, cosine: number): Float32Array {
  const dot = a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
  const across = normalised(Array.from(b, (value, i) => value - dot * (a[i] as number)))
  const sine = Math.sqrt(1 - cosine * cosine)
  return normalised(Array.from(a, (value, i) => cosine * value + sine * (across[i] as number)))
}

const face = {
  box: { x: 0, y: 0, width: 100, height: 100 },
  score: 0.9,
  landmarks: [0, 1, 2, 3, 4].map((i) => ({ x: 10 * i, y: 10 * i })) as never,
  quality: { overall: 0.8, sharpness: 0.8, exposure: 0.8, size: 60, yaw: 1, pitch: 2, roll: 3 }
}

export function embeddingOf(vector: Float32Array, model = 'm'): FaceEmbedding {
  const modelSha256 = manifestOf(model).files.bin.sha256
  return new FaceEmbedding(vector, { model, modelSha256, precision: 'fp32' })
}

/** Photos are buffers of names here: `photoNamed('ada/1')`. */
export function photoNamed(name: string): Uint8Array {
  return Buffer.from(name)
}

export interface PretendRecognizer extends GalleryRecognizer {
  /** Photos embedded so far. */
  readonly embedded: string[]
}

export function pretendRecognizer(model = 'm'): PretendRecognizer {
  const embedded: string[] = []
  return {
    manifest: manifestOf(model),
    precision: 'fp32',
    embedded,
    async embed(photo, options = {}) {
      await new Promise((resolve) => setImmediate(resolve))
      options.signal?.throwIfAborted()
      const name = Buffer.from(photo as Uint8Array).toString()
      if (name.startsWith('nobody')) throw new NoFaceError(`No face in ${name}`, 0)
      embedded.push(name)
      const modelSha256 = manifestOf(model).files.bin.sha256
      const source = { model, modelSha256, precision: 'fp32' as const, face, faceCount: 1 }
      return new FaceEmbedding(vectorOf(name, model), source)
    },
    async align(photo) {
      const name = Buffer.from(photo as Uint8Array)
      return Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => name[i % name.length] as number)
    }
  }
}

/** The gallery `people.gallery` in a folder, with a key file beside it. */
export async function openIn(
  folder: TemporaryFolder,
  options: Partial<GalleryOptions> = {}
): Promise<Gallery> {
  return Gallery.open(folder.file('people.gallery'), {
    recognizer: pretendRecognizer(),
    key: { file: folder.file('key'), create: true },
    ...options
  })
}

/** Photos of one person: `ada/0`, `ada/1` … */
export function photosOf(person: string, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => photoNamed(`${person}/${i}`))
}
