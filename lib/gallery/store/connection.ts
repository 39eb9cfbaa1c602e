import { closeSync, openSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClosedError, systemCode } from '../../errors.js'
import { writeError } from '../../files/whole-file.js'
import {
  GalleryCorruptError,
  GalleryLockedError,
  GalleryNotFoundError,
  GalleryStoreError
} from '../errors.js'
import { checkSchema, examine, migrate, newest } from './schema.js'
import {
  type Database,
  isBusy,
  loadSqlite,
  type Row,
  type Statement,
  storeError,
  type Value
} from './sqlite.js'

export interface ConnectionOptions {
  readonly create: boolean
  readonly readOnly: boolean
  readonly lockTimeout: number
}

/** How long SQLite itself waits, which blocks the event loop: briefly. We wait the longer times. */
const blockingWait = 100

// What is removed is overwritten, deleted rows take others with them, a commit is on the disk when
// it returns, and nothing of the file's own is trusted with more than being data.
const settings = `
  PRAGMA secure_delete = ON;
  PRAGMA foreign_keys = ON;
  PRAGMA synchronous = FULL;
  PRAGMA temp_store = MEMORY;
  PRAGMA cell_size_check = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA mmap_size = 0;
`

function createFile(path: string): void {
  try {
    // SQLite's -wal and -shm get the same mode.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw writeError(path, error)
  }
}

function checkFile(path: string, create: boolean): void {
  try {
    if (statSync(path).isFile()) return
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      const why = systemCode(error) ?? String(error)
      throw new GalleryStoreError(`"${path}" cannot be opened: ${why}`, { cause: error })
    }
    if (create) {
      createFile(path)
      return
    }
    throw new GalleryNotFoundError(`There is no gallery "${path}"`, { cause: error })
  }
  throw new GalleryStoreError(`"${path}" cannot be opened: it is no file`)
}

/** One connection to one gallery's file: statements, transactions, and errors of ours. */
export class Connection {
  readonly path: string
  /** Whether the file held no gallery yet: its rows are to be made. */
  readonly isNew: boolean
  readonly #db: Database
  readonly #lockTimeout: number
  readonly #readOnly: boolean
  readonly #statements = new Map<string, Statement>()
  #closed = false

  private constructor(path: string, db: Database, isNew: boolean, options: ConnectionOptions) {
    this.path = path
    this.#db = db
    this.isNew = isNew
    this.#lockTimeout = options.lockTimeout
    this.#readOnly = options.readOnly
  }

  static async open(path: string, options: ConnectionOptions): Promise<Connection> {
    const { DatabaseSync } = loadSqlite()
    checkFile(path, options.create && !options.readOnly)
    let db: Database | undefined
    try {
      db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: blockingWait })
      const connection = await patiently(path, options.lockTimeout, () =>
        Connection.#prepare(path, db as Database, options)
      )
      const blank = new DatabaseSync(':memory:', {})
      try {
        if (!connection.isNew) checkSchema(db, blank, path)
      } finally {
        blank.close()
      }
      return connection
    } catch (error) {
      db?.close()
      throw storeError(path, error)
    }
  }

  static #prepare(path: string, db: Database, options: ConnectionOptions): Connection {
    const { create, readOnly } = options
    db.exec(settings)
    const found = examine(db, path)
    if (found === 'nothing') {
      if (!create || readOnly) throw new GalleryNotFoundError(`There is no gallery in "${path}"`)
      db.exec('PRAGMA journal_mode = WAL')
      return new Connection(path, db, true, options)
    }
    if (readOnly && found.version < newest) {
      throw new GalleryStoreError(
        `"${path}" is of version ${found.version}: open it once for writing, which brings it to ${newest}`
      )
    }
    if (!readOnly) {
      db.exec('PRAGMA journal_mode = WAL')
      if (found.version < newest) {
        db.exec('BEGIN IMMEDIATE')
        try {
          const now = examine(db, path)
          if (now !== 'nothing') migrate(db, now.version)
          db.exec('COMMIT')
        } catch (error) {
          db.exec('ROLLBACK')
          throw error
        }
      }
    }
    return new Connection(path, db, false, options)
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError('The gallery has been closed')
  }

  #statement(sql: string): Statement {
    this.#checkOpen()
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#db.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }

  #mapped<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storeError(this.path, error)
    }
  }

  run(sql: string, ...values: Value[]): number {
    return this.#mapped(() => Number(this.#statement(sql).run(...values).changes))
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#mapped(() => this.#statement(sql).get(...values))
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#mapped(() => this.#statement(sql).all(...values))
  }

  exec(sql: string): void {
    this.#mapped(() => this.#db.exec(sql))
  }

  /** Tables of a gallery, in a file that has none. Within a transaction. */
  createTables(): void {
    this.#mapped(() => migrate(this.#db, 0))
  }

  /**
   * Runs `work` as one change: all of it is on the disk when the promise resolves, or nothing. It may
   * not wait for anything, as nobody else may get a turn between its beginning and its end, and may
   * be repeated.
   */
  transaction<T>(work: () => T): Promise<T> {
    return patiently(this.path, this.#lockTimeout, () => {
      this.#checkOpen()
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.#db.exec('COMMIT')
        return result
      } catch (error) {
        try {
          this.#db.exec('ROLLBACK')
        } catch {
          // SQLite has done so itself, as after a full disk.
        }
        throw error
      }
    })
  }

  /** A consistent view of many statements; `work` may not wait for anything, and may be repeated. */
  snapshot<T>(work: () => T): Promise<T> {
    return patiently(this.path, this.#lockTimeout, () => {
      this.#checkOpen()
      this.#db.exec('BEGIN')
      try {
        return work()
      } finally {
        this.#db.exec('ROLLBACK')
      }
    })
  }

  /** Writes what the log holds into the file and empties it; false when readers are in the way. */
  async emptyLog(): Promise<boolean> {
    const ends = performance.now() + this.#lockTimeout
    for (;;) {
      const row = this.get('PRAGMA wal_checkpoint(TRUNCATE)')
      if (row?.busy === 0) return true
      if (performance.now() > ends) return false
      await sleep(10)
    }
  }

  close(): void {
    if (this.#closed) return
    try {
      // The drop-in keeps a connection open until its statements are collected, log and all.
      if (!this.#readOnly) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // What is in the log is as safe there: the next opening writes it.
    }
    this.#closed = true
    this.#statements.clear()
    this.#mapped(() => this.#db.close())
  }
}

/** Tries until nobody else is writing, without blocking this process meanwhile. */
async function patiently<T>(path: string, timeout: number, work: () => T): Promise<T> {
  // Not by the wall clock, which may be set back.
  const ends = performance.now() + timeout
  for (let wait = 2; ; wait = Math.min(2 * wait, 50)) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) && !(error instanceof GalleryLockedError)) throw storeError(path, error)
      if (performance.now() > ends) {
        throw new GalleryLockedError(
          `"${path}" has been in use by another process for ${timeout} ms`,
          { cause: error }
        )
      }
      await sleep(wait * (0.5 + Math.random()))
    }
  }
}

/** Columns are of the types that STRICT tables promise, unless the file is damaged. */
export function blobOf(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (value instanceof Uint8Array) return value
  throw new GalleryCorruptError(`A row has no ${column}`)
}

export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new GalleryCorruptError(`A row has no ${column}`)
}

export function numberOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value === 'number') return value
  throw new GalleryCorruptError(`A row has no ${column}`)
}
