import { join } from 'node:path'
import { cropSize } from '../faces/crop.js'
import {
  decodeImage,
  FaceEmbedder,
  type FaceEmbedding,
  FaceRecognizer,
  type FaceRecognizerOptions,
  ImageDecodeError,
  ImageTooLargeError,
  InvalidArgumentError,
  NoFaceError,
  type SeesawFaceError
} from '../index.js'

/** What the photos are: aligned 112×112 crops, or whole photos for the whole pipeline. */
export type PhotoKind = 'crops' | 'photos'

export interface Embedded {
  /** By path; photos without a face are missing. */
  readonly embeddings: ReadonlyMap<string, FaceEmbedding>
  readonly withoutFace: readonly string[]
  /** Photos that could not be read or decoded, or are no crop where crops were asked for. */
  readonly damaged: readonly string[]
}

export interface EmbedPhotosOptions {
  /** Told how many photos are done. */
  readonly progress?: (done: number) => void
  /** Told of each damaged photo, which then is skipped. Without it such a photo ends the work. */
  readonly onDamaged?: (path: string, error: SeesawFaceError) => void
  readonly signal?: AbortSignal
}

/** Decoding runs beside inference: a few photos at a time keep both busy. */
const atATime = 4

async function forEachConcurrently<T>(
  items: readonly T[],
  job: (item: T) => Promise<void>
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await job(item)
  }
  await Promise.all(Array.from({ length: atATime }, worker))
}

async function cropBytes(path: string): Promise<Uint8Array> {
  const { data, width, height, format } = await decodeImage(path)
  if (width !== cropSize || height !== cropSize || format !== 'rgb') {
    throw new InvalidArgumentError(
      'crops',
      `"${path}" is not an RGB crop of ${cropSize}×${cropSize} pixels; is it a whole photo?`
    )
  }
  return data
}

/** What is wrong with one photo says nothing about the others. */
function isAboutOnePhoto(error: unknown): error is SeesawFaceError {
  return (
    error instanceof ImageDecodeError ||
    error instanceof ImageTooLargeError ||
    (error instanceof InvalidArgumentError && error.argument === 'crops')
  )
}

/** Embeds each of `paths`, relative to `folder`. */
export async function embedPhotos(
  kind: PhotoKind,
  folder: string,
  paths: readonly string[],
  options: FaceRecognizerOptions,
  { progress, onDamaged, signal }: EmbedPhotosOptions = {}
): Promise<Embedded> {
  const embeddings = new Map<string, FaceEmbedding>()
  const withoutFace: string[] = []
  const damaged: string[] = []
  let first: SeesawFaceError | undefined
  const run = async (embed: (path: string) => Promise<FaceEmbedding>): Promise<void> =>
    forEachConcurrently(paths, async (path) => {
      signal?.throwIfAborted()
      try {
        embeddings.set(path, await embed(join(folder, path)))
      } catch (error) {
        if (error instanceof NoFaceError) withoutFace.push(path)
        else if (onDamaged !== undefined && isAboutOnePhoto(error)) {
          damaged.push(path)
          first ??= error
          onDamaged(path, error)
        } else throw error
      }
      progress?.(embeddings.size + withoutFace.length + damaged.length)
    })
  if (kind === 'crops') {
    await using embedder = await FaceEmbedder.open(options)
    await run(async (path) => embedder.embed(await cropBytes(path)))
  } else {
    await using recognizer = await FaceRecognizer.open(options)
    await run((path) => recognizer.embed(path))
  }
  if (first !== undefined && damaged.length === paths.length) {
    throw new InvalidArgumentError(
      'photos',
      `None of the ${paths.length} photos can be used. The first problem: ${first.message}`,
      { cause: first }
    )
  }
  return { embeddings, withoutFace, damaged }
}
