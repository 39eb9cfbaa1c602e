import { overlap } from '../faces/box.js'
import type { Box } from '../faces/types.js'

/** A detection as it is judged: where, and how sure. */
export interface ScoredBox {
  readonly box: Box
  readonly score: number
}

/** What became of a photo's detections. */
export interface Judged {
  /** Scores of detections that hit a face that none surer had hit. */
  readonly hits: readonly number[]
  /** Scores of detections that hit nothing. */
  readonly misses: readonly number[]
  /** Faces that count. */
  readonly faces: number
}

/**
 * Matches detections, the surest first, each with the free face it overlaps most, as in Pascal VOC.
 * Faces narrower than `smallest` do not count: found or not, they change nothing.
 */
export function judge(
  detections: readonly ScoredBox[],
  faces: readonly Box[],
  { iou = 0.5, smallest = 0 }: { readonly iou?: number; readonly smallest?: number } = {}
): Judged {
  const free = new Set(faces)
  const counts = (face: Box): boolean => Math.min(face.width, face.height) >= smallest
  const hits: number[] = []
  const misses: number[] = []
  for (const { box, score } of [...detections].sort((a, b) => b.score - a.score)) {
    let best: Box | undefined
    let most = 0
    for (const face of free) {
      const share = overlap(box, face)
      if (share > most) [best, most] = [face, share]
    }
    if (best === undefined || most < iou) {
      misses.push(score)
    } else {
      free.delete(best)
      if (counts(best)) hits.push(score)
    }
  }
  return { hits, misses, faces: faces.filter(counts).length }
}

export interface RecallPoint {
  readonly recall: number
  /** False positives per photo. */
  readonly falsePositives: number
  readonly score: number
}

function at(judged: readonly Judged[], score: number): RecallPoint {
  const count = (pick: (photo: Judged) => readonly number[]): number =>
    judged.reduce((sum, photo) => sum + pick(photo).filter((value) => value >= score).length, 0)
  const faces = judged.reduce((sum, photo) => sum + photo.faces, 0)
  return {
    recall: count(({ hits }) => hits) / faces,
    falsePositives: count(({ misses }) => misses) / judged.length,
    score
  }
}

/** Recall and false positives per photo of detections that score at least `score`. */
export const recallAtScore = at

/** The best recall with at most so many false positives per photo. */
export function recallAtFalsePositives(judged: readonly Judged[], perPhoto: number): RecallPoint {
  const allowed = Math.floor(perPhoto * judged.length + 1e-9)
  const misses = judged.flatMap((photo) => photo.misses).sort((a, b) => b - a)
  const firstTooMany = misses[allowed]
  if (firstTooMany === undefined) return at(judged, 0)
  // Above the score of the first false positive that is one too many.
  const hits = judged.flatMap((photo) => photo.hits).filter((score) => score > firstTooMany)
  return at(judged, hits.length > 0 ? Math.min(...hits) : Number.POSITIVE_INFINITY)
}
