import { GalleryCorruptError, GalleryVersionError } from '../errors.js'
import type { Database } from './sqlite.js'

/** "SsFG": tells our files from other SQLite files. */
export const applicationId = 0x53734647

/**
 * What each version adds; the file's version is how many of these have been applied. Entries are
 * never changed once released, and each old version has a file in test/fixtures/galleries.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE gallery (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    proof BLOB NOT NULL,
    state BLOB NOT NULL
  ) STRICT;
  CREATE TABLE model (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE person (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    mark BLOB NOT NULL UNIQUE,
    key BLOB NOT NULL,
    content BLOB NOT NULL
  ) STRICT;
  CREATE TABLE photo (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    mark BLOB NOT NULL,
    content BLOB NOT NULL,
    crop BLOB
  ) STRICT;
  CREATE INDEX photo_of_person ON photo (person);
  CREATE INDEX photo_by_mark ON photo (mark);
  CREATE TABLE embedding (
    row INTEGER PRIMARY KEY,
    photo TEXT NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    model INTEGER NOT NULL REFERENCES model (id),
    content BLOB NOT NULL,
    UNIQUE (photo, model)
  ) STRICT;
  CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    person TEXT,
    merged TEXT
  ) STRICT;
  `
]

export const newest = migrations.length

/** A row that must be there, such as a pragma's. */
function single(db: Database, sql: string): number {
  const value = Object.values(db.prepare(sql).get() ?? {})[0]
  return typeof value === 'number' ? value : 0
}

type Schema = readonly string[]

function schemaOf(db: Database): Schema {
  const rows = db
    .prepare(
      `SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') AS entry
       FROM sqlite_schema ORDER BY type, name`
    )
    .all()
  return rows.map(({ entry }) => String(entry))
}

export type Found = 'nothing' | { readonly version: number }

/** What kind of file it is. Nothing is written. */
export function examine(db: Database, path: string): Found {
  const application = single(db, 'PRAGMA application_id')
  const version = single(db, 'PRAGMA user_version')
  if (application === 0 && version === 0 && schemaOf(db).length === 0) return 'nothing'
  if (application !== applicationId) {
    throw new GalleryCorruptError(`"${path}" is a SQLite file, but no gallery`)
  }
  if (version > newest) {
    throw new GalleryVersionError(
      `"${path}" is of version ${version}, which a later seesawface wrote; this one knows ${newest}`
    )
  }
  if (version < 1) throw new GalleryCorruptError(`"${path}" has no version`)
  return { version }
}

/** Applies what a file lacks. To be called within a transaction. */
export function migrate(db: Database, from: number, steps: readonly string[] = migrations): void {
  for (const step of steps.slice(from)) db.exec(step)
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`)
}

/** Tables and indexes must be ours to the letter: a file could bring triggers and views of its own. */
export function checkSchema(db: Database, blank: Database, path: string): void {
  migrate(blank, 0)
  const [found, expected] = [schemaOf(db), schemaOf(blank)]
  if (found.join('\n') !== expected.join('\n')) {
    throw new GalleryCorruptError(`"${path}" has other tables than a gallery`)
  }
}
