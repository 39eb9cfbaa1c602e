import { checkBoolean, checkInteger, checkOneOf, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { checkOptionKeys, picked } from '../keys.js'
import {
  type BatchInputs,
  type BatchOptions,
  type BatchResult,
  batchKeys,
  checkBatch,
  runBatch
} from '../work/batch.js'
import { exportGallery, importGallery } from './archive.js'
import { calibrationFor, usesTemplates } from './decisions.js'
import { Enroller } from './enrolling.js'
import { checkRecognizer, FaceSource } from './faces.js'
import { checkIdentifyOptions, Identifier } from './identifying.js'
import { backup, examine, rekey } from './keeping.js'
import { NativeIndex } from './native-index.js'
import { galleryKeys, identifyKeys } from './options.js'
import {
  checkDetails,
  checkName,
  checkNameFree,
  findPerson,
  type PersonRef,
  personOf
} from './people.js'
import { mergePeople, removePerson, removePhoto } from './removing.js'
import { secretOf } from './sealing/key-source.js'
import { PlainScan } from './search.js'
import type { PersonRecord } from './store/records.js'
import { type Memory, Store } from './store/store.js'
import type {
  Enrolment,
  EnrolOptions,
  FaceInput,
  GalleryChange,
  GalleryCounts,
  GalleryKey,
  GalleryOptions,
  GalleryRecognizer,
  Identification,
  IdentifyOptions,
  Imported,
  ImportOptions,
  Integrity,
  Json,
  Person,
  Removal,
  UpgradeOptions
} from './types.js'
import { type CropEmbedder, upgrade } from './upgrading.js'
import { type WatchOptions, watchChanges } from './watching.js'

const defaultLockTimeout = 10_000

/** Without a recogniser nobody is searched for: neither addon nor thresholds are needed. */
function memoryFor(recognizer: GalleryRecognizer | undefined): Memory {
  if (recognizer === undefined) {
    return { newIndex: () => new PlainScan(), comparison: 'template' }
  }
  const comparison = usesTemplates(calibrationFor(recognizer)) ? 'template' : 'photos'
  return { newIndex: () => new NativeIndex(), comparison }
}

/**
 * People known by their faces, in one encrypted file, and who of them a face is:
 *
 * ```ts
 * await using gallery = await Gallery.open('people.gallery', { recognizer, key })
 * await gallery.enroll('Ada', ['a1.jpg', 'a2.jpg'])
 * const { person } = await gallery.identify('door.jpg', { fpir: 0.01 })
 * ```
 *
 * What a promise that has resolved says was done is on the disk. Several processes may have one
 * gallery open; one at a time writes.
 */
export class Gallery {
  readonly #store: Store
  readonly #enroller: Enroller | undefined
  readonly #identifier: Identifier | undefined

  private constructor(store: Store, source: FaceSource | undefined, keep: boolean) {
    this.#store = store
    this.#enroller = source && new Enroller(store, source, keep)
    this.#identifier = source && new Identifier(store, source)
  }

  static async open(path: string, options: GalleryOptions): Promise<Gallery> {
    if (typeof path !== 'string' || path === '') {
      throw new InvalidArgumentError('path', `path must be the path of a file, not ${show(path)}`)
    }
    checkOptionKeys('options', options, galleryKeys)
    const { recognizer, create = true, keep = 'nothing', readOnly = false } = options
    const { lockTimeout = defaultLockTimeout } = options
    checkBoolean('create', create)
    checkBoolean('readOnly', readOnly)
    checkOneOf('keep', keep, ['nothing', 'crops'])
    checkInteger('lockTimeout', lockTimeout, 0, 3_600_000)
    if (recognizer !== undefined) checkRecognizer(recognizer)
    const secret = await secretOf(options.key)
    const connection = { create, readOnly, lockTimeout }
    const store = await Store.open(path, secret, memoryFor(recognizer), connection)
    const source = recognizer && new FaceSource(recognizer)
    return new Gallery(store, source, keep === 'crops')
  }

  get path(): string {
    return this.#store.path
  }

  /** How many people there are, as far as this process has seen. */
  get size(): number {
    return this.#store.state.people
  }

  #needs<T>(part: T | undefined): T {
    this.#store.checkOpen()
    if (part !== undefined) return part
    throw new InvalidArgumentError(
      'recognizer',
      'Open the gallery with a recognizer to enrol or identify people'
    )
  }

  /**
   * Adds a person with one photo or several: all of them, or nothing. Says when the photos disagree
   * with each other, or resemble somebody enrolled; with `strict`, that is an error.
   */
  async enroll(
    name: string,
    photos: FaceInput | readonly FaceInput[],
    options: EnrolOptions = {}
  ): Promise<Enrolment> {
    return this.#needs(this.#enroller).enroll(name, photos, options)
  }

  /** Adds photos to a person: all of them, or nothing. Photos that are there already are passed over. */
  async addPhotos(
    who: PersonRef,
    photos: FaceInput | readonly FaceInput[],
    options: EnrolOptions = {}
  ): Promise<Enrolment> {
    return this.#needs(this.#enroller).addPhotos(who, photos, options)
  }

  /** Who it is, or nobody: the threshold follows from the FPIR asked for and the number of people. */
  async identify(face: FaceInput, options: IdentifyOptions = {}): Promise<Identification> {
    checkOptionKeys('options', options, identifyKeys)
    return this.#needs(this.#identifier).identify(face, options)
  }

  /** Identifies many, a few at a time, in their order: like `FaceRecognizer.embedAll`. */
  identifyAll<Face extends FaceInput>(
    faces: BatchInputs<Face>,
    options: IdentifyOptions & BatchOptions = {}
  ): AsyncGenerator<BatchResult<Face, Identification>, void, undefined> {
    const identifier = this.#needs(this.#identifier)
    checkOptionKeys('options', options, identifyKeys, batchKeys)
    checkBatch('faces', faces, options)
    checkIdentifyOptions(options)
    return runBatch(faces, options, (face, signal) =>
      identifier.identify(face, { ...picked(options, identifyKeys), signal })
    )
  }

  /** Everybody, in the order of enrolment. */
  async list(): Promise<Person[]> {
    await this.#store.refresh()
    const { records } = this.#store
    return records.everybody().map((record) => personOf(records, record))
  }

  async get(who: PersonRef): Promise<Person> {
    await this.#store.refresh()
    const { records } = this.#store
    return personOf(records, findPerson(records, 'who', who))
  }

  rename(who: PersonRef, name: string): Promise<Person> {
    const kept = checkName(name)
    return this.#update(who, (person) => {
      checkNameFree(this.#store.records, kept, person.id)
      return { ...person, name: kept }
    })
  }

  setDetails(who: PersonRef, details: Json): Promise<Person> {
    const kept = checkDetails(details)
    return this.#update(who, (person) => ({ ...person, details: kept }))
  }

  async #update(who: PersonRef, change: (person: PersonRecord) => PersonRecord): Promise<Person> {
    const store = this.#store
    const person = await store.change((state) => {
      const changed = change(findPerson(store.records, 'who', who))
      store.records.updatePerson(changed)
      store.log.add('updated', changed.id)
      return { state, result: personOf(store.records, changed) }
    })
    // What it was called before is in nobody's way, and not to be found in the file either.
    await store.db.emptyLog()
    return person
  }

  /** Gives all photos of one person to another and removes the first. */
  merge(into: PersonRef, from: PersonRef): Promise<Person> {
    return mergePeople(this.#store, into, from)
  }

  /** Removes one photo of a person; the last one goes with the person only. */
  removePhoto(who: PersonRef, photo: string): Promise<Removal> {
    return removePhoto(this.#store, who, photo)
  }

  /** Removes a person with everything that was kept, so that it cannot be read from the file again. */
  remove(who: PersonRef): Promise<Removal> {
    return removePerson(this.#store, who)
  }

  async counts(): Promise<GalleryCounts> {
    await this.#store.refresh()
    const { state, records } = this.#store
    const { people, photos, model } = state
    const identity = model === null ? undefined : records.model(model)
    return { people, photos, crops: records.cropCount(), model: identity }
  }

  /**
   * What happens to the gallery from now on, here and in other processes, or since the change with
   * the number `since`. Ends when the gallery is closed.
   */
  changes(options: WatchOptions = {}): AsyncGenerator<GalleryChange, void, undefined> {
    this.#store.checkOpen()
    return watchChanges(this.#store, options)
  }

  /** Writes everybody into one encrypted file, which `import` of another gallery reads. */
  export(path: string, options: { readonly key: GalleryKey }): Promise<void> {
    checkOptionKeys('options', options, ['key'])
    return exportGallery(this.#store, path, options.key)
  }

  /** Takes in everybody of an export, or nobody. */
  import(path: string, options: ImportOptions): Promise<Imported> {
    return importGallery(this.#store, path, options)
  }

  /** A copy of the file as of this moment, with the same key; others may read and write meanwhile. */
  backup(path: string): Promise<void> {
    return backup(this.#store, path)
  }

  /** Opens and checks everything that is kept. */
  check(): Promise<Integrity> {
    return examine(this.#store)
  }

  /** Examines a file that may be too damaged to be opened; changes nothing. */
  static async check(path: string, options: { readonly key: GalleryKey }): Promise<Integrity> {
    checkOptionKeys('options', options, ['key'])
    const secret = await secretOf(options.key)
    const how = { create: false, readOnly: true, lockTimeout: defaultLockTimeout, unread: true }
    const store = await Store.open(path, secret, memoryFor(undefined), how)
    try {
      return await examine(store)
    } finally {
      store.close()
    }
  }

  /**
   * Puts another key in the place of the present one and seals everything anew, at once or not at
   * all. Keep both keys until the promise has resolved. Other processes have to open it again.
   */
  rekey(key: GalleryKey): Promise<void> {
    return rekey(this.#store, key)
  }

  /**
   * Embeds the kept crops with another model, by which people are compared from then on: open the
   * gallery with a recogniser of that model. Until all is done the old model stays in use; a call
   * that was stopped is continued by the next.
   */
  upgrade(
    embedder: CropEmbedder,
    options: UpgradeOptions = {}
  ): Promise<{ readonly photos: number }> {
    return upgrade(this.#store, embedder, options)
  }

  /** Ends the use of the gallery. Calls under way reject with ClosedError. May be called again. */
  async close(): Promise<void> {
    this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
