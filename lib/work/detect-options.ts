import { type AbortOptions, abortKeys } from '../abort.js'
import type { NativeDetectOptions } from '../addon/types.js'
import { checkBoolean, checkInteger, checkNumber, checkOneOf, maxImageSide } from '../check.js'
import { keysOf } from '../keys.js'
import { type ImageOptions, imageKeys, type PhotoUse } from '../photos/types.js'

export interface DetectOptions extends ImageOptions, AbortOptions {
  /** Minimum detection score of a face, 0 to 1. Default 0.6. */
  readonly minScore?: number
  /** Maximum number of faces; those with the best scores are returned. Default 100. */
  readonly maxFaces?: number
  /**
   * The longest side, in pixels, of the image that the detector sees first; larger photos are scaled
   * down. Default 640.
   */
  readonly maxSide?: number
  /** Ignores faces whose box has a shorter side below this, in pixels of the photo. Default 0. */
  readonly minFaceSize?: number
  /**
   * `'quick'` (default) searches at one scale, and at others only if no face is found. `'thorough'`
   * searches at all scales from half of `maxSide` to twice the photo, in overlapping tiles at large
   * scales, and merges the results: for small faces among large ones.
   */
  readonly search?: 'quick' | 'thorough'
  /**
   * Whether to search for faces that lie on their side or upside down as well, and to refine the
   * landmarks of tilted faces. Default true.
   */
  readonly rotations?: boolean
  /**
   * Maximum number of pixels to search per photo, over all scales, tiles and rotations; the first
   * search is always made. Unlike a time limit it gives the same faces on every machine. Default
   * 4 million.
   */
  readonly searchPixels?: number
}

export const detectKeys = [
  ...imageKeys,
  ...abortKeys,
  ...keysOf<Omit<DetectOptions, keyof ImageOptions | keyof AbortOptions>>({
    minScore: true,
    maxFaces: true,
    maxSide: true,
    minFaceSize: true,
    search: true,
    rotations: true,
    searchPixels: true
  })
]

/** Of two boxes that overlap by more than this (intersection over union) the better one stays. */
const nmsIou = 0.3

export function detectOptionsToNative(options: DetectOptions): NativeDetectOptions {
  const { minScore = 0.6, maxFaces = 100, maxSide = 640, minFaceSize = 0 } = options
  const { search = 'quick', rotations = true, searchPixels = 4_000_000 } = options
  checkNumber('minScore', minScore, 0, 1)
  checkInteger('maxFaces', maxFaces, 1, 10_000)
  checkInteger('maxSide', maxSide, 32, 8192)
  checkInteger('minFaceSize', minFaceSize, 0, maxImageSide)
  checkOneOf('search', search, ['quick', 'thorough'])
  checkBoolean('rotations', rotations)
  checkNumber('searchPixels', searchPixels, 0, 1e12)
  return {
    scoreThreshold: minScore,
    nmsIou,
    maxSide,
    maxFaces,
    search,
    rotations,
    minFaceSize,
    searchPixels
  }
}

/**
 * More than a search looks at first: a face that takes a tenth of the photo can then be cut out
 * without another look into the file. Where more is needed, it is decoded from there. Of a photo of
 * 12 megapixels a quarter of each side is enough.
 */
export function useOf({ search, maxSide }: NativeDetectOptions): PhotoUse {
  return search === 'quick' ? { side: 1.5 * maxSide } : {}
}
