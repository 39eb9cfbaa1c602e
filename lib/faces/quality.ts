import { checkNumber, maxImageSide } from '../check.js'
import { LowQualityError } from '../errors.js'
import { checkOptionKeys } from '../keys.js'
import type { FaceQuality, QualityAspect, QualityMinimum } from './types.js'

/** The range in which a minimum makes sense; those of angles are maxima. */
const ranges: Readonly<Record<QualityAspect, readonly [number, number]>> = {
  overall: [0, 1],
  sharpness: [0, 1],
  exposure: [0, 1],
  size: [0, maxImageSide],
  yaw: [0, 180],
  pitch: [0, 180],
  roll: [0, 180]
}
const aspects = Object.keys(ranges) as QualityAspect[]
const angles: ReadonlySet<QualityAspect> = new Set(['yaw', 'pitch', 'roll'])

/** A number stands for the overall quality. */
export function checkMinimum(minimum: unknown): QualityMinimum {
  if (minimum === undefined) return {}
  if (typeof minimum === 'number') {
    checkNumber('minQuality', minimum, 0, 1)
    return { overall: minimum }
  }
  checkOptionKeys('minQuality', minimum, aspects)
  for (const [aspect, value] of Object.entries(minimum)) {
    const range = ranges[aspect as QualityAspect]
    if (value !== undefined) checkNumber(`minQuality.${aspect}`, value, ...range)
  }
  return minimum as QualityMinimum
}

/** Throws LowQualityError about the first aspect that falls short, `where` being the photo. */
export function demandQuality(quality: FaceQuality, minimum: QualityMinimum, where: string): void {
  // What can be mended first: the overall score says least about what to do.
  for (const aspect of [...aspects.slice(1), ...aspects.slice(0, 1)]) {
    const wanted = minimum[aspect]
    if (wanted === undefined) continue
    const value = quality[aspect]
    const angle = angles.has(aspect)
    const good = angle ? Math.abs(value) <= wanted : value >= wanted
    if (good) continue
    const what = aspect === 'overall' ? 'overall quality' : aspect
    const rule = angle ? `above the maximum of ${wanted}` : `below the minimum of ${wanted}`
    throw new LowQualityError(
      `The face in ${where} is not good enough: its ${what} is ${value.toFixed(angle || aspect === 'size' ? 1 : 3)}, ${rule}`,
      aspect,
      value,
      wanted,
      quality
    )
  }
}
