import { readFile } from 'node:fs/promises'
import { abortKeys } from '../abort.js'
import { Budget } from '../budget.js'
import { show } from '../check.js'
import { FaceEmbedding } from '../embeddings/embedding.js'
import { EmbeddingMismatchError, InvalidArgumentError } from '../errors.js'
import type { FaceQuality } from '../faces/types.js'
import { bytesOf } from '../frames/bytes.js'
import { picked } from '../keys.js'
import { imageKeys, type PhotoInput } from '../photos/types.js'
import { type EmbedOptions, embedKeys } from '../recognizer.js'
import { GalleryModelError } from './errors.js'
import { modelText } from './store/records.js'
import type { FaceInput, GalleryRecognizer, ModelIdentity } from './types.js'

/** A face to enrol, computed and not kept yet. */
export interface PreparedFace {
  readonly embedding: FaceEmbedding
  readonly quality: FaceQuality | undefined
  readonly crop: Uint8Array | undefined
  /** What tells the photo from others: its bytes, or those of the embedding. */
  readonly content: Uint8Array
}

/** A photo that its person has already: there is nothing to compute. */
export interface KnownPhoto {
  readonly embedding: undefined
  readonly content: Uint8Array
}

/** Photos decoded and embedded at a time: one is computed while others are decoded. */
const atOnce = 4
const mostPhotos = 100
const alignKeys = [...imageKeys, ...abortKeys]

function bytesOfVector({ vector }: FaceEmbedding): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}

async function contentOf(photo: PhotoInput): Promise<Uint8Array> {
  if (typeof photo === 'string' || photo instanceof URL) return readFile(photo)
  const bytes = bytesOf(photo) ?? bytesOf('data' in photo ? photo.data : undefined)
  if (bytes === undefined) throw new InvalidArgumentError('photos', 'a photo has no bytes')
  return bytes
}

/** One photo or several; a string, a buffer and a frame are one. */
export function checkPhotos(photos: FaceInput | readonly FaceInput[]): readonly FaceInput[] {
  const list: readonly FaceInput[] = Array.isArray(photos) ? photos : [photos as FaceInput]
  if (list.length < 1 || list.length > mostPhotos) {
    throw new InvalidArgumentError(
      'photos',
      `photos must be 1 to ${mostPhotos} photos, not ${list.length}`
    )
  }
  return list
}

export function modelOfEmbedding(embedding: FaceEmbedding): ModelIdentity {
  const { model: name, modelSha256: sha256, precision, vector } = embedding
  return { name, sha256, precision, size: vector.length }
}

export function modelOfRecognizer({ manifest, precision }: GalleryRecognizer): ModelIdentity {
  const { name, files, output } = manifest
  return { name, sha256: files.bin.sha256, precision, size: output.size }
}

export function describeModel({ name, sha256, precision }: ModelIdentity): string {
  return `"${name}" (${sha256.slice(0, 12)}, ${precision})`
}

export function checkModel(gallery: ModelIdentity, own: ModelIdentity): void {
  if (modelText(gallery) === modelText(own)) return
  throw new GalleryModelError(
    `The people of this gallery were enrolled with model ${describeModel(gallery)}, and cannot be ` +
      `compared by ${describeModel(own)}: open it with a recogniser of that model, or upgrade it`
  )
}

/** Makes embeddings of what people are enrolled with and identified by. */
export class FaceSource {
  readonly recognizer: GalleryRecognizer
  /** So that any number of calls at once wait here, rather than find the recogniser's queue full. */
  readonly #turns = new Budget(atOnce)

  constructor(recognizer: GalleryRecognizer) {
    this.recognizer = recognizer
  }

  async embed(input: FaceInput, argument: string, options: EmbedOptions): Promise<FaceEmbedding> {
    if (!(input instanceof FaceEmbedding)) {
      return this.#turns.run(
        () => this.recognizer.embed(input, picked(options, embedKeys)),
        options.signal
      )
    }
    const [own, given] = [modelOfRecognizer(this.recognizer), modelOfEmbedding(input)]
    if (modelText(own) !== modelText(given)) {
      throw new EmbeddingMismatchError(
        `${argument} is an embedding of model ${describeModel(given)}, not of ${describeModel(own)} that is open`
      )
    }
    return input
  }

  async #prepare(
    input: FaceInput,
    options: EmbedOptions,
    keep: boolean,
    isKnown: (content: Uint8Array) => boolean
  ): Promise<PreparedFace | KnownPhoto> {
    if (!(input instanceof FaceEmbedding)) {
      // What cannot be read is told by the recogniser, in its words.
      const content = await contentOf(input).catch(() => undefined)
      if (content !== undefined && isKnown(content)) return { embedding: undefined, content }
    }
    const embedding = await this.embed(input, 'photos', options)
    const { face } = embedding
    if (input instanceof FaceEmbedding) {
      const content = bytesOfVector(embedding)
      return { embedding, quality: face?.quality, crop: undefined, content }
    }
    const crop =
      keep && face !== undefined
        ? await this.recognizer.align(input, face.landmarks, picked(options, alignKeys))
        : undefined
    return { embedding, quality: face?.quality, crop, content: await contentOf(input) }
  }

  /** All of them, or the first error. Photos that are known are not looked at. */
  async prepare(
    photos: readonly FaceInput[],
    options: EmbedOptions,
    keep: boolean,
    isKnown: (content: Uint8Array) => boolean
  ): Promise<(PreparedFace | KnownPhoto)[]> {
    const failed = new AbortController()
    const signals = [failed.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const inner = { ...options, signal: AbortSignal.any(signals) }
    try {
      return await Promise.all(photos.map((photo) => this.#prepare(photo, inner, keep, isKnown)))
    } finally {
      failed.abort()
    }
  }
}

/** What a gallery asks of a recogniser is there. */
export function checkRecognizer(value: unknown): asserts value is GalleryRecognizer {
  const found = value as Partial<GalleryRecognizer> | null
  const isOne =
    typeof found === 'object' &&
    found !== null &&
    typeof found.embed === 'function' &&
    typeof found.align === 'function' &&
    typeof found.manifest === 'object'
  if (!isOne) {
    throw new InvalidArgumentError(
      'recognizer',
      `recognizer must be a FaceRecognizer, not ${show(value)}`
    )
  }
}
