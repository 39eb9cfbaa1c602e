import { readFile, stat } from 'node:fs/promises'
import type { Precision } from '../embeddings/precision.js'
import {
  type Embedded,
  type EmbedPhotosOptions,
  embedPhotos,
  type PhotoKind
} from '../evaluation/embed-photos.js'
import { defaultEmbedderModel } from '../models/load.js'
import { type Arguments, openOptions, UsageError } from './arguments.js'
import { progressBar } from './progress.js'

/** What the commands that work through a folder of photos have in common. */

export const folderOptions = {
  photos: { type: 'string' },
  crops: { type: 'string' },
  dataset: { type: 'string' },
  write: { type: 'boolean' }
} as const

export interface PhotoFolder {
  readonly kind: PhotoKind
  readonly folder: string
  readonly model: string
  readonly modelDir: string | undefined
  readonly precision: Precision
  embed(paths: readonly string[], options?: EmbedPhotosOptions): Promise<Embedded>
}

export async function photoFolder(options: Arguments): Promise<PhotoFolder> {
  const photos = options.text('photos')
  const crops = options.text('crops')
  const folder = photos ?? crops
  if (folder === undefined || (photos !== undefined && crops !== undefined)) {
    throw new UsageError('give either --photos DIR (whole photos) or --crops DIR (aligned faces)')
  }
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) throw new UsageError(`"${folder}" is not a folder`)
  const kind = photos === undefined ? 'crops' : 'photos'
  const open = openOptions(options)
  return {
    kind,
    folder,
    model: open.model ?? defaultEmbedderModel,
    modelDir: open.modelDir,
    precision: open.precision ?? 'fp32',
    embed: (paths, more = {}) =>
      embedPhotos(kind, folder, paths, open, {
        progress: progressBar('embedding', paths.length),
        ...more
      })
  }
}

export async function readList(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`the ${what} "${path}" cannot be read: ${reason}`)
  }
}
