import { setImmediate as nextTurn } from 'node:timers/promises'
import { type FaceMatrix, inverseNorms } from '../people/matrix.js'
import { dotTile, pack, tileRows } from './dot.js'
import { type Scores, Tally, type TallyOptions } from './tally.js'

/**
 * Every embedding compared with every other one, a tile at a time. The event loop gets its turn
 * after each few milliseconds; memory does not grow with the number of pairs.
 */

export interface Comparison {
  readonly left: FaceMatrix
  /** The same people by the same numbers; the same matrix where each pair is counted once. */
  readonly right: FaceMatrix
  /** Of one person; their entries are people. */
  readonly genuine: Scores
  /** Of people who are not related; `a` of their entries is a row of `left`, `b` one of `right`. */
  readonly impostors: Scores
  /** Pairs of relatives, which are in neither. */
  readonly relatives: number
}

export interface CompareOptions extends TallyOptions {
  readonly signal?: AbortSignal
  /** Told how many pairs are done. */
  readonly progress?: (done: number) => void
}

/** How long tiles are worked on before others get their turn, in milliseconds. */
const slice = 10

/** Works through tiles; `scan` is told the products of rows from `i` and columns from `j`. */
export async function eachTile(
  left: FaceMatrix,
  right: FaceMatrix,
  { symmetric, signal }: { readonly symmetric: boolean; readonly signal?: AbortSignal | undefined },
  scan: (i: number, j: number, products: Float64Array) => void
): Promise<void> {
  const { size } = left
  const [a, b] = [new Float64Array(tileRows * size), new Float64Array(tileRows * size)]
  const products = new Float64Array(tileRows * tileRows)
  let since = performance.now()
  for (let i = 0; i < left.rows; i += tileRows) {
    pack(left.vectors, size, i, Math.min(i + tileRows, left.rows), a)
    for (let j = symmetric ? i : 0; j < right.rows; j += tileRows) {
      pack(right.vectors, size, j, Math.min(j + tileRows, right.rows), b)
      dotTile(a, b, size, products)
      scan(i, j, products)
      if (performance.now() - since < slice) continue
      await nextTurn()
      signal?.throwIfAborted()
      since = performance.now()
    }
  }
}

/** A cosine: rounding may pass 1 by an ulp or so. */
const clamp = (score: number): number => Math.min(1, Math.max(-1, score))

/**
 * Compares all rows of a matrix with each other, or those of `left` with those of `right`. Rows of one
 * person that have photos in common, which `overlap` tells, are not compared.
 */
export async function compareAll(
  left: FaceMatrix,
  { signal, progress, ...options }: CompareOptions = {},
  right: FaceMatrix = left,
  overlap: (a: number, b: number) => boolean = () => false
): Promise<Comparison> {
  signal?.throwIfAborted()
  const symmetric = left === right
  const scaleLeft = inverseNorms(left)
  const scaleRight = symmetric ? scaleLeft : inverseNorms(right)
  const { families } = left
  const genuine = new Tally(options)
  const impostors = new Tally(options)
  let relatives = 0
  await eachTile(left, right, { symmetric, signal }, (i, j, products) => {
    const endI = Math.min(i + tileRows, left.rows)
    const endJ = Math.min(j + tileRows, right.rows)
    for (let a = i; a < endI; a++) {
      const scale = scaleLeft[a] as number
      const person = left.people[a] as number
      const family = families[person] as number
      const line = (a - i) * tileRows - j
      for (let b = symmetric ? Math.max(j, a + 1) : j; b < endJ; b++) {
        const score = clamp((products[line + b] as number) * scale * (scaleRight[b] as number))
        const other = right.people[b] as number
        if (other !== person) {
          if (families[other] === family) relatives++
          else impostors.add(score, a, b)
        } else if (!overlap(a, b)) genuine.add(score, person, person)
      }
    }
    progress?.(genuine.count + impostors.count + relatives)
  })
  return {
    left,
    right,
    genuine: await genuine.result(),
    impostors: await impostors.result(),
    relatives
  }
}
