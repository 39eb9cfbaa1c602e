import type { PersonPhoto } from '../../lib/evaluation/people/list.js'
import { type FaceMatrix, faceMatrix } from '../../lib/evaluation/people/matrix.js'

/** Park and Miller's numbers, from 0 to 1, the same every time. */
export function randomNumbers(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

export interface MadeFaces {
  readonly people: number
  /** Photos of the first person, the second … and again from the start. */
  readonly photos: readonly number[]
  readonly size?: number
  /** How far photos of a person lie apart. */
  readonly spread?: number
  /** The family of a person. */
  readonly family?: (person: number) => string | undefined
  readonly seed?: number
}

/** Faces of people that are alike, and of others that are not. */
export function makeFaces({
  people,
  photos,
  size = 8,
  spread = 0.5,
  family = () => undefined,
  seed = 1
}: MadeFaces): FaceMatrix {
  const random = randomNumbers(seed)
  const direction = (): number[] =>
    Array.from({ length: size }, () => random() + random() + random() - 1.5)
  const list: PersonPhoto[] = []
  const vectors: Float32Array[] = []
  for (let person = 0; person < people; person++) {
    const middle = direction()
    const name = family(person)
    for (let i = 0; i < (photos[person % photos.length] ?? 1); i++) {
      const off = direction()
      vectors.push(Float32Array.from(middle, (x, k) => x + spread * (off[k] ?? 0)))
      list.push({
        path: `${person}/${i}.jpg`,
        person: `${person}`,
        ...(name !== undefined && { family: name })
      })
    }
  }
  return faceMatrix(list, (_, i) => vectors[i])
}

export interface NaivePair {
  readonly score: number
  readonly a: number
  readonly b: number
}

/** All pairs of rows, one after the other. */
export function naivePairs(faces: FaceMatrix): {
  genuine: NaivePair[]
  impostors: NaivePair[]
  relatives: number
} {
  const row = (i: number): Float32Array =>
    faces.vectors.subarray(i * faces.size, (i + 1) * faces.size)
  const inverse = (vector: Float32Array): number => {
    let square = 0
    for (const x of vector) square += x ** 2
    return 1 / Math.sqrt(square)
  }
  const genuine: NaivePair[] = []
  const impostors: NaivePair[] = []
  let relatives = 0
  for (let a = 0; a < faces.rows; a++) {
    for (let b = a + 1; b < faces.rows; b++) {
      const [x, y] = [row(a), row(b)]
      let dot = 0
      for (const [k, value] of x.entries()) dot += value * (y[k] ?? 0)
      const score = Math.min(1, Math.max(-1, dot * inverse(x) * inverse(y)))
      const [p, q] = [faces.people[a] ?? 0, faces.people[b] ?? 0]
      if (p === q) genuine.push({ score, a, b })
      else if (faces.families[p] === faces.families[q]) relatives++
      else impostors.push({ score, a, b })
    }
  }
  return { genuine, impostors, relatives }
}
