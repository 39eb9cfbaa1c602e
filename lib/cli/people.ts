import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Embedded, embedPhotos } from '../evaluation/embed-photos.js'
import {
  exclude,
  formatPhotoList,
  type PersonPhoto,
  parsePhotoList,
  photosInFolder
} from '../evaluation/people/list.js'
import { type FaceMatrix, faceMatrix } from '../evaluation/people/matrix.js'
import { formatNpy, readNpy } from '../evaluation/people/npy.js'
import { writeWhole } from '../files/whole-file.js'
import { InvalidArgumentError, type Precision } from '../index.js'
import { defaultEmbedderModel, readManifest } from '../models/load.js'
import type { EmbedderManifest } from '../models/manifest.js'
import { type Arguments, openOptions, UsageError } from './arguments.js'
import { complain } from './output.js'
import { readList } from './photo-folder.js'
import { progressBar } from './progress.js'

/** What the commands that compare everybody with everybody have in common: people and their faces. */

export const peopleOptions = {
  crops: { type: 'boolean' },
  root: { type: 'string' },
  embeddings: { type: 'string' },
  'save-embeddings': { type: 'string' },
  exclude: { type: 'string' },
  dataset: { type: 'string' },
  seed: { type: 'string' }
} as const

export interface Faces {
  readonly faces: FaceMatrix
  /** Undefined for embeddings that were computed elsewhere. */
  readonly manifest: EmbedderManifest | undefined
  readonly precision: Precision
  readonly dataset: string
  readonly photos: number
  readonly withoutFace: readonly string[]
  readonly damaged: readonly string[]
  readonly excluded: { readonly people: number; readonly photos: number }
}

/** One name or path a line; what follows a # says why. */
export async function readExclusions(path: string): Promise<ReadonlySet<string>> {
  const text = await readList(path, 'list of exclusions')
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, '').trim())
  return new Set(lines.filter((line) => line !== ''))
}

interface Listed {
  readonly photos: readonly PersonPhoto[]
  readonly root: string
}

async function listed(source: string, root: string | undefined): Promise<Listed> {
  const found = await stat(source).catch(() => undefined)
  if (found === undefined) throw new UsageError(`no such folder or list: "${source}"`)
  if (found.isDirectory()) {
    if (root !== undefined) throw new UsageError('--root can only be used with a list')
    return { photos: await photosInFolder(source), root: source }
  }
  const photos = parsePhotoList(await readList(source, 'list of photos'))
  return { photos, root: root ?? dirname(source) }
}

function checkPeople(photos: readonly PersonPhoto[], source: string): void {
  if (new Set(photos.map(({ person }) => person)).size < 2) {
    throw new InvalidArgumentError(
      'photos',
      `"${source}" must name two people or more: a folder for each (FOLDER/PERSON/PHOTO), or a list ` +
        'path,person'
    )
  }
}

/** Without the people and photos of --exclude, which must exclude somebody. */
export async function withoutExcluded(
  photos: readonly PersonPhoto[],
  path: string | undefined
): Promise<{ kept: readonly PersonPhoto[]; people: number; photos: number }> {
  if (path === undefined) return { kept: photos, people: 0, photos: 0 }
  const result = exclude(photos, await readExclusions(path))
  if (result.photos === 0) {
    throw new InvalidArgumentError(
      'exclude',
      `--exclude: nobody and no photo on "${path}" is among the photos`
    )
  }
  return result
}

/** Damaged photos are told and skipped. */
export async function embedKept(
  options: Arguments,
  root: string,
  paths: readonly string[]
): Promise<Embedded> {
  return embedPhotos(
    options.flag('crops') ? 'crops' : 'photos',
    root,
    paths,
    openOptions(options),
    {
      progress: progressBar('embedding', paths.length),
      onDamaged: tellSkipped
    }
  )
}

export function tellSkipped(path: string, error: Error): void {
  const said = error.message.includes(path) ? error.message : `"${path}": ${error.message}`
  complain(`${said} (skipped)`)
}

async function save(path: string, faces: FaceMatrix, kept: readonly PersonPhoto[]): Promise<void> {
  const byPath = new Map(kept.map((photo) => [photo.path, photo]))
  const { rows, size, vectors } = faces
  await writeWhole(path, formatNpy({ rows, size, values: vectors }))
  await writeWhole(
    path.replace(/\.npy$/, '.csv'),
    formatPhotoList(faces.paths.map((photo) => byPath.get(photo) as PersonPhoto))
  )
}

async function embedderManifest(options: Arguments): Promise<EmbedderManifest> {
  const { model = defaultEmbedderModel, modelDir } = openOptions(options)
  const manifest = await readManifest(model, modelDir)
  if (manifest.kind !== 'embedder') {
    throw new UsageError(`"${model}" is not an embedding model`)
  }
  return manifest
}

export async function readFaces(options: Arguments): Promise<Faces> {
  const [source, ...more] = options.positionals
  if (source === undefined || more.length > 0) {
    throw new UsageError('give one folder of people, or one list path,person[,family]')
  }
  const file = options.text('embeddings')
  const target = options.text('save-embeddings')
  if (target !== undefined && !target.endsWith('.npy')) {
    throw new UsageError('--save-embeddings must name a .npy file')
  }
  if (file !== undefined && (target !== undefined || options.flag('crops'))) {
    throw new UsageError('--embeddings cannot be combined with --crops or --save-embeddings')
  }
  const { photos, root } = await listed(source, options.text('root'))
  const { kept, ...excluded } = await withoutExcluded(photos, options.text('exclude'))
  checkPeople(kept, source)
  const common = {
    precision: openOptions(options).precision ?? 'fp32',
    dataset: options.text('dataset') ?? source,
    photos: kept.length,
    excluded: { people: excluded.people, photos: excluded.photos }
  }
  if (file !== undefined) {
    const { rows, size, values } = await readNpy(file)
    if (rows !== photos.length) {
      throw new InvalidArgumentError(
        'embeddings',
        `"${file}" has ${rows} rows, "${source}" lists ${photos.length} photos`
      )
    }
    const rowOf = new Map(photos.map(({ path }, row) => [path, row]))
    const faces = faceMatrix(kept, ({ path }) => {
      const row = rowOf.get(path) as number
      return values.subarray(row * size, (row + 1) * size)
    })
    return { faces, manifest: undefined, ...common, withoutFace: [], damaged: [] }
  }
  const manifest = await embedderManifest(options)
  const embedded = await embedKept(
    options,
    root,
    kept.map(({ path }) => path)
  )
  const faces = faceMatrix(kept, ({ path }) => embedded.embeddings.get(path)?.vector)
  if (target !== undefined) await save(target, faces, kept)
  const { withoutFace, damaged } = embedded
  return { faces, manifest, ...common, withoutFace, damaged }
}
