import { checkInteger, checkOneOf, checkOptions, show } from './check.js'
import { ImageTooLargeError, InvalidArgumentError } from './errors.js'
import type { NativeFrame, NativePixelFormat } from './native.js'

/** Layout of a raw frame's pixels, 8 bits a channel; an alpha channel is ignored. */
export type PixelFormat = NativePixelFormat

/** Pixels as a camera or another decoder gives them. */
export interface RawFrame {
  readonly data: Uint8Array | Uint8ClampedArray | ArrayBuffer
  readonly width: number
  readonly height: number
  readonly format: PixelFormat
  /** Bytes from one row to the next; `width` × channels when left out. */
  readonly stride?: number
}

export const channelsOf: Readonly<Record<PixelFormat, number>> = {
  rgb: 3,
  bgr: 3,
  rgba: 4,
  bgra: 4,
  gray: 1
}

/** Longest side of an image that is accepted, whatever the pixel limit: what a JPEG can have. */
const maxSide = 65535

/** Views bytes of any accepted kind without copying; undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (value instanceof Uint8ClampedArray) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  if (value instanceof ArrayBuffer) {
    try {
      return new Uint8Array(value)
    } catch {
      return new Uint8Array(0) // transferred away: no bytes are left
    }
  }
  return undefined
}

export function checkPixelCount(width: number, height: number, maxPixels: number): void {
  if (Math.max(width, height) > maxSide) {
    throw new ImageTooLargeError(
      `The image has ${width}×${height} pixels; no side may be longer than ${maxSide}`
    )
  }
  if (width * height > maxPixels) {
    throw new ImageTooLargeError(
      `The image has ${width}×${height} pixels, more than the ${maxPixels} allowed; raise maxPixels to accept it`
    )
  }
}

/**
 * Checks a raw frame and copies its pixels, so that the caller may reuse or transfer the buffer at
 * once while the work goes on in another thread.
 */
export function copyFrame(frame: RawFrame, maxPixels: number): NativeFrame {
  checkOptions('frame', frame)
  const { width, height, format } = frame
  checkOneOf('format', format, Object.keys(channelsOf) as PixelFormat[])
  checkInteger('width', width, 1, maxSide)
  checkInteger('height', height, 1, maxSide)
  checkPixelCount(width, height, maxPixels)
  const rowBytes = width * channelsOf[format]
  const stride = frame.stride ?? rowBytes
  checkInteger('stride', stride, rowBytes, rowBytes + maxSide)
  const data = bytesOf(frame.data)
  if (data === undefined) {
    throw new InvalidArgumentError(
      'data',
      `data must be a Uint8Array, Uint8ClampedArray or ArrayBuffer, not ${show(frame.data)}`
    )
  }
  if (data.byteLength !== stride * height) {
    throw new InvalidArgumentError(
      'data',
      `data must hold stride × height = ${stride} × ${height} = ${stride * height} bytes (${format}), not ${data.byteLength}`
    )
  }
  return { data: new Uint8Array(data), width, height, stride, format }
}
