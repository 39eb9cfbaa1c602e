import { eachTile } from '../pairwise/compare.js'
import { tileRows } from '../pairwise/dot.js'
import { type FaceMatrix, inverseNorms } from '../people/matrix.js'
import type { Draw } from './draw.js'

/** Searches of a gallery, many draws together. */
export interface Searches {
  /** The score of the mate where it came first, else `missed`. */
  readonly mated: Float64Array
  readonly matedPeople: Int32Array
  /** The best score that a stranger reached. */
  readonly strangers: Float64Array
  readonly strangerPeople: Int32Array
}

/** Lower than any score: somebody else came first, or nobody was compared. */
export const missed = -2

interface Found {
  /** Of the person searched for, and of the best of all others but relatives. */
  readonly mate: Float64Array
  readonly best: Float64Array
}

async function search(
  probes: FaceMatrix,
  gallery: FaceMatrix,
  signal: AbortSignal | undefined
): Promise<Found> {
  const mate = new Float64Array(probes.rows).fill(missed)
  const best = new Float64Array(probes.rows).fill(missed)
  const [scaleProbes, scaleGallery] = [inverseNorms(probes), inverseNorms(gallery)]
  const { families } = gallery
  await eachTile(probes, gallery, { symmetric: false, signal }, (i, j, products) => {
    const [endI, endJ] = [Math.min(i + tileRows, probes.rows), Math.min(j + tileRows, gallery.rows)]
    for (let a = i; a < endI; a++) {
      const person = probes.people[a] as number
      const scale = scaleProbes[a] as number
      for (let b = j; b < endJ; b++) {
        const product = products[(a - i) * tileRows + b - j] as number
        const score = Math.min(1, Math.max(-1, product * scale * (scaleGallery[b] as number)))
        const other = gallery.people[b] as number
        if (other === person) mate[a] = score
        else if (families[other] !== families[person] && score > (best[a] as number)) {
          best[a] = score
        }
      }
    }
  })
  return { mate, best }
}

export async function searchDraw(
  { gallery, mated, strangers }: Draw,
  signal?: AbortSignal
): Promise<Searches> {
  const own = await search(mated, gallery, signal)
  const others = await search(strangers, gallery, signal)
  return {
    mated: own.mate.map((score, i) => (score >= (own.best[i] as number) ? score : missed)),
    matedPeople: mated.people,
    strangers: others.best,
    strangerPeople: strangers.people
  }
}

export function together(draws: readonly Searches[]): Searches {
  const scores = (of: (draw: Searches) => Float64Array): Float64Array =>
    Float64Array.from(draws.flatMap((draw) => [...of(draw)]))
  const people = (of: (draw: Searches) => Int32Array): Int32Array =>
    Int32Array.from(draws.flatMap((draw) => [...of(draw)]))
  return {
    mated: scores(({ mated }) => mated),
    matedPeople: people(({ matedPeople }) => matedPeople),
    strangers: scores(({ strangers }) => strangers),
    strangerPeople: people(({ strangerPeople }) => strangerPeople)
  }
}
