import { randomBytes, randomUUID } from 'node:crypto'
import { GalleryCorruptError, PersonExistsError } from './errors.js'
import { checkModel } from './faces.js'
import type { PersonRecord, PhotoRecord } from './store/records.js'
import type { State, Store } from './store/store.js'
import type { Imported, ImportOptions, ModelIdentity } from './types.js'

/** A person in an export. Sealed there, so that what is read was written by `exportPerson`. */
interface Carried extends Omit<PersonRecord, 'key'> {
  readonly photos: readonly (Omit<PhotoRecord, 'mark' | 'cropKept'> & {
    readonly mark: string
    readonly crop: string | null
    readonly weight: number
    readonly vector: string
  })[]
}

interface Head {
  readonly model: ModelIdentity | null
  readonly marking: string
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))

/** Everything of one person; undefined when it was removed meanwhile. */
export function exportPerson({ records, state }: Store, id: string): Carried | undefined {
  const person = records.person(id)
  if (person === undefined || state.model === null) return undefined
  const { key: _, ...rest } = person
  const embeddings = records.embeddings(person, state.model)
  const photos = records.photos(person).map(({ cropKept: _kept, mark, ...photo }, i) => {
    const embedding = embeddings[i]
    if (embedding?.photo !== photo.id) {
      throw new GalleryCorruptError(`Person ${id} has photos without embeddings`)
    }
    const crop = records.crop(person, photo.id)
    const { vector, quality: weight } = embedding
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
    return {
      ...photo,
      mark: base64(mark),
      crop: crop === undefined ? null : base64(crop),
      weight,
      vector: base64(bytes)
    }
  })
  return { ...rest, photos }
}

function addCarried(store: Store, carried: Carried, model: number, sameMarks: boolean): void {
  const { records } = store
  const { photos, ...rest } = carried
  const person = { ...rest, key: records.newKey() }
  records.addPerson(person)
  for (const { mark, crop, weight, vector, ...photo } of photos) {
    // Under another gallery's key they would be recognised never, or by chance.
    const kept = sameMarks ? fromBase64(mark) : randomBytes(32)
    // After a merge since, the photo may be there as somebody else's.
    const id = records.hasPhoto(photo.id) ? randomUUID() : photo.id
    const record = { ...photo, id, mark: kept }
    records.addPhoto(person, record, crop === null ? undefined : fromBase64(crop))
    const floats = new Float32Array(fromBase64(vector).buffer)
    records.addEmbedding(person, model, { photo: id, vector: floats, quality: weight })
  }
  store.log.add('enrolled', person.id)
}

/** Removes who is in the way of an imported person; how many photos that were. */
function makeRoom(store: Store, ids: ReadonlySet<string>): number {
  let photos = 0
  for (const id of ids) {
    const person = store.records.person(id)
    if (person === undefined) continue
    photos += store.records.photos(person).length
    store.records.removePerson(id)
    store.log.add('removed', id)
  }
  return photos
}

function takeIn(
  store: Store,
  pieces: Iterator<unknown>,
  onConflict: NonNullable<ImportOptions['onConflict']>,
  before: State
): { state: State; result: Imported } {
  const { records } = store
  const head = pieces.next().value as Head | undefined
  if (head === undefined) throw new GalleryCorruptError('The export holds nothing')
  let state = before
  const counts = { added: 0, skipped: 0, replaced: 0 }
  if (head.model === null) return { state, result: counts }
  if (state.model !== null) checkModel(records.model(state.model), head.model)
  const sameMarks = state.people === 0 || state.marking === head.marking
  const model = state.model ?? records.addModel(head.model)
  state = { ...state, model, marking: state.people === 0 ? head.marking : state.marking }
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    const carried = next.value as Carried
    const sameId = records.person(carried.id)?.id
    const sameName = records.idOfName(carried.name)
    const inTheWay = new Set([sameId, sameName].filter((id) => id !== undefined))
    if (inTheWay.size > 0 && onConflict === 'refuse') {
      throw new PersonExistsError(
        `${JSON.stringify(carried.name)} is in the gallery already: import with onConflict 'skip' or 'replace'`
      )
    }
    if (inTheWay.size > 0 && onConflict === 'skip') {
      counts.skipped++
      continue
    }
    const photos = state.photos - makeRoom(store, inTheWay) + carried.photos.length
    const people = state.people - inTheWay.size + 1
    state = { ...state, people, photos }
    addCarried(store, carried, model, sameMarks)
    if (inTheWay.size > 0) counts.replaced++
    else counts.added++
  }
  return { state: state.people === 0 ? before : state, result: counts }
}

export function importPeople(
  store: Store,
  pieces: Iterator<unknown>,
  onConflict: NonNullable<ImportOptions['onConflict']>
): Promise<Imported> {
  return store.change((state) => takeIn(store, pieces, onConflict, state))
}
