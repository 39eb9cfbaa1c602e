import type { FaceQuality } from '../../faces/types.js'
import { GalleryCorruptError } from '../errors.js'
import { paddedJson, place, seal, unseal } from '../sealing/seal.js'
import type { Vault } from '../sealing/vault.js'
import type { Json, ModelIdentity } from '../types.js'
import { blobOf, type Connection, numberOf, textOf } from './connection.js'
import type { Row } from './sqlite.js'

/** A person's row, opened. The key seals everything else of the person. */
export interface PersonRecord {
  readonly id: string
  readonly key: Uint8Array
  readonly name: string
  readonly details: Json
  /** Milliseconds since 1970. */
  readonly created: number
}

export interface PhotoRecord {
  readonly id: string
  /** Keyed hash of the photo, which tells whether it is enrolled already. */
  readonly mark: Uint8Array
  readonly added: number
  readonly quality: FaceQuality | undefined
  readonly cropKept: boolean
}

/** What a template is made of. */
export interface EmbeddingRecord {
  readonly photo: string
  readonly vector: Float32Array
  /** Overall quality of the face, its weight in the template. */
  readonly quality: number
}

export function modelText({ name, sha256, precision, size }: ModelIdentity): string {
  return JSON.stringify([name, sha256, precision, size])
}

function modelOf(text: string): ModelIdentity {
  const [name, sha256, precision, size] = JSON.parse(text)
  return { name, sha256, precision, size }
}

/** Rows of people, photos and embeddings: sealed as they are written, opened as they are read. */
export class Records {
  readonly #db: Connection
  readonly #vault: Vault

  constructor(db: Connection, vault: Vault) {
    this.#db = db
    this.#vault = vault
  }

  #open(key: Uint8Array, sealed: Uint8Array, ...where: [what: string, ...string[]]): Buffer {
    const [what, ...ids] = where
    const content = unseal(key, sealed, place(what, this.#vault.id, ...ids))
    if (content !== undefined) return content
    throw new GalleryCorruptError(`The ${what} of person ${ids[0]} is damaged`)
  }

  #seal(key: Uint8Array, content: Uint8Array, what: string, ...ids: string[]): Buffer {
    return seal(key, content, place(what, this.#vault.id, ...ids))
  }

  /** The number of a model, for rows that refer to it. */
  addModel(model: ModelIdentity): number {
    const text = modelText(model)
    this.#db.run('INSERT OR IGNORE INTO model (identity) VALUES (?)', text)
    const row = this.#db.get('SELECT id FROM model WHERE identity = ?', text)
    return numberOf(row ?? {}, 'id')
  }

  model(id: number): ModelIdentity {
    const row = this.#db.get('SELECT identity FROM model WHERE id = ?', id)
    return modelOf(textOf(row ?? {}, 'identity'))
  }

  newKey(): Uint8Array {
    return this.#vault.newPersonKey()
  }

  nameMark(name: string): Uint8Array {
    return this.#vault.nameMark(name)
  }

  addPerson({ id, key, ...rest }: PersonRecord): void {
    this.#db.run(
      'INSERT INTO person (id, mark, key, content) VALUES (?, ?, ?, ?)',
      id,
      this.nameMark(rest.name),
      this.#vault.sealPersonKey(id, key),
      this.#seal(key, paddedJson(rest), 'record', id)
    )
  }

  updatePerson({ id, key, ...rest }: PersonRecord): void {
    this.#db.run(
      'UPDATE person SET mark = ?, content = ? WHERE id = ?',
      this.nameMark(rest.name),
      this.#seal(key, paddedJson(rest), 'record', id),
      id
    )
  }

  /** Gives a person another data key and seals all of it again, `old` being the keys until now. */
  rekeyPerson(old: Records, person: PersonRecord): void {
    const renewed = { ...person, key: this.newKey() }
    for (const photo of old.photos(person)) this.#movePhoto(person, renewed, photo)
    const { id, key, ...rest } = renewed
    this.#db.run(
      'UPDATE person SET mark = ?, key = ?, content = ? WHERE id = ?',
      this.nameMark(rest.name),
      this.#vault.sealPersonKey(id, key),
      this.#seal(key, paddedJson(rest), 'record', id),
      id
    )
  }

  personOf(row: Row): PersonRecord {
    const id = textOf(row, 'id')
    const key = this.#vault.unsealPersonKey(id, blobOf(row, 'key'))
    const { name, details, created } = JSON.parse(
      this.#open(key, blobOf(row, 'content'), 'record', id).toString()
    )
    return { id, key, name, details, created }
  }

  person(id: string): PersonRecord | undefined {
    const row = this.#db.get('SELECT id, key, content FROM person WHERE id = ?', id)
    return row && this.personOf(row)
  }

  idOfName(name: string): string | undefined {
    const row = this.#db.get('SELECT id FROM person WHERE mark = ?', this.nameMark(name))
    return row && textOf(row, 'id')
  }

  /** Photos, embeddings and the key go with it. */
  removePerson(id: string): void {
    this.#db.run('DELETE FROM person WHERE id = ?', id)
  }

  photos(person: Pick<PersonRecord, 'id' | 'key'>): PhotoRecord[] {
    const rows = this.#db.all(
      `SELECT id, mark, content, crop IS NOT NULL AS cropKept FROM photo
       WHERE person = ? ORDER BY row`,
      person.id
    )
    return rows.map((row) => {
      const id = textOf(row, 'id')
      const content = this.#open(person.key, blobOf(row, 'content'), 'photo', person.id, id)
      const { added, quality } = JSON.parse(content.toString())
      const mark = blobOf(row, 'mark')
      return { id, mark, added, quality: quality ?? undefined, cropKept: row.cropKept === 1 }
    })
  }

  addPhoto(
    person: Pick<PersonRecord, 'id' | 'key'>,
    { id, mark, added, quality }: Omit<PhotoRecord, 'cropKept'>,
    crop: Uint8Array | undefined
  ): void {
    this.#db.run(
      'INSERT INTO photo (id, person, mark, content, crop) VALUES (?, ?, ?, ?, ?)',
      id,
      person.id,
      mark,
      this.#seal(person.key, paddedJson({ added, quality }), 'photo', person.id, id),
      crop === undefined ? null : this.#seal(person.key, crop, 'crop', person.id, id)
    )
  }

  hasPhoto(id: string): boolean {
    return this.#db.get('SELECT 1 FROM photo WHERE id = ?', id) !== undefined
  }

  removePhoto(person: string, photo: string): boolean {
    return this.#db.run('DELETE FROM photo WHERE person = ? AND id = ?', person, photo) === 1
  }

  crop(person: Pick<PersonRecord, 'id' | 'key'>, photo: string): Uint8Array | undefined {
    const row = this.#db.get('SELECT crop FROM photo WHERE person = ? AND id = ?', person.id, photo)
    if (row === undefined || row.crop === null) return undefined
    return this.#open(person.key, blobOf(row, 'crop'), 'crop', person.id, photo)
  }

  addEmbedding(
    person: Pick<PersonRecord, 'id' | 'key'>,
    model: number,
    { photo, vector, quality }: EmbeddingRecord
  ): void {
    const content = new Float32Array(1 + vector.length)
    content[0] = quality
    content.set(vector, 1)
    const bytes = new Uint8Array(content.buffer)
    const text = modelText(this.model(model))
    this.#db.run(
      'INSERT OR REPLACE INTO embedding (photo, model, content) VALUES (?, ?, ?)',
      photo,
      model,
      this.#seal(person.key, bytes, 'embedding', person.id, photo, text)
    )
  }

  embeddingOf(
    person: Pick<PersonRecord, 'id' | 'key'>,
    row: Row,
    model: ModelIdentity
  ): EmbeddingRecord {
    const photo = textOf(row, 'photo')
    const sealed = blobOf(row, 'embedding')
    const text = modelText(model)
    const bytes = this.#open(person.key, sealed, 'embedding', person.id, photo, text)
    if (bytes.byteLength !== 4 * (1 + model.size)) {
      throw new GalleryCorruptError(`The embedding of person ${person.id} is of another size`)
    }
    // A copy begins where floats may.
    const floats = new Float32Array(Uint8Array.from(bytes).buffer)
    return { photo, quality: floats[0] ?? 1, vector: floats.subarray(1) }
  }

  embeddings(person: Pick<PersonRecord, 'id' | 'key'>, model: number): EmbeddingRecord[] {
    const identity = this.model(model)
    const rows = this.#db.all(
      `SELECT photo.id AS photo, embedding.content AS embedding
       FROM photo JOIN embedding ON embedding.photo = photo.id AND embedding.model = ?
       WHERE photo.person = ? ORDER BY photo.row`,
      model,
      person.id
    )
    return rows.map((row) => this.embeddingOf(person, row, identity))
  }

  modelIds(): number[] {
    return this.#db.all('SELECT id FROM model ORDER BY id').map((row) => numberOf(row, 'id'))
  }

  /** Key and id alone, as reading the whole gallery takes: names stay sealed. */
  keyOf(row: Row): Pick<PersonRecord, 'id' | 'key'> {
    const id = textOf(row, 'id')
    return { id, key: this.#vault.unsealPersonKey(id, blobOf(row, 'key')) }
  }

  everybody(): PersonRecord[] {
    const rows = this.#db.all('SELECT id, key, content FROM person ORDER BY row')
    return rows.map((row) => this.personOf(row))
  }

  ids(): string[] {
    return this.#db.all('SELECT id FROM person ORDER BY row').map((row) => textOf(row, 'id'))
  }

  cropCount(): number {
    const row = this.#db.get('SELECT count(*) AS n FROM photo WHERE crop IS NOT NULL')
    return numberOf(row ?? {}, 'n')
  }

  /** Seals all photos of one person for another; how many were there already and were passed over. */
  movePhotos(from: PersonRecord, to: PersonRecord): number {
    const known = new Set(this.photos(to).map(({ mark }) => Buffer.from(mark).toString('hex')))
    let passedOver = 0
    for (const photo of this.photos(from)) {
      if (known.has(Buffer.from(photo.mark).toString('hex'))) passedOver++
      else this.#movePhoto(from, to, photo)
    }
    return passedOver
  }

  #movePhoto(from: PersonRecord, to: PersonRecord, photo: PhotoRecord): void {
    const { added, quality } = photo
    const crop = this.crop(from, photo.id)
    const embeddings = this.#db
      .all('SELECT photo, model, content AS embedding FROM embedding WHERE photo = ?', photo.id)
      .map((row) => {
        const model = numberOf(row, 'model')
        return { model, record: this.embeddingOf(from, row, this.model(model)) }
      })
    this.#db.run(
      'UPDATE photo SET person = ?, content = ?, crop = ? WHERE id = ?',
      to.id,
      this.#seal(to.key, paddedJson({ added, quality }), 'photo', to.id, photo.id),
      crop === undefined ? null : this.#seal(to.key, crop, 'crop', to.id, photo.id),
      photo.id
    )
    for (const { model, record } of embeddings) this.addEmbedding(to, model, record)
  }
}
