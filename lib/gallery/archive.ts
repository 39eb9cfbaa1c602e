// An export: a line of JSON that says what it is, then pieces, each preceded by its length and sealed
// for its place: a piece that is missing, moved or from another export does not open.
import { closeSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { checkOneOf } from '../check.js'
import { SeesawFaceError, systemCode } from '../errors.js'
import { replaceFile, writeError } from '../files/whole-file.js'
import { checkOptionKeys } from '../keys.js'
import {
  GalleryCorruptError,
  GalleryKeyError,
  GalleryNotFoundError,
  GalleryStoreError,
  GalleryVersionError
} from './errors.js'
import { checkTarget } from './keeping.js'
import { importKeys } from './options.js'
import { secretOf } from './sealing/key-source.js'
import { parseDescription, Vault } from './sealing/vault.js'
import type { Store } from './store/store.js'
import { exportPerson, importPeople } from './transfer.js'
import type { GalleryKey, Imported, ImportOptions } from './types.js'

const kind = 'seesawface gallery export'
const version = 1
const longestHead = 4096
const longestPiece = 256 * 1024 * 1024

/** Writes everybody into a file that another gallery, with any key, can import. */
export async function exportGallery(store: Store, path: string, key: GalleryKey): Promise<void> {
  store.checkOpen()
  const target = await checkTarget(store, path)
  const vault = await Vault.make(await secretOf(key))
  try {
    await replaceFile(target, 0o600, async (staged) => {
      const file = await open(staged, 'w')
      try {
        await writePieces(file, store, vault)
      } finally {
        await file.close()
      }
    })
  } catch (error) {
    throw error instanceof SeesawFaceError ? error : writeError(target, error)
  }
}

async function writePieces(file: FileHandle, store: Store, vault: Vault): Promise<void> {
  const { id, description } = vault
  await file.write(`${JSON.stringify({ kind, version, id, key: description })}\n`)
  let index = 0
  const write = async (value: unknown, isLast: boolean): Promise<void> => {
    const sealed = vault.sealPiece(index++, isLast, Buffer.from(JSON.stringify(value)))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(sealed.length)
    await file.write(Buffer.concat([length, sealed]))
  }
  const { state, records } = store
  const model = state.model === null ? null : records.model(state.model)
  await write({ model, marking: state.marking }, false)
  for (const person of records.ids()) {
    store.checkOpen()
    const content = exportPerson(store, person)
    if (content !== undefined) await write(content, false)
  }
  await write({ people: index - 1 }, true)
}

class Reader {
  readonly #path: string
  readonly #file: number
  #at = 0

  constructor(path: string) {
    this.#path = path
    try {
      this.#file = openSync(path, 'r')
    } catch (error) {
      const isMissing = systemCode(error) === 'ENOENT'
      const why = isMissing ? 'no such file' : (systemCode(error) ?? String(error))
      const Class = isMissing ? GalleryNotFoundError : GalleryStoreError
      throw new Class(`"${path}" cannot be read: ${why}`, { cause: error })
    }
  }

  damaged(why: string): GalleryCorruptError {
    return new GalleryCorruptError(`The export "${this.#path}" is damaged: ${why}`)
  }

  #read(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    let filled = 0
    try {
      while (filled < length) {
        const read = readSync(this.#file, bytes, filled, length - filled, this.#at + filled)
        if (read === 0) break
        filled += read
      }
    } catch (cause) {
      const why = systemCode(cause) ?? String(cause)
      throw new GalleryStoreError(`"${this.#path}" cannot be read: ${why}`, { cause })
    }
    this.#at += filled
    return bytes.subarray(0, filled)
  }

  head(): { id: string; key: string } {
    const start = this.#read(longestHead)
    const end = start.indexOf('\n')
    let head: Readonly<Record<string, unknown>> | null = null
    try {
      head = JSON.parse(start.toString('utf8', 0, Math.max(end, 0)))
    } catch {}
    if (head?.kind !== kind) {
      throw new GalleryCorruptError(`"${this.#path}" is no export of a gallery`)
    }
    if (typeof head.version === 'number' && head.version > version) {
      throw new GalleryVersionError(
        `"${this.#path}" is of version ${head.version}, which a later seesawface wrote`
      )
    }
    if (typeof head.id !== 'string' || head.version !== version)
      throw this.damaged('its first line')
    this.#at = end + 1
    return { id: head.id, key: JSON.stringify(head.key) ?? '' }
  }

  /** The next sealed piece. */
  piece(): Buffer {
    const length = this.#read(4)
    const bytes = length.length === 4 ? length.readUInt32LE() : 0
    const piece = bytes > 0 && bytes <= longestPiece ? this.#read(bytes) : length
    if (bytes === 0 || piece.length !== bytes) throw this.damaged('it ends early')
    return piece
  }

  atEnd(): boolean {
    return this.#read(1).length === 0
  }

  close(): void {
    closeSync(this.#file)
  }
}

function* piecesOf(reader: Reader, vault: Vault): Generator<unknown, void, undefined> {
  for (let index = 0; ; index++) {
    const sealed = reader.piece()
    const content = vault.unsealPiece(index, false, sealed)
    if (content !== undefined) {
      yield JSON.parse(content.toString())
      continue
    }
    if (vault.unsealPiece(index, true, sealed) === undefined) {
      if (index === 0) throw new GalleryKeyError('The key is not the one of this export')
      throw reader.damaged(`piece ${index} does not open`)
    }
    if (!reader.atEnd()) throw reader.damaged('something follows its end')
    return
  }
}

/** Takes in everybody of an export, or nobody. */
export async function importGallery(
  store: Store,
  path: string,
  options: ImportOptions
): Promise<Imported> {
  store.checkOpen()
  checkOptionKeys('options', options, importKeys)
  const { onConflict = 'refuse' } = options
  checkOneOf('onConflict', onConflict, ['refuse', 'skip', 'replace'])
  await checkTarget(store, path)
  const secret = await secretOf(options.key)
  const reader = new Reader(path)
  try {
    const { id, key } = reader.head()
    const vault = await Vault.derive(id, parseDescription(key), secret)
    const result = await importPeople(store, piecesOf(reader, vault), onConflict)
    await store.db.emptyLog()
    return result
  } finally {
    reader.close()
  }
}
