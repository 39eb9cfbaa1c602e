import { fromNative } from '../addon/errors.js'
import {
  BindingLoadError,
  ImageDecodeError,
  ImageTooLargeError,
  OutOfMemoryError,
  SeesawFaceError
} from '../errors.js'
import { named, type PhotoHeader, readHeader } from './header.js'
import { planJpeg } from './jpeg.js'
import { memoryNeed } from './memory-need.js'
import { decodeOther } from './other.js'
import type { DecodePlan, PhotoUse } from './types.js'

/**
 * Who decodes an image file, and what memory that takes; `name` is what errors call it.
 * @throws ImageDecodeError, ImageTooLargeError
 */
export function planDecode(
  file: Uint8Array,
  name: string | undefined,
  maxPixels: number,
  use: PhotoUse
): DecodePlan {
  const header = readHeader(file, name, maxPixels)
  try {
    const plan = header.jpeg && planJpeg(file, header.jpeg, maxPixels, use)
    const { decode, ...need } = plan ?? otherPlan(file, header, maxPixels, use)
    return {
      ...need,
      decode: () =>
        decode().catch((error: unknown) => {
          throw decodeError(error, name)
        })
    }
  } catch (error) {
    throw decodeError(error, name)
  }
}

function otherPlan(
  file: Uint8Array,
  header: PhotoHeader,
  maxPixels: number,
  use: PhotoUse
): DecodePlan {
  const need = memoryNeed(file, header)
  return {
    decoding: need,
    // What the decoder keeps for itself goes when its object is collected.
    kept: need,
    decode: () => decodeOther(file, header, need, maxPixels, use)
  }
}

function decodeError(error: unknown, name: string | undefined): SeesawFaceError {
  const known = error instanceof SeesawFaceError ? error : fromNative(error)
  const passed = [ImageTooLargeError, OutOfMemoryError, BindingLoadError]
  if (passed.some((kind) => known instanceof kind)) return known
  const reason = error instanceof Error ? error.message : String(error)
  return new ImageDecodeError(`Cannot decode ${named(name)}: ${reason}`, { cause: error })
}
