import { loadBinding } from '../addon/load.js'
import { unwritten } from '../frames/bytes.js'
import { checkPixelCount } from '../frames/frame.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { orientationOf, rotationOf } from './exif.js'
import type { JpegHeader } from './jpeg-header.js'
import type { DecodePlan, PhotoUse } from './types.js'

/** By how much a photo is made smaller while it is decoded, so that `side` pixels are left. */
function reductionFor(longest: number, side: number): 1 | 2 | 4 | 8 {
  return ([8, 4, 2] as const).find((step) => longest / step >= side) ?? 1
}

/** Two bytes for each coefficient of three components. */
const coefficientBytes = 6

/** The addon's own decoder; undefined for a JPEG of a kind that it leaves to the other one. */
export function planJpeg(
  file: Uint8Array,
  { inScans }: JpegHeader,
  maxPixels: number,
  { turned = false, side = Number.POSITIVE_INFINITY }: PhotoUse
): DecodePlan | undefined {
  const rotation = rotationOf[orientationOf(file) ?? 1]
  if (rotation === undefined || (turned && rotation !== 0)) return undefined
  const addon = loadBinding()
  const header = addon.jpegHeader(file)
  if (header === null) return undefined
  const { width, height, gray } = header
  // The header reader and the decoder could disagree on a crafted file.
  checkPixelCount(width, height, maxPixels)
  const reducedBy = reductionFor(Math.max(width, height), side)
  const size = { width: Math.ceil(width / reducedBy), height: Math.ceil(height / reducedBy) }
  const format = gray ? 'gray' : 'rgb'
  const stride = size.width * (gray ? 1 : 3)
  const pixels = stride * size.height
  return {
    decoding: pixels + (inScans ? coefficientBytes * width * height : 0),
    kept: pixels,
    decode: async (): Promise<NativeFrame> => {
      const data = unwritten(pixels)
      await addon.decodeJpeg(file, { width, height, reducedBy }, data)
      return {
        data,
        ...size,
        stride,
        format,
        ...(rotation !== 0 && { rotation }),
        ...(reducedBy !== 1 && { photo: { file, width, height, reducedBy } })
      }
    }
  }
}
