import type { NativeFace } from '../addon/types.js'
import { checkOptions, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { type FaceQuality, qualityFromNative } from './quality.js'

/** A point in pixels of the upright photo, from its top left corner. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/**
 * Five landmarks in this order, left and right as seen in the image: left eye, right eye, tip of
 * the nose, left and right corner of the mouth.
 */
export type Landmarks = readonly [Point, Point, Point, Point, Point]

export interface Face {
  readonly box: Box
  /** The detector's confidence, 0 to 1. */
  readonly score: number
  readonly landmarks: Landmarks
  /** Only when asked for: `detect(photo, { quality: true })`; always of the face that `embed` took. */
  readonly quality?: FaceQuality
}

export function faceFromNative({ box, score, landmarks, quality }: NativeFace): Face {
  const point = (i: number): Point => ({
    x: landmarks[2 * i] as number,
    y: landmarks[2 * i + 1] as number
  })
  return {
    box,
    score,
    landmarks: [point(0), point(1), point(2), point(3), point(4)],
    ...(quality && { quality: qualityFromNative(quality) })
  }
}

/** Checks landmarks given by the caller and lays them out as the add-on wants them. */
export function landmarksToNative(landmarks: Landmarks): Float32Array {
  if (!Array.isArray(landmarks) || landmarks.length !== 5) {
    throw new InvalidArgumentError(
      'landmarks',
      `landmarks must be an array of five points, not ${show(landmarks)}`
    )
  }
  const flat = new Float32Array(10)
  for (const [i, point] of (landmarks as Landmarks).entries()) {
    checkOptions('landmarks', point)
    const { x, y } = point
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw new InvalidArgumentError(
        'landmarks',
        'landmarks must be points {x, y} of finite numbers'
      )
    }
    flat.set([x, y], 2 * i)
  }
  return flat
}
