/** A person found: the cosine of the face and the most similar of the person's rows. */
export interface Hit {
  readonly person: string
  readonly similarity: number
}

/** What faces are compared with: one row a person, their template, or one for each photo. */
export interface PersonIndex {
  /** People. */
  readonly size: number
  /** Rows of all people. */
  readonly rows: number
  /** Of how many photos the people's templates are, each number once. */
  photoCounts(): readonly number[]
  /** Of how many photos that person's template is. */
  photosOf(person: string): number
  set(person: string, rows: readonly Float32Array[], photos: number): void
  delete(person: string): void
  clear(): void
  /**
   * The `count` most similar people, the best first; equally similar ones in the order in which they
   * came.
   */
  top(face: Float32Array, count: number, signal?: AbortSignal): Promise<Hit[]>
}

interface Entry {
  /** In the order in which people came. */
  readonly number: number
  readonly rows: number
  readonly photos: number
}

/** Who is in an index, whatever searches it. */
export class Roll {
  readonly #entries = new Map<string, Entry>()
  readonly #counts = new Map<number, number>()
  #rows = 0
  #next = 1

  get size(): number {
    return this.#entries.size
  }

  get rows(): number {
    return this.#rows
  }

  photoCounts(): readonly number[] {
    return [...this.#counts.keys()]
  }

  get(person: string): Entry | undefined {
    return this.#entries.get(person)
  }

  #count(photos: number, by: number): void {
    const count = (this.#counts.get(photos) ?? 0) + by
    if (count === 0) this.#counts.delete(photos)
    else this.#counts.set(photos, count)
  }

  set(person: string, rows: number, photos: number): Entry {
    const old = this.#entries.get(person)
    const entry = { number: old?.number ?? this.#next++, rows, photos }
    this.#entries.set(person, entry)
    if (old !== undefined) this.#count(old.photos, -1)
    this.#count(photos, 1)
    this.#rows += rows - (old?.rows ?? 0)
    return entry
  }

  delete(person: string): Entry | undefined {
    const old = this.#entries.get(person)
    if (old === undefined) return undefined
    this.#entries.delete(person)
    this.#count(old.photos, -1)
    this.#rows -= old.rows
    return old
  }

  clear(): void {
    this.#entries.clear()
    this.#counts.clear()
    this.#rows = 0
  }
}

/** Looks at everybody, one after the other: the reference that faster searches are compared with. */
export class PlainScan implements PersonIndex {
  readonly #roll = new Roll()
  readonly #rows = new Map<string, readonly Float32Array[]>()

  get size(): number {
    return this.#roll.size
  }

  get rows(): number {
    return this.#roll.rows
  }

  photoCounts(): readonly number[] {
    return this.#roll.photoCounts()
  }

  photosOf(person: string): number {
    return this.#roll.get(person)?.photos ?? 1
  }

  set(person: string, rows: readonly Float32Array[], photos: number): void {
    this.#roll.set(person, rows.length, photos)
    this.#rows.set(person, rows)
  }

  delete(person: string): void {
    this.#roll.delete(person)
    this.#rows.delete(person)
  }

  clear(): void {
    this.#roll.clear()
    this.#rows.clear()
  }

  async top(face: Float32Array, count: number): Promise<Hit[]> {
    const number = ({ person }: Hit): number => this.#roll.get(person)?.number ?? 0
    return [...this.#rows]
      .map(([person, rows]) => ({
        person,
        similarity: Math.max(...rows.map((row) => dot(row, face)))
      }))
      .sort((a, b) => b.similarity - a.similarity || number(a) - number(b))
      .slice(0, count)
  }
}

function dot(row: Float32Array, face: Float32Array): number {
  let sum = 0
  for (let i = 0; i < face.length; i++) sum += (row[i] as number) * (face[i] as number)
  return sum
}
