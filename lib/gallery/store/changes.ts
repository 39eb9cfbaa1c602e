import { GalleryCorruptError } from '../errors.js'
import type { GalleryChange } from '../types.js'
import { type Connection, numberOf, textOf } from './connection.js'
import type { Row } from './sqlite.js'

/** How many changes are kept for readers that lag behind. */
const kept = 10_000

const kinds = ['enrolled', 'updated', 'removed', 'merged', 'model'] as const
export type ChangeKind = (typeof kinds)[number]

function changeOf(row: Row): GalleryChange {
  const text = textOf(row, 'kind')
  const kind = kinds.find((known) => known === text)
  if (kind === undefined) throw new GalleryCorruptError(`There is no change "${text}"`)
  return {
    seq: numberOf(row, 'seq'),
    kind,
    ...(typeof row.person === 'string' && { person: row.person }),
    ...(typeof row.merged === 'string' && { merged: row.merged })
  }
}

/** The log of what has happened: ids only, which say nothing once a person is removed. */
export class ChangeLog {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  add(kind: ChangeKind, person?: string, merged?: string): void {
    const values = [kind, person ?? null, merged ?? null]
    this.#db.run('INSERT INTO change (kind, person, merged) VALUES (?, ?, ?)', ...values)
    this.#db.run('DELETE FROM change WHERE seq <= ?', this.last() - kept)
  }

  last(): number {
    const row = this.#db.get('SELECT coalesce(max(seq), 0) AS seq FROM change')
    return numberOf(row ?? {}, 'seq')
  }

  /** What has happened after `seq`; undefined when some of it is kept no longer. */
  after(seq: number): GalleryChange[] | undefined {
    const row = this.#db.get('SELECT min(seq) AS first FROM change')
    if (typeof row?.first === 'number' && row.first > seq + 1) return undefined
    return this.#db
      .all('SELECT seq, kind, person, merged FROM change WHERE seq > ? ORDER BY seq', seq)
      .map(changeOf)
  }
}
