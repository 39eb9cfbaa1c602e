import type { FaceMatrix } from './people/matrix.js'
import { starts } from './people/matrix.js'

/** Templates: one embedding from several photos of a person. */

export interface Group {
  /** Rows of one person. */
  readonly from: number
  readonly to: number
}

/** As many templates of so many photos as each person's photos give, none twice. */
export function disjointGroups(faces: FaceMatrix, photos: number): Group[] {
  const from = starts(faces)
  return faces.names.flatMap((_, person) => {
    const [first, end] = [from[person] as number, from[person + 1] as number]
    const count = Math.floor((end - first) / photos)
    return Array.from({ length: count }, (_, i) => ({
      from: first + i * photos,
      to: first + (i + 1) * photos
    }))
  })
}

/** The mean of rows, each of length 1; what `combineEmbeddings` makes of crops. */
export function meanRow(faces: FaceMatrix, rows: readonly number[]): Float32Array {
  const { size, vectors } = faces
  const sum = new Float64Array(size)
  for (const row of rows) {
    const vector = vectors.subarray(row * size, (row + 1) * size)
    const norm = Math.hypot(...vector)
    for (let k = 0; k < size; k++) sum[k] = (sum[k] as number) + (vector[k] as number) / norm
  }
  const norm = Math.hypot(...sum)
  return Float32Array.from(sum, (value) => value / norm)
}

/** A matrix of templates, with people and families by the numbers they have in `faces`. */
export function templateMatrix(
  faces: FaceMatrix,
  groups: readonly Group[],
  combine: (rows: readonly number[]) => Float32Array = (rows) => meanRow(faces, rows)
): FaceMatrix {
  const { size, names, families, people, paths } = faces
  const vectors = new Float32Array(groups.length * size)
  for (const [i, { from, to }] of groups.entries()) {
    vectors.set(combine(Array.from({ length: to - from }, (_, k) => from + k)), i * size)
  }
  return {
    rows: groups.length,
    size,
    names,
    families,
    vectors,
    people: Int32Array.from(groups, ({ from }) => people[from] as number),
    paths: groups.map(({ from, to }) => `${paths[from]} and ${to - from - 1} more`)
  }
}

/** Whether a photo is in a template. */
export function isIn({ from, to }: Group, row: number): boolean {
  return row >= from && row < to
}
