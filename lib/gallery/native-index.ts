import { type Hit, type PersonIndex, Roll } from './search.js'
import { SearchIndex } from './search-index.js'

/** Changes are passed on together: at the next search, or when so many rows have come. */
const mostPending = 1000
const queueLimit = 65_536

/** Searches in the addon, off the event loop. */
export class NativeIndex implements PersonIndex {
  readonly #roll = new Roll()
  readonly #people = new Map<bigint, string>()
  /** Ids of the rows of each person that the addon has. */
  readonly #ids = new Map<string, bigint[]>()
  readonly #pending = new Map<string, readonly Float32Array[]>()
  #pendingRows = 0
  #nextId = 1n
  #index: SearchIndex | undefined
  #failed: { readonly reason: unknown } | undefined

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
    const { number } = this.#roll.set(person, rows.length, photos)
    this.#people.set(BigInt(number), person)
    this.#pending.set(person, rows)
    this.#pendingRows += rows.length
    if (this.#pendingRows >= mostPending) this.#passOn()
  }

  delete(person: string): void {
    const entry = this.#roll.delete(person)
    if (entry === undefined) return
    this.#people.delete(BigInt(entry.number))
    this.#pending.set(person, [])
  }

  clear(): void {
    this.#roll.clear()
    this.#people.clear()
    this.#ids.clear()
    this.#pending.clear()
    this.#index?.close().catch(() => undefined)
    this.#index = undefined
  }

  async top(face: Float32Array, count: number, signal?: AbortSignal): Promise<Hit[]> {
    this.#passOn()
    this.#checkWhole()
    if (this.#index === undefined) return []
    const hits = await this.#index.search(face, { k: count, ...(signal && { signal }) })
    this.#checkWhole()
    return hits.flatMap(({ person: number, score }) => {
      // Of somebody who was removed meanwhile nothing is told.
      const person = this.#people.get(number)
      return person === undefined ? [] : [{ person, similarity: score }]
    })
  }

  /** The addon takes calls in the order in which they are made: a search comes after these. */
  #passOn(): void {
    if (this.#pending.size === 0) return
    const gone = [...this.#pending.keys()].flatMap((person) => this.#ids.get(person) ?? [])
    const added = [...this.#pending].filter(([, rows]) => rows.length > 0)
    for (const person of this.#pending.keys()) this.#ids.delete(person)
    this.#pending.clear()
    this.#pendingRows = 0
    const dimensions = added[0]?.[1][0]?.length
    if (dimensions !== undefined) {
      this.#index ??= new SearchIndex({ dimensions, rows: 'keep', queueLimit })
    }
    if (gone.length > 0) this.#watch(this.#index?.remove(BigInt64Array.from(gone)))
    if (added.length > 0 && dimensions !== undefined) this.#add(added, dimensions)
  }

  #add(added: readonly (readonly [string, readonly Float32Array[]])[], dimensions: number): void {
    const count = added.reduce((sum, [, rows]) => sum + rows.length, 0)
    const [ids, people] = [new BigInt64Array(count), new BigInt64Array(count)]
    const all = new Float32Array(count * dimensions)
    let at = 0
    for (const [person, rows] of added) {
      const own: bigint[] = []
      for (const row of rows) {
        own.push(this.#nextId)
        ids[at] = this.#nextId++
        people[at] = BigInt(this.#roll.get(person)?.number ?? 0)
        all.set(row, at++ * dimensions)
      }
      this.#ids.set(person, own)
    }
    this.#watch(this.#index?.add(ids, people, all))
  }

  #checkWhole(): void {
    if (this.#failed !== undefined) throw this.#failed.reason
  }

  /** A change that fails leaves the index wrong: no search is answered from then on. */
  #watch(change: Promise<unknown> | undefined): void {
    const index = this.#index
    change?.catch((reason: unknown) => {
      if (this.#index === index) this.#failed = { reason }
    })
  }
}
