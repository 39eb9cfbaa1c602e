import { type FaceMatrix, starts } from '../people/matrix.js'
import { meanRow } from '../templates.js'

/** One draw of an open-set search: who is enrolled with which photos, and who is searched for. */
export interface Draw {
  /** A template for each person enrolled. */
  readonly gallery: FaceMatrix
  /** Photos of people enrolled, none of which is in a template. */
  readonly mated: FaceMatrix
  /** Photos of people who are not enrolled. */
  readonly strangers: FaceMatrix
}

export interface DrawOptions {
  /** People enrolled. */
  readonly size: number
  /** Photos a person is enrolled with. */
  readonly photos: number
  /** Photos a person is searched with at most. */
  readonly probes: number
  /** A whole number from 0 up to, not with, `below`. */
  readonly random: (below: number) => number
}

function shuffled(items: readonly number[], random: (below: number) => number): number[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1)
    ;[order[i], order[j]] = [order[j] as number, order[i] as number]
  }
  return order
}

/** The rows named, with people and families by the numbers they have in `faces`. */
function rowsOf(faces: FaceMatrix, rows: readonly number[]): FaceMatrix {
  const { size, vectors, people, paths } = faces
  const chosen = new Float32Array(rows.length * size)
  for (const [i, row] of rows.entries()) {
    chosen.set(vectors.subarray(row * size, (row + 1) * size), i * size)
  }
  return {
    ...faces,
    rows: rows.length,
    vectors: chosen,
    people: Int32Array.from(rows, (row) => people[row] as number),
    paths: rows.map((row) => paths[row] as string)
  }
}

/** How many people have photos enough to be enrolled. */
export function enrollable(faces: FaceMatrix, photos: number): number {
  const from = starts(faces)
  return faces.names.filter((_, i) => (from[i + 1] as number) - (from[i] as number) >= photos)
    .length
}

/**
 * People who can be searched for, having a photo more than is enrolled, come first into the gallery;
 * if they are too few, others fill it.
 */
export function drawGallery(
  faces: FaceMatrix,
  { size, photos, probes, random }: DrawOptions
): Draw {
  const from = starts(faces)
  const everybody = faces.names.map((_, person) => person)
  const photosOf = (person: number): number =>
    (from[person + 1] as number) - (from[person] as number)
  const rows = (person: number): number[] =>
    shuffled(
      Array.from({ length: photosOf(person) }, (_, i) => (from[person] as number) + i),
      random
    )
  const order = [
    ...shuffled(
      everybody.filter((person) => photosOf(person) > photos),
      random
    ),
    ...shuffled(
      everybody.filter((person) => photosOf(person) === photos),
      random
    )
  ]
  const enrolled = order.slice(0, size)
  const isEnrolled = new Set(enrolled)
  const templates: Float32Array[] = []
  const mated: number[] = []
  for (const person of enrolled) {
    const own = rows(person)
    templates.push(meanRow(faces, own.slice(0, photos)))
    mated.push(...own.slice(photos, photos + probes))
  }
  const strangers = everybody
    .filter((person) => !isEnrolled.has(person))
    .flatMap((person) => rows(person).slice(0, probes))
  const vectors = new Float32Array(templates.length * faces.size)
  for (const [i, template] of templates.entries()) vectors.set(template, i * faces.size)
  const gallery = {
    ...faces,
    rows: templates.length,
    vectors,
    people: Int32Array.from(enrolled),
    paths: enrolled.map((person) => `template of ${faces.names[person]}`)
  }
  return { gallery, mated: rowsOf(faces, mated), strangers: rowsOf(faces, strangers) }
}
