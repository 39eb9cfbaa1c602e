import { onAbort, signalOf } from '../abort.js'
import { fromNative } from '../addon/errors.js'
import { loadBinding } from '../addon/load.js'
import type { NativeHits, NativeSearchIndex, NativeSearchOptions } from '../addon/types.js'
import { checkInteger, checkOneOf, checkOptions, show } from '../check.js'
import { ClosedError, InternalError, InvalidArgumentError } from '../errors.js'
import { best, type SearchHit } from './ranking.js'

export type { SearchHit } from './ranking.js'

/** The fp32 rows of some ids, in their order; undefined for one that is gone. */
export type Rows = readonly (Float32Array | undefined)[]

export interface SearchIndexOptions {
  /** Numbers of a row: 1 to 4096. */
  readonly dimensions: number
  /**
   * Where the fp32 rows are, which decide between candidates. `'keep'`: in the index, too, which then
   * takes 5 bytes a number instead of one; for some 50,000 rows. A function gives them when a search
   * asks for some tens of rows.
   */
  readonly rows: 'keep' | ((ids: readonly bigint[]) => Rows | Promise<Rows>)
  /** Threads of a search. Default 1. */
  readonly threads?: number
  /** Calls that may wait, beside the one that runs; QueueFullError beyond. Default 64. */
  readonly queueLimit?: number
}

export interface SearchOptions {
  /** How many to find: 1 to 4096. There may be fewer. */
  readonly k: number
  /** `'person'` (default): each person once, by the best of their rows. */
  readonly per?: 'row' | 'person'
  readonly signal?: AbortSignal
}

const maxDimensions = 4096
const maxHits = 4096
const maxThreads = 64
const maxQueueLimit = 65536
const maxTicket = 0xffffffff

/**
 * Exact search among vectors, by the greatest inner product: of unit vectors, the cosine. Results are
 * those of scoring every row in double precision, equal scores by the lower person, then the lower id.
 * Calls take effect in the order in which they are made, off the event loop.
 */
export class SearchIndex {
  readonly dimensions: number
  readonly #native: NativeSearchIndex
  readonly #fetch: Exclude<SearchIndexOptions['rows'], 'keep'> | undefined
  #size = 0
  #ticket = 0
  #closed = false

  constructor(options: SearchIndexOptions) {
    checkOptions('options', options)
    const { dimensions, rows, threads = 1, queueLimit = 64 } = options
    checkInteger('dimensions', dimensions, 1, maxDimensions)
    checkInteger('threads', threads, 1, maxThreads)
    checkInteger('queueLimit', queueLimit, 1, maxQueueLimit)
    if (rows !== 'keep' && typeof rows !== 'function') {
      throw new InvalidArgumentError('rows', `rows must be 'keep' or a function, not ${show(rows)}`)
    }
    this.dimensions = dimensions
    this.#fetch = rows === 'keep' ? undefined : rows
    try {
      const { SearchIndex: Native } = loadBinding()
      // The one that runs is among those that wait until the thread has taken it up.
      this.#native = new Native({
        dimensions,
        threads,
        queueLimit: queueLimit + 1,
        keepRows: rows === 'keep'
      })
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Rows, after the last change that is done. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds rows, all or none: an id that is in the index already, or twice in the call, is an
   * InvalidArgumentError. The arrays are copied before this returns.
   */
  async add(ids: BigInt64Array, persons: BigInt64Array, rows: Float32Array): Promise<void> {
    this.#size = await this.#call((native) => native.add(ids, persons, rows))
  }

  /** Removes rows; returns how many of them there were. */
  async remove(ids: BigInt64Array): Promise<number> {
    const { removed, size } = await this.#call((native) => native.remove(ids))
    this.#size = size
    return removed
  }

  /** The k best, the best first. */
  async search(query: Float32Array, options: SearchOptions): Promise<SearchHit[]> {
    if (query?.length !== this.dimensions) {
      throw new InvalidArgumentError('query', `query must hold ${this.dimensions} numbers`)
    }
    const [hits = []] = await this.searchAll(query, options)
    return hits
  }

  /** The k best of each query, in one pass over the rows: the queries stand one after the other. */
  async searchAll(queries: Float32Array, options: SearchOptions): Promise<SearchHit[][]> {
    checkOptions('options', options)
    const { k, per = 'person' } = options
    checkInteger('k', k, 1, maxHits)
    checkOneOf('per', per, ['row', 'person'])
    const signal = signalOf(options)
    // Rows may be fetched after the caller has changed the array.
    const query = this.#fetch === undefined ? queries : Float32Array.from(queries)
    const found = await this.#find(query, { k, per }, signal)
    return Promise.all(
      found.map((hits, i) => {
        const own = query.subarray(i * this.dimensions, (i + 1) * this.dimensions)
        return this.#fetch === undefined
          ? listed(hits)
          : this.#settle(own, hits, { k, per }, signal)
      })
    )
  }

  /** Drops all rows. Calls that wait reject with ClosedError, as does every later one. */
  async close(): Promise<void> {
    this.#closed = true
    this.#size = 0
    try {
      await this.#native.close()
    } catch (error) {
      throw fromNative(error)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #find(
    queries: Float32Array,
    options: NativeSearchOptions,
    signal: AbortSignal | undefined
  ): Promise<NativeHits[]> {
    this.#ticket = (this.#ticket % maxTicket) + 1
    const ticket = this.#ticket
    const unwatch = signal && onAbort(signal, () => this.#native.cancel(ticket))
    try {
      return await this.#call((native) => native.search(queries, options, ticket))
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw error
    } finally {
      unwatch?.()
    }
  }

  /** Scores candidates by their fp32 rows. */
  async #settle(
    query: Float32Array,
    candidates: NativeHits,
    options: NativeSearchOptions,
    signal: AbortSignal | undefined
  ): Promise<SearchHit[]> {
    const { k, per } = options
    const { ids, persons } = candidates
    if (ids.length === 0) return []
    const rows = (await this.#fetch?.([...ids])) ?? []
    if (signal?.aborted) throw signal.reason
    if (rows.length !== ids.length) {
      throw new InternalError(`${ids.length} rows were asked for, ${rows.length} came`)
    }
    const hits: SearchHit[] = []
    let gone = 0
    for (const [i, row] of rows.entries()) {
      if (row === undefined) gone++
      else if (row.length !== this.dimensions) throw new InternalError('a row has another size')
      else hits.push({ id: ids[i] as bigint, person: persons[i] as bigint, score: dot(row, query) })
    }
    // A row that is gone may have kept others out: so many more cannot be.
    if (gone > 0 && k < maxHits && ids.length < this.#size) {
      const more = { k: Math.min(maxHits, k + gone), per }
      const [again] = await this.#find(query, more, signal)
      if (again !== undefined && again.ids.length > ids.length) {
        return (await this.#settle(query, again, more, signal)).slice(0, k)
      }
    }
    return best(hits, k, per)
  }

  async #call<T>(job: (native: NativeSearchIndex) => Promise<T>): Promise<T> {
    if (this.#closed) throw new ClosedError('This search index is closed')
    try {
      return await job(this.#native)
    } catch (error) {
      throw fromNative(error)
    }
  }
}

function listed({ ids, persons, scores }: NativeHits): SearchHit[] {
  return Array.from(ids, (id, i) => ({
    id,
    person: persons[i] as bigint,
    score: scores[i] as number
  }))
}

/** As exact_score() of native/gallery, to the last bit. */
function dot(row: Float32Array, query: Float32Array): number {
  let sum = 0
  for (let j = 0; j < row.length; j++) sum += (row[j] as number) * (query[j] as number)
  return sum
}
