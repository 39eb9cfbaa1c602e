import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JsColorType } from '@napi-rs/image'
import { imageSize } from 'image-size'
import { fromNative } from '../addon/errors.js'
import { loadBinding, loadDecoder } from '../addon/load.js'
import {
  BindingLoadError,
  ImageDecodeError,
  ImageTooLargeError,
  OutOfMemoryError,
  SeesawFaceError
} from '../errors.js'
import { unwritten } from '../frames/bytes.js'
import { checkPixelCount } from '../frames/frame.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { orientationOf } from './exif.js'
import { isCompleteJpeg } from './jpeg-end.js'
import type { PhotoUse } from './types.js'

/** Formats that both the header reader and the decoder know. */
const decodable: ReadonlySet<string> = new Set(['jpg', 'png', 'webp', 'bmp', 'tiff', 'avif', 'pnm'])

/** What the decoder gives, and of how many channels. */
const channelsOf = { gray: 1, rgb: 3, rgba: 4 } as const

interface Layout {
  readonly format: keyof typeof channelsOf
  readonly channels: number
  readonly bits: 8 | 16
}

/** How the decoder hands out pixels, by its colour type; float (HDR) images are not photos. */
const layouts: Readonly<Partial<Record<keyof typeof JsColorType, Layout>>> = {
  L8: { format: 'gray', channels: 1, bits: 8 },
  La8: { format: 'gray', channels: 2, bits: 8 },
  Rgb8: { format: 'rgb', channels: 3, bits: 8 },
  Rgba8: { format: 'rgba', channels: 4, bits: 8 },
  L16: { format: 'gray', channels: 1, bits: 16 },
  La16: { format: 'gray', channels: 2, bits: 16 },
  Rgb16: { format: 'rgb', channels: 3, bits: 16 },
  Rgba16: { format: 'rgba', channels: 4, bits: 16 }
}

function named(name: string | undefined): string {
  return name === undefined ? 'the image' : `"${name}"`
}

/** Reads type and size from the header and refuses what must not reach the decoder. */
function checkHeader(bytes: Uint8Array, name: string | undefined, maxPixels: number): string {
  if (bytes.byteLength === 0) {
    throw new ImageDecodeError(`Cannot decode ${named(name)}: it is empty (0 bytes)`)
  }
  let header: ReturnType<typeof imageSize>
  try {
    header = imageSize(bytes)
  } catch (error) {
    throw new ImageDecodeError(`Cannot decode ${named(name)}: it is not an image that is known`, {
      cause: error
    })
  }
  if (header.type === undefined || !decodable.has(header.type)) {
    throw new ImageDecodeError(
      `Cannot decode ${named(name)}: ${header.type ?? 'this'} files are not supported; convert it to JPEG or PNG`
    )
  }
  checkPixelCount(header.width, header.height, maxPixels)
  if (header.type === 'jpg' && !isCompleteJpeg(bytes)) {
    throw new ImageDecodeError(
      `Cannot decode ${named(name)}: the JPEG is truncated (it has no end-of-image marker)`
    )
  }
  return header.type
}

/** Pixels converted in one go before other work gets its turn: a few milliseconds' worth. */
const slicePixels = 1 << 20

/** The 16-bit samples of these bytes; copied only where they do not lie as such samples must. */
function wide(pixels: Uint8Array): Uint16Array {
  const aligned = pixels.byteOffset % 2 === 0 ? pixels : new Uint8Array(pixels)
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2)
}

/** Brings 16-bit samples to 8 bits and drops the alpha of grey images. */
async function narrow(pixels: Uint8Array, layout: Layout, count: number): Promise<Uint8Array> {
  const kept = channelsOf[layout.format]
  const out = new Uint8Array(count * kept)
  const source = layout.bits === 16 ? wide(pixels) : pixels
  const scale = layout.bits === 16 ? 257 : 1 // 65535 = 255 × 257
  for (let from = 0; from < count; from += slicePixels) {
    const to = Math.min(from + slicePixels, count)
    for (let pixel = from; pixel < to; pixel++) {
      for (let channel = 0; channel < kept; channel++) {
        const sample = source[pixel * layout.channels + channel] as number
        out[pixel * kept + channel] = Math.round(sample / scale)
      }
    }
    await nextTurn()
  }
  return out
}

/** Degrees clockwise that make a photo upright, by those EXIF orientations that do not mirror. */
const rotationOf: Readonly<Record<number, 0 | 90 | 180 | 270>> = { 1: 0, 3: 180, 6: 90, 8: 270 }

/** By how much a photo is made smaller while it is decoded, so that `side` pixels are left. */
function reductionFor(longest: number, side: number): 1 | 2 | 4 | 8 {
  return ([8, 4, 2] as const).find((step) => longest / step >= side) ?? 1
}

/** The addon's own decoder; undefined for a JPEG of a kind that it leaves to the other one. */
async function decodeJpeg(
  file: Uint8Array,
  maxPixels: number,
  { turned = false, side = Number.POSITIVE_INFINITY }: PhotoUse
): Promise<NativeFrame | undefined> {
  const rotation = rotationOf[orientationOf(file) ?? 1]
  if (rotation === undefined || (turned && rotation !== 0)) return undefined
  const addon = loadBinding()
  const header = addon.jpegHeader(file)
  if (header === null) return undefined
  const { width, height, gray } = header
  checkPixelCount(width, height, maxPixels)
  const reducedBy = reductionFor(Math.max(width, height), side)
  const size = { width: Math.ceil(width / reducedBy), height: Math.ceil(height / reducedBy) }
  const format = gray ? 'gray' : 'rgb'
  const stride = size.width * channelsOf[format]
  const data = unwritten(stride * size.height)
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

/** The pixels of an image file; `name` is what errors call it. */
export async function decode(
  bytes: Uint8Array,
  name: string | undefined,
  maxPixels: number,
  use: PhotoUse
): Promise<NativeFrame> {
  const type = checkHeader(bytes, name, maxPixels)
  try {
    const photo = type === 'jpg' ? await decodeJpeg(bytes, maxPixels, use) : undefined
    if (photo !== undefined) return photo
  } catch (error) {
    throw decodeError(error, name)
  }
  const decoder = await loadDecoder()
  try {
    const image = new decoder.Transformer(bytes)
    const { width, height, colorType, ...metadata } = await image.metadata(true)
    const orientation = metadata.orientation ?? orientationOf(bytes) ?? 1
    // The header reader and the decoder could disagree on a crafted file.
    checkPixelCount(width, height, maxPixels)
    const colours = Object.keys(layouts) as (keyof typeof layouts)[]
    const colour = colours.find((name) => decoder.JsColorType[name] === colorType)
    const layout = colour && layouts[colour]
    if (layout === undefined) throw new Error('pixels of this type are not supported')
    const described = use.turned ? undefined : rotationOf[orientation]
    const asItIs = orientation === 1 || described !== undefined
    let data: Uint8Array = await (asItIs ? image : image.rotate(orientation)).rawPixels()
    if (data.byteLength !== width * height * layout.channels * (layout.bits / 8)) {
      throw new Error('the decoder returned an unexpected number of bytes')
    }
    if (layout.bits === 16 || layout.channels === 2) {
      data = await narrow(data, layout, width * height)
    }
    const across = !asItIs && orientation >= 5
    const size = { width: across ? height : width, height: across ? width : height }
    const { format } = layout
    const stride = size.width * channelsOf[format]
    return { data, ...size, stride, format, ...(described && { rotation: described }) }
  } catch (error) {
    throw decodeError(error, name)
  }
}

function decodeError(error: unknown, name: string | undefined): SeesawFaceError {
  const known = error instanceof SeesawFaceError ? error : fromNative(error)
  const passed = [ImageTooLargeError, OutOfMemoryError, BindingLoadError]
  if (passed.some((kind) => known instanceof kind)) return known
  const reason = error instanceof Error ? error.message : String(error)
  return new ImageDecodeError(`Cannot decode ${named(name)}: ${reason}`, { cause: error })
}
