import { type AbortOptions, signalOf } from '../abort.js'
import { checkOptions } from '../check.js'
import type { FaceEmbedder } from '../embedder.js'
import { InvalidArgumentError } from '../errors.js'
import { checkOptionKeys } from '../keys.js'
import { GalleryModelError } from './errors.js'
import { upgradeKeys } from './options.js'
import { numberOf, textOf } from './store/connection.js'
import type { Store } from './store/store.js'
import type { ModelIdentity, UpgradeOptions } from './types.js'

/** What embeds the kept crops: `FaceEmbedder` has it all. */
export type CropEmbedder = Pick<FaceEmbedder, 'manifest' | 'precision' | 'embed'>

/** Photos embedded between two writings: what is lost when the process ends. */
const batch = 16

interface Waiting {
  readonly person: string
  readonly photo: string
}

function waiting(store: Store, model: number, limit: number): Waiting[] {
  return store.db
    .all(
      `SELECT person, id FROM photo WHERE NOT EXISTS
         (SELECT 1 FROM embedding WHERE photo = photo.id AND model = ?)
       ORDER BY row LIMIT ?`,
      model,
      limit
    )
    .map((row) => ({ person: textOf(row, 'person'), photo: textOf(row, 'id') }))
}

function checkCrops(store: Store): void {
  const row = store.db.get(
    'SELECT count(*) AS photos, count(DISTINCT person) AS people FROM photo WHERE crop IS NULL'
  )
  const [photos, people] = [numberOf(row ?? {}, 'photos'), numberOf(row ?? {}, 'people')]
  if (photos === 0) return
  throw new GalleryModelError(
    `Of ${photos} photos of ${people} people no crop was kept: remove them, or enrol those people ` +
      "anew, and open with keep: 'crops' for the next change of model"
  )
}

async function embedSome(
  store: Store,
  embedder: CropEmbedder,
  model: number,
  some: readonly Waiting[],
  options: AbortOptions
): Promise<void> {
  const made = await Promise.all(
    some.map(async ({ person: id, photo }) => {
      const { records } = store
      const person = records.person(id)
      const crop = person && records.crop(person, photo)
      return crop && { id, photo, embedding: await embedder.embed(crop, options) }
    })
  )
  await store.change((state) => {
    const { records } = store
    for (const each of made) {
      if (each === undefined) continue // removed meanwhile
      const person = records.person(each.id)
      const photo = person && records.photos(person).find(({ id }) => id === each.photo)
      if (person === undefined || photo === undefined) continue
      const { vector } = each.embedding
      const quality = photo.quality?.overall ?? 1
      records.addEmbedding(person, model, { photo: photo.id, vector, quality })
    }
    return { state, result: undefined }
  })
}

/** Embeds all kept crops with another model, then compares people by that; can be continued. */
export async function upgrade(
  store: Store,
  embedder: CropEmbedder,
  options: UpgradeOptions
): Promise<{ readonly photos: number }> {
  checkOptions('embedder', embedder)
  checkOptionKeys('options', options, upgradeKeys)
  if (typeof embedder.embed !== 'function' || typeof embedder.manifest !== 'object') {
    throw new InvalidArgumentError('embedder', 'embedder must be a FaceEmbedder')
  }
  signalOf(options)
  await store.refresh()
  const { manifest, precision } = embedder
  const { name, files, output } = manifest
  const identity: ModelIdentity = { name, sha256: files.bin.sha256, precision, size: output.size }
  const { state } = store
  if (state.model === null) return { photos: 0 }
  const model = await store.change((now) => ({
    state: now,
    result: store.records.addModel(identity)
  }))
  if (state.model === model) return { photos: 0 }
  let photos = 0
  for (;;) {
    checkCrops(store)
    const total = store.state.photos
    for (let some = waiting(store, model, batch); some.length > 0; ) {
      options.signal?.throwIfAborted()
      await embedSome(store, embedder, model, some, options)
      photos += some.length
      const left = waiting(store, model, total + 1).length
      options.onProgress?.(total - left, total)
      some = waiting(store, model, batch)
    }
    const isDone = await store.change((now) => {
      // Somebody may have been enrolled since.
      if (waiting(store, model, 1).length > 0) return { state: now, result: false }
      store.db.run('DELETE FROM embedding WHERE model != ?', model)
      store.db.run('DELETE FROM model WHERE id != ?', model)
      store.log.add('model')
      return { state: { ...now, model }, result: true }
    })
    if (isDone) break
  }
  await store.db.emptyLog()
  return { photos }
}
