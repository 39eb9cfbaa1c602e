import { createHmac, randomBytes } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { weightedMean } from '../../embeddings/combine.js'
import { ClosedError } from '../../errors.js'
import { GalleryCorruptError, GalleryKeyError } from '../errors.js'
import type { Secret } from '../sealing/key-source.js'
import { parseDescription, Vault } from '../sealing/vault.js'
import type { PersonIndex } from '../search.js'
import type { GalleryChange } from '../types.js'
import { ChangeLog } from './changes.js'
import { blobOf, Connection, type ConnectionOptions, numberOf, textOf } from './connection.js'
import { type EmbeddingRecord, Records } from './records.js'
import type { Row } from './sqlite.js'

/** Sealed in the file: rows that were deleted by somebody else do not add up with it. */
export interface State {
  readonly people: number
  readonly photos: number
  /** Number of the model that people are compared by; null while nobody is enrolled. */
  readonly model: number | null
  /** Base64: the key of the hashes by which photos are recognised. It outlives a change of keys. */
  readonly marking: string
}

function emptyState(): State {
  return { people: 0, photos: 0, model: null, marking: randomBytes(32).toString('base64') }
}

/** Rows read at a time while a gallery is opened, between which others get their turn. */
const page = 500

/** Whether a person is compared by one template, or by each photo. */
export type Comparison = 'template' | 'photos'

function rowsOf(
  person: string,
  embeddings: readonly EmbeddingRecord[],
  comparison: Comparison
): Float32Array[] {
  const vectors = embeddings.map(({ vector }) => vector)
  if (vectors.length === 0) throw new GalleryCorruptError(`Person ${person} has no embeddings`)
  if (comparison === 'photos' || vectors.length === 1) return vectors
  const mean = weightedMean(
    vectors,
    embeddings.map(({ quality }) => quality)
  )
  if (mean !== undefined) return [mean]
  throw new GalleryCorruptError(`The photos of person ${person} make no template`)
}

/** How a gallery is kept in memory. */
export interface Memory {
  readonly newIndex: () => PersonIndex
  readonly comparison: Comparison
}

/** A gallery's file and what of it is kept in memory: the templates, as new as the file. */
export class Store {
  readonly path: string
  readonly db: Connection
  readonly log: ChangeLog
  readonly #memory: Memory
  #index: PersonIndex
  #reading: Promise<void> | undefined
  readonly #listeners = new Set<() => void>()
  #vault: Vault
  #records: Records
  #state: State = emptyState()
  #seq = 0
  #dataVersion = -1
  #closed = false

  private constructor(db: Connection, vault: Vault, memory: Memory) {
    this.path = db.path
    this.db = db
    this.log = new ChangeLog(db)
    this.#memory = memory
    this.#index = memory.newIndex()
    this.#vault = vault
    this.#records = new Records(db, vault)
  }

  static async open(
    path: string,
    secret: Secret,
    memory: Memory,
    options: ConnectionOptions & { readonly unread?: boolean }
  ): Promise<Store> {
    const db = await Connection.open(path, options)
    try {
      if (db.isNew) await Store.#create(db, secret)
      const row = Store.#ownRow(db)
      const vault = await Store.#vaultOf(row, secret)
      const store = new Store(db, vault, memory)
      if (!options.unread) await store.reload()
      // What a process that was killed has left in the log is written, and old content overwritten.
      if (!options.readOnly) db.get('PRAGMA wal_checkpoint(TRUNCATE)')
      return store
    } catch (error) {
      db.close()
      throw error
    }
  }

  static async #create(db: Connection, secret: Secret): Promise<void> {
    const vault = await Vault.make(secret)
    await db.transaction(() => {
      // Somebody else may have been quicker.
      if (numberOf(db.get('SELECT count(*) AS n FROM sqlite_schema') ?? {}, 'n') > 0) return
      db.createTables()
      db.run(
        'INSERT INTO gallery (one, id, key, proof, state) VALUES (1, ?, ?, ?, ?)',
        vault.id,
        JSON.stringify(vault.description),
        vault.makeCheck(),
        vault.sealState(emptyState())
      )
    })
  }

  static #ownRow(db: Connection): Row {
    const row = db.get('SELECT id, key, proof, state FROM gallery')
    if (row === undefined) throw new GalleryCorruptError(`"${db.path}" says nothing of itself`)
    return row
  }

  static async #vaultOf(row: Row, secret: Secret): Promise<Vault> {
    const description = parseDescription(textOf(row, 'key'))
    const vault = await Vault.derive(textOf(row, 'id'), description, secret)
    vault.verify(blobOf(row, 'proof'))
    return vault
  }

  get vault(): Vault {
    return this.#vault
  }

  get records(): Records {
    return this.#records
  }

  get state(): State {
    return this.#state
  }

  /** Number of the last change that this process has seen. */
  get seq(): number {
    return this.#seq
  }

  /** Tells whether a photo is enrolled already, without telling which it is. */
  photoMark(content: Uint8Array): Uint8Array {
    return createHmac('sha256', Buffer.from(this.#state.marking, 'base64')).update(content).digest()
  }

  /** Seals everything anew under other keys, in one change. */
  async rekey(vault: Vault): Promise<void> {
    const [oldVault, oldRecords] = [this.#vault, this.#records]
    const records = new Records(this.db, vault)
    await this.db
      .transaction(() => {
        this.checkOpen()
        this.#vault = oldVault
        this.#readState()
        for (const id of oldRecords.ids()) {
          const person = oldRecords.person(id)
          if (person !== undefined) records.rekeyPerson(oldRecords, person)
        }
        this.db.run(
          'UPDATE gallery SET key = ?, proof = ?, state = ?',
          JSON.stringify(vault.description),
          vault.makeCheck(),
          vault.sealState(this.#state)
        )
        // Before anybody else gets a turn.
        this.#vault = vault
        this.#records = records
      })
      .catch((error: unknown) => {
        this.#vault = oldVault
        this.#records = oldRecords
        throw error
      })
  }

  /** Rows are as many as the sealed state says: nobody else has taken any away. */
  checkCounts(): void {
    this.#readState()
    const row = this.db.get(
      'SELECT (SELECT count(*) FROM person) AS people, (SELECT count(*) FROM photo) AS photos'
    )
    const { people, photos } = this.#state
    if (row?.people === people && row.photos === photos) return
    throw new GalleryCorruptError(
      `"${this.path}" should hold ${people} people with ${photos} photos; there are ${row?.people} and ${row?.photos}`
    )
  }

  checkOpen(): void {
    if (this.#closed) throw new ClosedError('The gallery has been closed')
  }

  /** Calls `act` after each change that is seen, until the function returned is called. */
  onChange(act: () => void): () => void {
    this.#listeners.add(act)
    return () => this.#listeners.delete(act)
  }

  #readState(): void {
    const row = Store.#ownRow(this.db)
    if (textOf(row, 'key') !== JSON.stringify(this.#vault.description)) {
      throw new GalleryKeyError(`"${this.path}" has got another key: open it again with that`)
    }
    const state = this.#vault.unsealState(blobOf(row, 'state')) as State
    this.#state = state
  }

  /** The templates of all people. */
  get index(): PersonIndex {
    return this.#index
  }

  /** Reads everything: at first, or when more has changed than the log keeps. */
  reload(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readAll(): Promise<void> {
    for (;;) {
      this.#dataVersion = this.#currentDataVersion()
      const index = this.#memory.newIndex()
      const { seq, model } = await this.db.snapshot(() => {
        this.#readState()
        return { seq: this.log.last(), model: this.#state.model }
      })
      for (let after: number | undefined = 0; model !== null && after !== undefined; ) {
        after = this.#readPage(index, model, after)
        await breathe()
        this.checkOpen()
      }
      // What has changed meanwhile; if that is too much, all over again.
      const isComplete = await this.db.snapshot(() => {
        this.#readState()
        if (this.#state.model !== model) return false
        this.checkCounts()
        return this.#takeUp(index, seq) !== undefined
      })
      if (!isComplete) continue
      if (index.size !== this.#state.people) {
        throw new GalleryCorruptError(
          `"${this.path}" has lost people: ${this.#state.people} were enrolled, ${index.size} are there`
        )
      }
      this.#index.clear()
      this.#index = index
      this.#tell()
      return
    }
  }

  /** Templates of the next people after a row; the last row read. */
  #readPage(index: PersonIndex, model: number, after: number): number | undefined {
    const identity = this.#records.model(model)
    const rows = this.db.all(
      `SELECT person.row, person.id, person.key, photo.id AS photo, embedding.content AS embedding
       FROM (SELECT row, id, key FROM person WHERE row > ? ORDER BY row LIMIT ${page}) AS person
       JOIN photo ON photo.person = person.id
       JOIN embedding ON embedding.photo = photo.id AND embedding.model = ?
       ORDER BY person.row, photo.row`,
      after,
      model
    )
    for (let start = 0; start < rows.length; ) {
      const first = rows[start] as Row
      const owner = this.#records.keyOf(first)
      const embeddings: EmbeddingRecord[] = []
      for (; rows[start]?.row === first.row; start++) {
        embeddings.push(this.#records.embeddingOf(owner, rows[start] as Row, identity))
      }
      this.#put(index, owner.id, embeddings)
    }
    const last = rows.at(-1)
    return last && numberOf(last, 'row')
  }

  #currentDataVersion(): number {
    return numberOf(this.db.get('PRAGMA data_version') ?? {}, 'data_version')
  }

  /** Takes up what other processes have changed. Cheap when nothing has. */
  async refresh(): Promise<void> {
    this.checkOpen()
    const version = this.#currentDataVersion()
    if (version === this.#dataVersion) return
    await this.#follow()
    this.#dataVersion = version
  }

  async #follow(): Promise<void> {
    const changed = await this.db.snapshot(() => {
      this.#readState()
      return this.#takeUp(this.#index, this.#seq)
    })
    if (changed === undefined) await this.reload()
    else if (changed) this.#tell()
  }

  #tell(): void {
    for (const act of this.#listeners) act()
  }

  /** Brings templates up to the log; undefined when that is not enough, else whether any changed. */
  #takeUp(index: PersonIndex, seq: number): boolean | undefined {
    const changes = this.log.after(seq)
    if (changes === undefined || changes.some(({ kind }) => kind === 'model')) return undefined
    for (const change of changes) this.#takeUpOne(index, change)
    this.#seq = changes.at(-1)?.seq ?? seq
    return changes.length > 0
  }

  #takeUpOne(index: PersonIndex, { person: id, merged }: GalleryChange): void {
    if (merged !== undefined) index.delete(merged)
    if (id === undefined) return
    const person = this.#records.person(id)
    const { model } = this.#state
    if (person === undefined || model === null) index.delete(id)
    else this.#put(index, id, this.#records.embeddings(person, model))
  }

  #put(index: PersonIndex, person: string, embeddings: readonly EmbeddingRecord[]): void {
    const rows = rowsOf(person, embeddings, this.#memory.comparison)
    index.set(person, rows, embeddings.length)
  }

  /**
   * One change of the gallery: `work` sees the newest state and says what the next one is. All of it
   * is on the disk when the promise resolves, or nothing.
   */
  async change<T>(
    work: (state: State) => { readonly state: State; readonly result: T }
  ): Promise<T> {
    this.checkOpen()
    const result = await this.db.transaction(() => {
      this.checkOpen()
      this.#readState()
      const done = work(this.#state)
      this.db.run('UPDATE gallery SET state = ?', this.#vault.sealState(done.state))
      return done.result
    })
    await this.#follow()
    return result
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#index.clear()
    this.#tell()
    this.db.close()
  }
}
