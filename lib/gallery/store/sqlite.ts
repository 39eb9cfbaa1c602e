import { createRequire } from 'node:module'
import { FileWriteError, OutOfMemoryError, SeesawFaceError, systemCode } from '../../errors.js'
import { GalleryCorruptError, GalleryLockedError, GalleryStoreError } from '../errors.js'

/** What Node's own SQLite and its drop-in have in common, as far as it is used here. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export type Value = string | number | Uint8Array | null
export type Row = Readonly<Record<string, Value | bigint | undefined>>

export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint }
  get(...values: Value[]): Row | undefined
  all(...values: Value[]): Row[]
}

interface Sqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly?: boolean; readonly timeout?: number }
  ) => Database
}

const dropIn = '@photostructure/sqlite'

/** Node's own SQLite (22.13 and later), or the package that stands in for it. */
export function loadSqlite(): Sqlite {
  const own = process.getBuiltinModule('node:sqlite') as Sqlite | undefined
  if (own !== undefined) return own
  try {
    return createRequire(import.meta.url)(dropIn) as Sqlite
  } catch (cause) {
    const how =
      systemCode(cause) === 'MODULE_NOT_FOUND'
        ? `install it (npm install ${dropIn}@1) or use Node.js 22.13 or later`
        : `${cause instanceof Error ? cause.message : String(cause)}`
    throw new GalleryStoreError(
      `Galleries need SQLite, which Node.js ${process.versions.node} lacks; ${dropIn} stands in for it: ${how}`,
      { cause }
    )
  }
}

function numberOf(thrown: unknown): number | undefined {
  const code: unknown = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : undefined
  return typeof code === 'number' ? code : undefined
}

/** Whether another connection is writing. */
export function isBusy(thrown: unknown): boolean {
  const code = numberOf(thrown)
  return code !== undefined && [5, 6].includes(code & 0xff)
}

/** Kinds of failed reading and writing: https://www.sqlite.org/rescode.html */
const shortRead = 522
const failedReads = new Set([266, 4618, 5898])

/** What SQLite says, as one of our errors. */
export function storeError(path: string, thrown: unknown): SeesawFaceError {
  if (thrown instanceof SeesawFaceError) return thrown
  const code = numberOf(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const options = { cause: thrown }
  const cannotWrite = (why: string): FileWriteError =>
    new FileWriteError(`"${path}" cannot be written: ${why}`, options)
  switch (code === undefined || code === shortRead ? code : code & 0xff) {
    case 5:
    case 6:
      return new GalleryLockedError(`"${path}" is in use by another process`, options)
    case 7:
      return new OutOfMemoryError(`Not enough memory for the gallery "${path}"`, options)
    case 3:
    case 8:
      return cannotWrite('it may only be read')
    case 13:
      return cannotWrite('no space is left')
    case 10:
      return failedReads.has(code as number)
        ? new GalleryStoreError(`"${path}" cannot be read: ${message}`, options)
        : cannotWrite(message)
    case 14:
      return new GalleryStoreError(`"${path}" cannot be opened: ${message}`, options)
    default:
      // SQL here is fixed and tested: what it fails on is the file.
      return new GalleryCorruptError(`"${path}" is damaged: ${message}`, options)
  }
}
