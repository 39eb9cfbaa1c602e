import { InvalidArgumentError } from '../../errors.js'
import type { PersonPhoto } from './list.js'

/**
 * Embeddings as the rows of one matrix, a person's photos beside each other. People and families are
 * numbers, so that a billion comparisons of them are cheap.
 */
export interface FaceMatrix {
  readonly rows: number
  /** Numbers in a row. */
  readonly size: number
  readonly vectors: Float32Array
  /** The number of the person in each row; they never fall. */
  readonly people: Int32Array
  readonly names: readonly string[]
  /** The number of each person's family; people without a known one have one of their own. */
  readonly families: Int32Array
  readonly paths: readonly string[]
}

/** Where the rows of each person begin, and after the last one where they end. */
export function starts({ rows, people, names }: FaceMatrix): Int32Array {
  const from = new Int32Array(names.length + 1).fill(rows)
  for (let row = rows - 1; row >= 0; row--) from[people[row] as number] = row
  return from
}

export function faceMatrix(
  photos: readonly PersonPhoto[],
  vectorOf: (photo: PersonPhoto, index: number) => Float32Array | undefined
): FaceMatrix {
  const found = photos.flatMap((photo, i) => {
    const vector = vectorOf(photo, i)
    return vector === undefined ? [] : [{ photo, vector }]
  })
  const size = found[0]?.vector.length ?? 0
  const numbers = new Map<string, number>()
  const familyNumbers = new Map<string, number>()
  const families: number[] = []
  for (const { photo } of found) {
    if (numbers.has(photo.person)) continue
    numbers.set(photo.person, numbers.size)
    // A family's name and a person's never meet.
    const family = photo.family === undefined ? `person ${photo.person}` : `family ${photo.family}`
    const number = familyNumbers.get(family) ?? familyNumbers.size
    familyNumbers.set(family, number)
    families.push(number)
  }
  const numberOf = ({ person }: PersonPhoto): number => numbers.get(person) as number
  found.sort((a, b) => numberOf(a.photo) - numberOf(b.photo))
  const vectors = new Float32Array(found.length * size)
  for (const [row, { photo, vector }] of found.entries()) {
    if (vector.length !== size) {
      throw new InvalidArgumentError(
        'embeddings',
        `all embeddings must have the same size: "${photo.path}" has ${vector.length} numbers, others have ${size}`
      )
    }
    vectors.set(vector, row * size)
  }
  return {
    rows: found.length,
    size,
    vectors,
    people: Int32Array.from(found, ({ photo }) => numberOf(photo)),
    names: [...numbers.keys()],
    families: Int32Array.from(families),
    paths: found.map(({ photo }) => photo.path)
  }
}

/** 1 / length of each row; an embedding without a direction is an error. */
export function inverseNorms({ rows, size, vectors, paths }: FaceMatrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let square = 0
    for (let k = row * size; k < (row + 1) * size; k++) square += (vectors[k] as number) ** 2
    if (!(square > 0 && square < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgumentError(
        'embeddings',
        `the embedding of "${paths[row] ?? row}" must be finite and not all zeros`
      )
    }
    return 1 / Math.sqrt(square)
  })
}
