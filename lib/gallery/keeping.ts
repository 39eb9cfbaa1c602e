import { realpath } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import { show } from '../check.js'
import { InvalidArgumentError, SeesawFaceError } from '../errors.js'
import { replaceFile, writeError } from '../files/whole-file.js'
import { GalleryCorruptError } from './errors.js'
import { secretOf } from './sealing/key-source.js'
import { Vault } from './sealing/vault.js'
import type { Store } from './store/store.js'
import type { GalleryKey, Integrity } from './types.js'

/** Puts another key in the old one's place: all of it, or nothing. */
export async function rekey(store: Store, key: GalleryKey): Promise<void> {
  store.checkOpen()
  const secret = await secretOf(key)
  await store.rekey(await Vault.make(secret, store.vault.id))
  // What the old key opens is still in the log until it is emptied.
  await store.db.emptyLog()
}

/** A path where something is written, which is not the gallery itself. */
export async function checkTarget(store: Store, path: unknown): Promise<string> {
  if (typeof path !== 'string' || path === '') {
    throw new InvalidArgumentError('path', `path must be the path of a file, not ${show(path)}`)
  }
  const [own, other] = await Promise.all(
    [store.path, path].map((each) => realpath(each).catch(() => each))
  )
  if (own === other) throw new InvalidArgumentError('path', `"${path}" is the gallery itself`)
  return path
}

/** A copy as of one moment, while others read and write: whole, or not at all. */
export async function backup(store: Store, path: string): Promise<void> {
  store.checkOpen()
  const target = await checkTarget(store, path)
  try {
    await replaceFile(target, 0o600, async (staged) => {
      store.db.run('VACUUM INTO ?', staged)
    })
  } catch (error) {
    if (error instanceof SeesawFaceError) throw error
    throw writeError(target, error)
  }
}

/** Opens every sealed value and compares the counts. */
export async function examine(store: Store): Promise<Integrity> {
  store.checkOpen()
  const problems: Integrity['problems'][number][] = []
  const attempt = (person: string | undefined, work: () => void): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof GalleryCorruptError)) throw error
      problems.push({ message: error.message, ...(person !== undefined && { person }) })
    }
  }
  const found = (sql: string, column: string, good?: string): void => {
    attempt(undefined, () => {
      for (const row of store.db.all(sql)) {
        const text = String(row[column])
        if (text !== good) problems.push({ message: `SQLite: ${text}` })
      }
    })
  }
  found('PRAGMA integrity_check(20)', 'integrity_check', 'ok')
  found('PRAGMA foreign_key_check', 'table')
  attempt(undefined, () => store.checkCounts())
  let photos = 0
  const { records, state } = store
  const ids = records.ids()
  for (const id of ids) {
    attempt(id, () => {
      const person = records.person(id)
      if (person === undefined) return // removed meanwhile
      const own = records.photos(person)
      for (const photo of own) records.crop(person, photo.id)
      photos += own.length
      for (const model of records.modelIds()) {
        const embeddings = records.embeddings(person, model)
        if (model === state.model && embeddings.length !== own.length) {
          throw new GalleryCorruptError(`Person ${id} has photos without embeddings`)
        }
      }
    })
    await breathe()
    store.checkOpen()
  }
  return { ok: problems.length === 0, people: ids.length, photos, problems }
}
