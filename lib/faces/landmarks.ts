import { checkOptions, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import type { Landmarks } from './types.js'

/** Checks landmarks given by the caller and lays them out as the addon wants them. */
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
