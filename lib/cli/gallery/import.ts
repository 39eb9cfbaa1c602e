import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { photosInFolder } from '../../evaluation/people/list.js'
import type { EnrolmentWarning, EnrolOptions, Gallery } from '../../gallery/index.js'
import { SeesawFaceError } from '../../index.js'
import { type Arguments, parseSearching, photoOptions, UsageError } from '../arguments.js'
import { complain, print, printJson } from '../output.js'
import { errorJson } from '../photos.js'
import { progressBar } from '../progress.js'
import { archiveKeyOptions } from './export.js'
import { defaultKeyFile, keyFrom, keyOptions, positionals, withGallery } from './open.js'

/** As many as one call takes. */
const photosAtOnce = 100

interface Failure {
  readonly photo: string
  readonly error: { readonly code: string; readonly message: string }
}

/** What became of one person's photos. */
interface Imported {
  readonly name: string
  readonly added: number
  /** In the gallery already. */
  readonly known: number
  readonly failed: readonly Failure[]
  readonly warnings: readonly EnrolmentWarning[]
}

/** Adds photos to the person of that name, who is enrolled with them if nobody is called so. */
class Importer {
  readonly #gallery: Gallery
  readonly #options: EnrolOptions
  readonly #names: Set<string>

  constructor(gallery: Gallery, options: EnrolOptions, names: Iterable<string>) {
    this.#gallery = gallery
    this.#options = options
    this.#names = new Set(names)
  }

  async #add(name: string, photos: readonly string[]): Promise<readonly EnrolmentWarning[]> {
    const { warnings } = this.#names.has(name)
      ? await this.#gallery.addPhotos(name, photos, this.#options)
      : await this.#gallery.enroll(name, photos, this.#options)
    this.#names.add(name)
    return warnings
  }

  /** All at once and, where one cannot be used, one after the other, to keep the rest. */
  async #addEach(name: string, photos: readonly string[], failed: Failure[]) {
    try {
      return await this.#add(name, photos)
    } catch (error) {
      this.#options.signal?.throwIfAborted()
      if (!(error instanceof SeesawFaceError)) throw error
      if (photos.length === 1) {
        failed.push({ photo: photos[0] as string, error: errorJson(error) })
        return []
      }
    }
    const warnings: EnrolmentWarning[] = []
    for (const photo of photos) warnings.push(...(await this.#addEach(name, [photo], failed)))
    return warnings
  }

  async person(name: string, photos: readonly string[]): Promise<Imported> {
    const failed: Failure[] = []
    const warnings: EnrolmentWarning[] = []
    for (let at = 0; at < photos.length; at += photosAtOnce) {
      warnings.push(...(await this.#addEach(name, photos.slice(at, at + photosAtOnce), failed)))
    }
    const known = warnings.filter(({ code }) => code === 'DUPLICATE_PHOTO').length
    const added = photos.length - failed.length - known
    const told = warnings.filter(({ code }) => code !== 'DUPLICATE_PHOTO')
    return { name, added, known, failed, warnings: told }
  }
}

/** FOLDER/PERSON/PHOTO. What is in the gallery already is not looked at again. */
async function importFolder(options: Arguments, path: string, folder: string): Promise<number> {
  const photos = await photosInFolder(folder)
  if (photos.length === 0) {
    throw new UsageError(`"${folder}" has no photos in folders of people (FOLDER/PERSON/PHOTO)`)
  }
  const people = new Map<string, string[]>()
  for (const { person, path: photo } of photos) {
    const name = person.normalize('NFC').trim()
    people.set(name, [...(people.get(name) ?? []), join(folder, photo)])
  }
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const minQuality = options.number('min-quality')
  const enrolling: EnrolOptions = {
    ...photoOptions(options),
    signal: stop.signal,
    strict: options.flag('strict'),
    ...(minQuality !== undefined && { minQuality })
  }
  const opening = { recognizer: true, keepCrops: options.flag('keep-crops') }
  try {
    return await withGallery(options, path, opening, async (gallery) => {
      const enrolled = (await gallery.list()).map(({ name }) => name)
      const importer = new Importer(gallery, enrolling, enrolled)
      const bar = progressBar('importing', photos.length)
      const sums = { added: 0, known: 0, failed: 0 }
      for (const [name, own] of people) {
        const result = await importer.person(name, own)
        sums.added += result.added
        sums.known += result.known
        sums.failed += result.failed.length
        bar(sums.added + sums.known + sums.failed)
        if (options.json) printJson(result)
        else {
          for (const { photo, error } of result.failed) {
            complain(error.message.includes(photo) ? error.message : `"${photo}": ${error.message}`)
          }
          for (const { message } of result.warnings) complain(`warning: ${message}`)
        }
      }
      if (!options.json) {
        print(
          `${sums.added} photos added, ${sums.known} there already, ${sums.failed} failed; ` +
            `the gallery has ${gallery.size} people.`
        )
      }
      return sums.failed > 0 ? 2 : 0
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
    complain('stopped; run the same command to go on')
    return 130
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

async function importArchive(options: Arguments, path: string, archive: string): Promise<number> {
  const onConflict = options.text('on-conflict') ?? 'refuse'
  if (onConflict !== 'refuse' && onConflict !== 'skip' && onConflict !== 'replace') {
    throw new UsageError(`--on-conflict must be refuse, skip or replace, not "${onConflict}"`)
  }
  return withGallery(options, path, {}, async (gallery) => {
    const key = await keyFrom(options, defaultKeyFile(archive), { prefix: 'archive-' })
    const result = await gallery.import(archive, { key, onConflict })
    if (options.json) printJson(result)
    else {
      const { added, skipped, replaced } = result
      print(`${added} people added, ${replaced} replaced, ${skipped} skipped.`)
    }
    return 0
  })
}

/** A folder of photos, or a file that `gallery export` wrote. Exit code 130: it was stopped. */
export async function importPeople(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, {
    ...keyOptions,
    ...archiveKeyOptions,
    'on-conflict': { type: 'string' },
    strict: { type: 'boolean' },
    'keep-crops': { type: 'boolean' },
    'min-quality': { type: 'string' }
  })
  const [path, source] = positionals(options, 'import', ['GALLERY', 'SOURCE']) as [string, string]
  const found = await stat(source).catch(() => undefined)
  if (found === undefined) throw new UsageError(`no such folder or file: "${source}"`)
  return found.isDirectory()
    ? importFolder(options, path, source)
    : importArchive(options, path, source)
}
