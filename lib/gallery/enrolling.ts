import { randomUUID } from 'node:crypto'
import { checkBoolean } from '../check.js'
import { checkOptionKeys } from '../keys.js'
import {
  addFaces,
  agreementThreshold,
  checkCombines,
  disagreements,
  duplicate,
  embeddingRecord,
  nearest,
  refuse,
  resemblances
} from './enrolment.js'
import {
  checkModel,
  checkPhotos,
  type FaceSource,
  type KnownPhoto,
  modelOfRecognizer,
  type PreparedFace
} from './faces.js'
import { enrolKeys } from './options.js'
import {
  checkDetails,
  checkName,
  checkNameFree,
  findPerson,
  type PersonRef,
  personOf
} from './people.js'
import type { PersonRecord, PhotoRecord } from './store/records.js'
import type { State, Store } from './store/store.js'
import type { Enrolment, EnrolmentWarning, EnrolOptions, FaceInput } from './types.js'

/** Who gets the photos: somebody new, or somebody who is there. */
type Target =
  | { readonly name: string; readonly details: EnrolOptions['details'] }
  | { readonly who: PersonRef }

/** How often others may change the gallery between looking and writing before we write anyway. */
const mostTries = 5
/** How many people that resemble one are told of. */
const mostResemblances = 3

interface Marked {
  readonly face: PreparedFace
  readonly mark: Uint8Array
}

interface Plan {
  readonly person: PersonRecord | undefined
  readonly faces: readonly Marked[]
  readonly warnings: readonly EnrolmentWarning[]
  /** The last change that was seen while it was made. */
  readonly seq: number
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export class Enroller {
  readonly #store: Store
  readonly #source: FaceSource
  readonly #keep: boolean

  constructor(store: Store, source: FaceSource, keep: boolean) {
    this.#store = store
    this.#source = source
    this.#keep = keep
  }

  enroll(
    name: string,
    photos: FaceInput | readonly FaceInput[],
    options: EnrolOptions
  ): Promise<Enrolment> {
    const { details = null } = options
    const target = { name: checkName(name), details: checkDetails(details) }
    return this.#add(target, photos, options)
  }

  addPhotos(
    who: PersonRef,
    photos: FaceInput | readonly FaceInput[],
    options: EnrolOptions
  ): Promise<Enrolment> {
    return this.#add({ who }, photos, options)
  }

  async #add(
    target: Target,
    photos: FaceInput | readonly FaceInput[],
    options: EnrolOptions
  ): Promise<Enrolment> {
    checkOptionKeys('options', options, enrolKeys)
    const { strict = false } = options
    checkBoolean('strict', strict)
    const list = checkPhotos(photos)
    await this.#store.refresh()
    // What can be refused before any photo is looked at.
    this.#checkModel()
    const known = this.#find(target)
    const before = known === undefined ? [] : this.#store.records.photos(known)
    const isKnown = (content: Uint8Array): boolean => {
      const mark = this.#store.photoMark(content)
      return before.some((photo) => isSame(photo.mark, mark))
    }
    const faces = await this.#source.prepare(list, options, this.#keep, isKnown)
    for (let tries = 1; ; tries++) {
      const plan = await this.#plan(target, faces)
      options.signal?.throwIfAborted()
      refuse(strict, plan.warnings)
      const done = await this.#store.change((state) => {
        const isNews = this.#store.log.last() !== plan.seq
        if (isNews && tries < mostTries) return { state, result: undefined }
        return this.#write(target, plan, state)
      })
      if (done !== undefined) return { person: done, warnings: plan.warnings }
      await this.#store.refresh()
    }
  }

  /** The model that people are compared by, if any are: it must be the recogniser's. */
  #checkModel(): void {
    const { model } = this.#store.state
    if (model === null) return
    checkModel(this.#store.records.model(model), modelOfRecognizer(this.#source.recognizer))
  }

  /** The person who is there; undefined for a new one, whose name must be free. */
  #find(target: Target): PersonRecord | undefined {
    const { records } = this.#store
    if ('who' in target) return findPerson(records, 'who', target.who)
    checkNameFree(records, target.name)
    return undefined
  }

  async #plan(target: Target, faces: readonly (PreparedFace | KnownPhoto)[]): Promise<Plan> {
    await this.#store.refresh()
    const { records, index, seq, state } = this.#store
    this.#checkModel()
    const person = this.#find(target)
    const name = 'who' in target ? (person?.name ?? '') : target.name
    const before = person === undefined ? [] : records.photos(person)
    const { fresh, warnings } = this.#withoutDuplicates(name, faces, before)
    if (fresh.length === 0) return { person, faces: fresh, warnings, seq }
    const known =
      person === undefined || state.model === null ? [] : records.embeddings(person, state.model)
    const { recognizer } = this.#source
    checkCombines([...fresh.map(({ face }) => embeddingRecord('', face)), ...known])
    const disagreeing = disagreements(
      name,
      fresh.map(({ face }) => ({ label: faces.indexOf(face), vector: face.embedding.vector })),
      known.map(({ photo, vector }) => ({ label: photo, vector })),
      agreementThreshold(recognizer)
    )
    const fromFresh = fresh.map(({ face }) => face)
    const hits = await nearest(index, fromFresh, mostResemblances + 1)
    const others = hits.filter((hit) => hit.person !== person?.id).slice(0, mostResemblances)
    const alike = resemblances(name, others, recognizer, this.#store)
    return { person, faces: fresh, warnings: [...warnings, ...disagreeing, ...alike], seq }
  }

  #withoutDuplicates(
    name: string,
    faces: readonly (PreparedFace | KnownPhoto)[],
    before: readonly PhotoRecord[]
  ): { fresh: Marked[]; warnings: EnrolmentWarning[] } {
    const fresh: Marked[] = []
    const warnings: EnrolmentWarning[] = []
    for (const [i, face] of faces.entries()) {
      const mark = this.#store.photoMark(face.content)
      const isKnown = [...before, ...fresh].some((other) => isSame(other.mark, mark))
      // What was known when we looked is a duplicate, whatever has been removed since.
      if (isKnown || face.embedding === undefined) warnings.push(duplicate(name, i))
      else fresh.push({ face, mark })
    }
    return { fresh, warnings }
  }

  #write(target: Target, { faces }: Plan, state: State) {
    const { records, log } = this.#store
    const found = this.#find(target)
    const model = state.model ?? records.addModel(modelOfRecognizer(this.#source.recognizer))
    this.#checkModel()
    let person = found
    if ('name' in target) {
      const { name, details = null } = target
      person = { id: randomUUID(), key: records.newKey(), name, details, created: Date.now() }
      records.addPerson(person)
    }
    if (person === undefined) throw new Error('a person is found or made')
    addFaces(records, person, model, faces)
    if (faces.length > 0) log.add(found === undefined ? 'enrolled' : 'updated', person.id)
    return {
      state: {
        ...state,
        model,
        people: state.people + (found === undefined ? 1 : 0),
        photos: state.photos + faces.length
      },
      result: personOf(records, person)
    }
  }
}
