import { checkOptions, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { PersonExistsError, PersonNotFoundError } from './errors.js'
import type { PersonRecord, Records } from './store/records.js'
import type { Json, Person } from './types.js'

/** A person: by id, by name, or as the gallery gave it. */
export type PersonRef = string | { readonly id: string }

const longestName = 200
const mostDetails = 65_536
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
// Control characters and what turns the direction of text.
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** A name as it is kept: the same letters are the same characters. */
export function checkName(name: unknown): string {
  if (typeof name !== 'string') {
    throw new InvalidArgumentError('name', `name must be a string, not ${show(name)}`)
  }
  const kept = name.normalize('NFC').trim()
  if (kept === '' || kept.length > longestName || unprintable.test(kept)) {
    throw new InvalidArgumentError(
      'name',
      `name must have 1 to ${longestName} printable characters, unlike ${show(name)}`
    )
  }
  if (idPattern.test(kept)) {
    throw new InvalidArgumentError('name', `name must not look like an id, as ${show(name)} does`)
  }
  return kept
}

/** Details as JSON keeps them. */
export function checkDetails(details: unknown): Json {
  let text: string | undefined
  try {
    text = JSON.stringify(details)
  } catch (cause) {
    throw new InvalidArgumentError('details', `details cannot be JSON: ${String(cause)}`, { cause })
  }
  if (text === undefined) {
    throw new InvalidArgumentError('details', `details must be JSON, not ${show(details)}`)
  }
  if (Buffer.byteLength(text) > mostDetails) {
    throw new InvalidArgumentError(
      'details',
      `details must be at most ${mostDetails} bytes as JSON`
    )
  }
  return JSON.parse(text)
}

/** The id or the name that a reference holds. */
function textOf(argument: string, who: PersonRef): string {
  if (typeof who === 'string') return who
  checkOptions(argument, who)
  if (typeof who.id === 'string') return who.id
  throw new InvalidArgumentError(argument, `${argument} must be a person, an id or a name`)
}

export function findPerson(records: Records, argument: string, who: PersonRef): PersonRecord {
  const text = textOf(argument, who)
  const id = idPattern.test(text) ? text : records.idOfName(text.normalize('NFC').trim())
  const person = id === undefined ? undefined : records.person(id)
  if (person !== undefined) return person
  throw new PersonNotFoundError(`Nobody in the gallery has the id or name ${show(text)}`)
}

export function checkNameFree(records: Records, name: string, except?: string): void {
  const owner = records.idOfName(name)
  if (owner === undefined || owner === except) return
  throw new PersonExistsError(
    `Somebody in the gallery is called ${show(name)} already: add photos to that person, or choose another name`
  )
}

/** A person as users see one. */
export function personOf(records: Records, record: PersonRecord): Person {
  const { id, name, details, created } = record
  const photos = records.photos(record).map(({ id: photo, quality, added, cropKept }) => ({
    id: photo,
    quality,
    added: new Date(added),
    cropKept
  }))
  return { id, name, details, photos, created: new Date(created) }
}
