import { imageSize } from 'image-size'
import { ImageDecodeError } from '../errors.js'
import { checkPixelCount } from '../frames/frame.js'
import { type JpegHeader, readJpegHeader } from './jpeg-header.js'

/** Formats that both the header reader and the decoder know. */
const decodable = ['jpg', 'png', 'webp', 'bmp', 'tiff', 'avif', 'pnm'] as const
export type PhotoType = (typeof decodable)[number]

export interface PhotoHeader {
  readonly type: PhotoType
  readonly width: number
  readonly height: number
  /** Of JPEGs. */
  readonly jpeg?: JpegHeader
}

/** How errors call an image. */
export function named(name: string | undefined): string {
  return name === undefined ? 'the image' : `"${name}"`
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8
}

function jpegHeader(bytes: Uint8Array, name: string | undefined): PhotoHeader {
  const jpeg = readJpegHeader(bytes)
  if (jpeg === undefined) {
    throw new ImageDecodeError(
      `Cannot decode ${named(name)}: the JPEG is damaged or truncated: no picture follows its header`
    )
  }
  return { type: 'jpg', width: jpeg.width, height: jpeg.height, jpeg }
}

/** AVIF's boxes are walked; those that tell the size are the first ones. */
const maxBoxBytes = 2 ** 20

function hasBoxes(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === 'ftyp'
}

function otherHeader(bytes: Uint8Array, name: string | undefined): PhotoHeader {
  let header: ReturnType<typeof imageSize>
  try {
    header = imageSize(hasBoxes(bytes) ? bytes.subarray(0, maxBoxBytes) : bytes)
  } catch (error) {
    throw new ImageDecodeError(`Cannot decode ${named(name)}: it is not an image that is known`, {
      cause: error
    })
  }
  const type = decodable.find((known) => known === header.type)
  if (type === undefined || type === 'jpg') {
    throw new ImageDecodeError(
      `Cannot decode ${named(name)}: ${header.type ?? 'this'} files are not supported; convert it to JPEG or PNG`
    )
  }
  return { type, width: header.width, height: header.height }
}

/**
 * Reads type and size, and refuses what must not reach the decoder. However long a file is, its
 * header is not: the event loop is not held up.
 */
export function readHeader(
  bytes: Uint8Array,
  name: string | undefined,
  maxPixels: number
): PhotoHeader {
  if (bytes.byteLength === 0) {
    throw new ImageDecodeError(`Cannot decode ${named(name)}: it is empty (0 bytes)`)
  }
  const header = isJpeg(bytes) ? jpegHeader(bytes, name) : otherHeader(bytes, name)
  checkPixelCount(header.width, header.height, maxPixels)
  return header
}
