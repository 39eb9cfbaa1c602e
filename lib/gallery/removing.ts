import { InvalidArgumentError } from '../errors.js'
import { findPerson, type PersonRef, personOf } from './people.js'
import type { Store } from './store/store.js'
import type { Person, Removal } from './types.js'

/** Rows go first; then the log that may hold them still is emptied. */
async function erased(store: Store): Promise<Removal> {
  return { erased: await store.db.emptyLog() }
}

export async function removePerson(store: Store, who: PersonRef): Promise<Removal> {
  await store.change((state) => {
    const { records, log } = store
    const person = findPerson(records, 'who', who)
    const photos = records.photos(person).length
    records.removePerson(person.id)
    log.add('removed', person.id)
    const people = state.people - 1
    return {
      // The last one takes the model along: the next may be enrolled with any.
      state: {
        ...state,
        people,
        photos: state.photos - photos,
        model: people ? state.model : null
      },
      result: undefined
    }
  })
  return erased(store)
}

export async function removePhoto(store: Store, who: PersonRef, photo: string): Promise<Removal> {
  await store.change((state) => {
    const { records, log } = store
    const person = findPerson(records, 'who', who)
    const photos = records.photos(person)
    if (!photos.some(({ id }) => id === photo)) {
      throw new InvalidArgumentError(
        'photo',
        `${JSON.stringify(person.name)} has no photo "${photo}"`
      )
    }
    if (photos.length === 1) {
      throw new InvalidArgumentError(
        'photo',
        `It is the only photo of ${JSON.stringify(person.name)}: remove the person instead`
      )
    }
    records.removePhoto(person.id, photo)
    log.add('updated', person.id)
    return { state: { ...state, photos: state.photos - 1 }, result: undefined }
  })
  return erased(store)
}

export async function mergePeople(store: Store, into: PersonRef, from: PersonRef): Promise<Person> {
  const merged = await store.change((state) => {
    const { records, log } = store
    const [kept, gone] = [findPerson(records, 'into', into), findPerson(records, 'from', from)]
    if (kept.id === gone.id) {
      throw new InvalidArgumentError('from', 'into and from are the same person')
    }
    const passedOver = records.movePhotos(gone, kept)
    records.removePerson(gone.id)
    log.add('merged', kept.id, gone.id)
    return {
      state: { ...state, people: state.people - 1, photos: state.photos - passedOver },
      result: personOf(records, kept)
    }
  })
  await store.db.emptyLog()
  return merged
}
