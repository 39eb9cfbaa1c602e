import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError } from '../../errors.js'
import { isPhotoName } from '../../photos/names.js'
import { csvField, isInside, linesOf, parseCsvTable } from '../csv.js'

/** Photos with who is on them: a folder for each person, or a list. */

export interface PersonPhoto {
  /** Relative to the folder of photos. */
  readonly path: string
  readonly person: string
  /** Relatives share one: pairs of them are neither the same person nor strangers. */
  readonly family?: string
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A folder of photos is a person. Sorted, so that no outcome depends on the file system. */
export async function photosInFolder(folder: string): Promise<PersonPhoto[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const photos: PersonPhoto[] = []
  const people = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  for (const person of people.sort(byName)) {
    const files = (await readdir(join(folder, person))).filter(isPhotoName).sort(byName)
    photos.push(...files.map((file) => ({ path: join(person, file), person })))
  }
  return photos
}

/** The list `path,person[,family]`. */
export function parsePhotoList(text: string): PersonPhoto[] {
  const fail = (line: number, problem: string): never => {
    throw new InvalidArgumentError('list', `line ${line} of the list of photos: ${problem}`)
  }
  const columns = ['path', 'person', 'family'] as const
  const { has, rows } = parseCsvTable(linesOf(text), columns, ['path', 'person'], fail)
  const seen = new Map<string, number>()
  const familyOf = new Map<string, string>()
  return rows.map(({ line, field }): PersonPhoto => {
    const [path, person, family] = [field('path'), field('person'), field('family')]
    if (path === '') fail(line, 'a photo is missing')
    if (person === '') fail(line, 'a person is missing')
    if (!isInside(path)) fail(line, `"${path}" must be a path inside the folder of photos`)
    const before = seen.get(path)
    if (before !== undefined) fail(line, `duplicate of line ${before}`)
    seen.set(path, line)
    const known = familyOf.get(person)
    if (known !== undefined && known !== family) {
      fail(line, `"${person}" is in family "${known}" and in family "${family}"`)
    }
    familyOf.set(person, family)
    return { path, person, ...(has('family') && family !== '' && { family }) }
  })
}

export function formatPhotoList(photos: readonly PersonPhoto[]): string {
  const hasFamilies = photos.some(({ family }) => family !== undefined)
  const heading = hasFamilies ? 'path,person,family' : 'path,person'
  const rows = photos.map(({ path, person, family = '' }) =>
    (hasFamilies ? [path, person, family] : [path, person]).map(csvField).join(',')
  )
  return `${[heading, ...rows].join('\n')}\n`
}

export interface Exclusion {
  readonly kept: readonly PersonPhoto[]
  readonly people: number
  readonly photos: number
}

/** Without those people, or single photos. */
export function exclude(
  photos: readonly PersonPhoto[],
  peopleOrPaths: ReadonlySet<string>
): Exclusion {
  const isOut = ({ path, person }: PersonPhoto): boolean =>
    peopleOrPaths.has(person) || peopleOrPaths.has(path.replaceAll('\\', '/'))
  const kept = photos.filter((photo) => !isOut(photo))
  const count = (list: readonly PersonPhoto[]): number =>
    new Set(list.map(({ person }) => person)).size
  return { kept, people: count(photos) - count(kept), photos: photos.length - kept.length }
}
