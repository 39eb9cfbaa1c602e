import type { EnrolmentWarning, Person } from '../../gallery/index.js'
import { complain, print, printFields, printJson } from '../output.js'

/** People as the command line shows them. */

/** What is printed of a person as JSON. */
export function personJson({ id, name, details, photos, created }: Person): object {
  return {
    id,
    name,
    details,
    created: created.toISOString(),
    photos: photos.map(({ id: photo, quality, added, cropKept }) => ({
      id: photo,
      added: added.toISOString(),
      quality: quality?.overall,
      cropKept
    }))
  }
}

export const photosOf = ({ photos }: Person): string =>
  photos.length === 1 ? '1 photo' : `${photos.length} photos`

export function tellPerson(person: Person, json: boolean): void {
  if (json) {
    printJson(personJson(person))
    return
  }
  print(person.name)
  printFields([
    ['id', person.id],
    ['enrolled', person.created.toISOString()],
    ...(person.details === null
      ? []
      : [['details', JSON.stringify(person.details)] as [string, string]]),
    ...person.photos.map(({ id, quality, added }, i): [string, string] => [
      i === 0 ? 'photos' : '',
      `${id}, added ${added.toISOString().slice(0, 10)}` +
        (quality === undefined ? '' : `, quality ${quality.overall.toFixed(2)}`)
    ])
  ])
}

/** Warnings go to stderr; JSON has them in its own output. */
export function tellWarnings(warnings: readonly EnrolmentWarning[], json: boolean): void {
  if (json) return
  for (const { message } of warnings) complain(`warning: ${message}`)
}
