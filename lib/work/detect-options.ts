import { type AbortOptions, abortKeys } from '../abort.js'
import type { NativeDetectOptions } from '../addon/types.js'
import { checkBoolean, checkInteger, checkNumber, checkOneOf, maxImageSide } from '../check.js'
import { keysOf } from '../keys.js'
import { type ImageOptions, imageKeys, type PhotoUse } from '../photos/types.js'

export interface DetectOptions extends ImageOptions, AbortOptions {
  /** Faces the detector is less sure of are left out. Default 0.6. */
  readonly minScore?: number
  /** At most this many faces, the best-scored ones. Default 100. */
  readonly maxFaces?: number
  /**
   * The longest side, in pixels, of what the detector looks at first; a larger photo is scaled
   * down. Default 640.
   */
  readonly maxSide?: number
  /** Smaller faces (by the shorter side of their box, in pixels of the photo) are left out. */
  readonly minFaceSize?: number
  /**
   * `'quick'` (default) looks at one size and tries others only while no face is found.
   * `'thorough'` looks at all sizes from half of `maxSide` up to twice the photo, in overlapping
   * tiles where a size is large, and merges what it finds: for small faces among large ones.
   */
  readonly search?: 'quick' | 'thorough'
  /**
   * Whether faces on their side and upside down are looked for too, and landmarks of leaning faces
   * are found anew where the face is upright. Default true.
   */
  readonly rotations?: boolean
  /**
   * How many pixels the detector may look at in one photo, over all sizes, tiles and rotations
   * (the first look is always taken): a bound on time that, unlike a clock, gives the same faces on
   * every machine. Default 4 million.
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
