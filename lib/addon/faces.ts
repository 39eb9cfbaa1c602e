import type { Face, Point } from '../faces/types.js'
import type { NativeFace } from './types.js'

/** A face as the addon tells it, as users see it. */
export function faceFromNative({ box, score, landmarks, quality }: NativeFace): Face {
  const point = (i: number): Point => ({
    x: landmarks[2 * i] as number,
    y: landmarks[2 * i + 1] as number
  })
  return {
    box,
    score,
    landmarks: [point(0), point(1), point(2), point(3), point(4)],
    ...(quality && { quality: { ...quality } })
  }
}
