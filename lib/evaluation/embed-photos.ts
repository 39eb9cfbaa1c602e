import { join } from 'node:path'
import { cropSize } from '../faces/crop.js'
import {
  decodeImage,
  FaceEmbedder,
  type FaceEmbedding,
  FaceRecognizer,
  type FaceRecognizerOptions,
  NoFaceError
} from '../index.js'

/** What the photos are: aligned 112×112 crops, or whole photos for the whole pipeline. */
export type PhotoKind = 'crops' | 'photos'

export interface Embedded {
  /** By path; photos without a face are missing. */
  readonly embeddings: ReadonlyMap<string, FaceEmbedding>
  readonly withoutFace: readonly string[]
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
    throw new Error(`"${path}" is not an RGB crop of 112×112 pixels; whole photos take --photos`)
  }
  return data
}

/** Embeds each of `paths`, relative to `folder`; `progress` is told how many are done. */
export async function embedPhotos(
  kind: PhotoKind,
  folder: string,
  paths: readonly string[],
  options: FaceRecognizerOptions,
  progress: (done: number) => void = () => undefined
): Promise<Embedded> {
  const embeddings = new Map<string, FaceEmbedding>()
  const withoutFace: string[] = []
  const run = async (embed: (path: string) => Promise<FaceEmbedding>): Promise<void> =>
    forEachConcurrently(paths, async (path) => {
      try {
        embeddings.set(path, await embed(join(folder, path)))
      } catch (error) {
        if (!(error instanceof NoFaceError)) throw error
        withoutFace.push(path)
      }
      progress(embeddings.size + withoutFace.length)
    })
  if (kind === 'crops') {
    await using embedder = await FaceEmbedder.open(options)
    await run(async (path) => embedder.embed(await cropBytes(path)))
  } else {
    await using recognizer = await FaceRecognizer.open(options)
    await run((path) => recognizer.embed(path))
  }
  return { embeddings, withoutFace }
}
