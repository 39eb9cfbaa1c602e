import type { Box } from '../faces/types.js'
import type { NativeFrame } from './native-frame.js'
import { planesOf } from './pixel-formats.js'

/** A part of a frame in the same memory, and where it lies in the upright picture. */
export interface Region {
  readonly frame: NativeFrame
  readonly x: number
  readonly y: number
}

/** Pixels of a rectangle, ends not included. */
interface Span {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Width and height of the picture that `rotation` makes upright. */
export function uprightSize({ width, height, rotation = 0 }: NativeFrame): {
  readonly width: number
  readonly height: number
} {
  return rotation % 180 === 0 ? { width, height } : { width: height, height: width }
}

/** Of a rectangle of the upright picture the one in the frame as it lies, or the other way round. */
function turned({ left, top, right, bottom }: Span, width: number, height: number, by: number) {
  switch (by) {
    case 90:
      return { left: top, top: height - right, right: bottom, bottom: height - left }
    case 180:
      return {
        left: width - right,
        top: height - bottom,
        right: width - left,
        bottom: height - top
      }
    case 270:
      return { left: width - bottom, top: left, right: width - top, bottom: right }
    default:
      return { left, top, right, bottom }
  }
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value))

/** Bytes of a pixel in the first plane. */
const bytesAPixel: Readonly<Record<NativeFrame['format'], number>> = {
  rgb: 3,
  bgr: 3,
  rgba: 4,
  bgra: 4,
  gray: 1,
  nv12: 1,
  nv21: 1,
  i420: 1,
  yuyv: 2
}

/**
 * The part of a frame that an area of the upright picture covers, cut at the picture's edge and
 * widened to whole pairs of pixels where chroma is shared. Undefined where nothing is left, and for
 * photos made smaller while they were decoded, of which more may yet be decoded.
 */
export function regionOf(frame: NativeFrame, area: Box): Region | undefined {
  if (frame.photo !== undefined) return undefined
  const { width, height, format, stride, offset = 0, chroma, rotation = 0 } = frame
  const upright = uprightSize(frame)
  const lying = turned(
    {
      left: clamp(Math.floor(area.x), upright.width),
      top: clamp(Math.floor(area.y), upright.height),
      right: clamp(Math.ceil(area.x + area.width), upright.width),
      bottom: clamp(Math.ceil(area.y + area.height), upright.height)
    },
    width,
    height,
    rotation
  )
  const across = chroma === undefined && format !== 'yuyv' ? 1 : 2
  const down = chroma === undefined ? 1 : 2
  const left = lying.left - (lying.left % across)
  const top = lying.top - (lying.top % down)
  // An odd side has a chroma sample for its last pixel alone, so only inner ends are widened.
  const right = Math.min(width, Math.ceil(lying.right / across) * across)
  const bottom = Math.min(height, Math.ceil(lying.bottom / down) * down)
  if (right <= left || bottom <= top) return undefined
  const chromaStep = planesOf[format][1]?.rowBytes(2) ?? 0
  const part: NativeFrame = {
    ...frame,
    width: right - left,
    height: bottom - top,
    offset: offset + top * stride + left * bytesAPixel[format],
    ...(chroma && {
      chroma: chroma.map((plane) => ({
        offset: plane.offset + (top / 2) * plane.stride + (left / 2) * chromaStep,
        stride: plane.stride
      }))
    })
  }
  const origin = unturned({ left, top, right, bottom }, width, height, rotation)
  return { frame: part, x: origin.left, y: origin.top }
}

/** The inverse of `turned`. */
function unturned({ left, top, right, bottom }: Span, width: number, height: number, by: number) {
  switch (by) {
    case 90:
      return { left: height - bottom, top: left, right: height - top, bottom: right }
    case 180:
      return {
        left: width - right,
        top: height - bottom,
        right: width - left,
        bottom: height - top
      }
    case 270:
      return { left: top, top: width - right, right: bottom, bottom: width - left }
    default:
      return { left, top, right, bottom }
  }
}
