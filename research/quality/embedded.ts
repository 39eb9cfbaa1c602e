// Embeddings and faces of many photos, kept in a file so that they are computed once.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { progressBar } from '../../lib/cli/progress.js'
import { writeWhole } from '../../lib/files/whole-file.js'
import {
  type EmbedderManifest,
  type Face,
  FaceEmbedding,
  FaceRecognizer,
  NoFaceError
} from '../../lib/index.js'

interface Kept {
  readonly vector: string
  readonly face: Face
}

interface Cache {
  readonly modelSha256: string
  /** By path; null where no face was found. */
  readonly photos: Record<string, Kept | null>
}

async function readCache(path: string, modelSha256: string): Promise<Cache> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const empty = { modelSha256, photos: {} }
  if (text === undefined) return empty
  const cache = JSON.parse(text) as Cache
  return cache.modelSha256 === modelSha256 ? cache : empty
}

function bytesOf({ vector }: FaceEmbedding): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)
}

function vectorOf(kept: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(kept, 'base64')).buffer)
}

/**
 * The embedding of the most prominent face of each photo (paths relative to `folder`), as `embed`
 * gives it by default; photos without a face are missing. `cacheFile` gets what was not there yet;
 * what it holds of another model's weights is computed anew.
 */
export async function embedded(
  folder: string,
  paths: readonly string[],
  cacheFile: string
): Promise<{ embeddings: Map<string, FaceEmbedding>; manifest: EmbedderManifest }> {
  await using recognizer = await FaceRecognizer.open()
  const { manifest } = recognizer
  const modelSha256 = manifest.files.bin.sha256
  const { photos } = await readCache(cacheFile, modelSha256)
  const missing = [...new Set(paths)].filter((path) => !Object.hasOwn(photos, path))
  const onProgress = progressBar('embedding', missing.length)
  const files = missing.map((path) => join(folder, path))
  for await (const { index, value, error } of recognizer.embedAll(files, { onProgress })) {
    if (error !== undefined && !(error instanceof NoFaceError)) throw error
    const face = value?.face
    photos[missing[index] as string] =
      value && face ? { vector: bytesOf(value).toString('base64'), face } : null
  }
  if (missing.length > 0) await writeWhole(cacheFile, JSON.stringify({ modelSha256, photos }))
  const embeddings = new Map<string, FaceEmbedding>()
  const source = { model: manifest.name, modelSha256, precision: 'fp32' } as const
  for (const path of new Set(paths)) {
    const kept = photos[path]
    if (!kept) continue
    const { vector, face } = kept
    embeddings.set(path, new FaceEmbedding(vectorOf(vector), { ...source, face, faceCount: 1 }))
  }
  return { embeddings, manifest }
}
