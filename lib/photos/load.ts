import { fileURLToPath } from 'node:url'
import { type AbortOptions, signalOf, unlessAborted } from '../abort.js'
import { checkInteger, checkOptions, show } from '../check.js'
import { ImageTooLargeError, InvalidArgumentError } from '../errors.js'
import { type Bytes, bytesOf, copyOf } from '../frames/bytes.js'
import { type RawFrame, takeFrame } from '../frames/frame.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { checkOptionKeys } from '../keys.js'
import { decode } from './decode.js'
import { maxFileBytes, readPhotoFile } from './file.js'
import {
  defaultMaxPixels,
  type ImageOptions,
  imageKeys,
  type PhotoInput,
  type PhotoUse
} from './types.js'

function pathOf(url: URL, argument: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new InvalidArgumentError(
      argument,
      `${argument} must be a file: URL of this machine, not ${url.href}`,
      { cause }
    )
  }
}

export function isFrame(input: object): input is RawFrame {
  return 'data' in input
}

async function decodeFile(path: string, maxPixels: number, use: PhotoUse): Promise<NativeFrame> {
  return decode(await readPhotoFile(path), path, maxPixels, use)
}

/** The decoder reads in another thread, at its leisure: it gets a copy that nobody can take away. */
function decodeCopy(bytes: Uint8Array, maxPixels: number, use: PhotoUse): Promise<NativeFrame> {
  if (bytes.byteLength > maxFileBytes) {
    throw new ImageTooLargeError(
      `The image file has ${bytes.byteLength} bytes, more than any photo should`
    )
  }
  return decode(copyOf(bytes), undefined, maxPixels, use)
}

/**
 * Makes pixels of any kind of input that nobody can take away while they are read: decoded here,
 * or see `takeFrame`, which has done its work when this returns its promise.
 */
export async function loadPhoto(
  input: PhotoInput,
  options: ImageOptions & AbortOptions = {},
  argument = 'photo',
  use: PhotoUse = {}
): Promise<NativeFrame> {
  checkOptions('options', options)
  const maxPixels = options.maxPixels ?? defaultMaxPixels
  checkInteger('maxPixels', maxPixels, 1, Number.MAX_SAFE_INTEGER)
  const signal = signalOf(options)
  if (typeof input === 'string') return unlessAborted(decodeFile(input, maxPixels, use), signal)
  if (input instanceof URL) {
    return unlessAborted(decodeFile(pathOf(input, argument), maxPixels, use), signal)
  }
  const bytes = bytesOf(input)
  if (bytes !== undefined) return unlessAborted(decodeCopy(bytes, maxPixels, use), signal)
  if (typeof input === 'object' && input !== null && isFrame(input)) {
    return takeFrame(input, maxPixels, argument === 'photo' ? 'frame' : argument)
  }
  throw new InvalidArgumentError(
    argument,
    `${argument} must be a path, a file URL, the bytes of an image file or a raw frame, not ${show(input)}`
  )
}

/**
 * Decodes an image file to upright 8-bit pixels (RGB, RGBA or grey). EXIF orientation is applied
 * for JPEG, TIFF, PNG and WebP; that of AVIF is not; colours under transparency are kept as they are stored.
 */
export async function decodeImage(
  input: string | URL | Bytes,
  options: ImageOptions = {}
): Promise<RawFrame & { readonly data: Uint8Array }> {
  if (typeof input === 'object' && input !== null && 'format' in input) {
    throw new InvalidArgumentError('input', 'input is a raw frame already')
  }
  checkOptionKeys('options', options, imageKeys)
  return loadPhoto(input, options, 'input', { turned: true })
}
