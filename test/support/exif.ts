import { Transformer } from '@napi-rs/image'
import { chunk } from './pictures.js'

/** Tightly packed RGB pixels. */
export interface Rgb {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

type Place = (row: number, column: number, width: number, height: number) => [x: number, y: number]

/**
 * Where in the upright picture a stored pixel belongs, by EXIF orientation: the table of the EXIF
 * standard (CIPA DC-008, tag 274) says at which visual side row 0 and column 0 lie.
 */
const places: readonly Place[] = [
  (r, c) => [c, r], // 1: top, left
  (r, c, w) => [w - 1 - c, r], // 2: top, right
  (r, c, w, h) => [w - 1 - c, h - 1 - r], // 3: bottom, right
  (r, c, _w, h) => [c, h - 1 - r], // 4: bottom, left
  (r, c) => [r, c], // 5: left, top
  (r, c, w) => [w - 1 - r, c], // 6: right, top
  (r, c, w, h) => [w - 1 - r, h - 1 - c], // 7: right, bottom
  (r, c, _w, h) => [r, h - 1 - c] // 8: left, bottom
]

/** The pixels as a camera held that way would store them. */
export function storedAs(orientation: number, upright: Rgb): Rgb {
  const place = places[orientation - 1]
  if (!place) throw new Error(`no orientation ${orientation}`)
  const { width: w, height: h } = upright
  const [width, height] = orientation >= 5 ? [h, w] : [w, h]
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = place(row, column, w, h)
      const from = (y * w + x) * 3
      data.set(upright.data.subarray(from, from + 3), (row * width + column) * 3)
    }
  }
  return { data, width, height }
}

/** EXIF data with one IFD entry: Orientation, SHORT, 1 value (big-endian TIFF). */
function orientationData(orientation: number): Buffer {
  const tiff = Buffer.from(
    '4d4d002a00000008' + '0001' + '011200030000000100000000' + '00000000',
    'hex'
  )
  tiff.writeUInt16BE(orientation, 18)
  return tiff
}

const jpegPrefix = Buffer.from('Exif\0\0', 'latin1')

/** The same in little-endian byte order. */
function littleEndian(orientation: number): Buffer {
  const tiff = Buffer.from(
    '49492a0008000000' + '0100' + '120103000100000000000000' + '00000000',
    'hex'
  )
  tiff.writeUInt16LE(orientation, 18)
  return tiff
}

/** An APP1 segment. */
function orientationSegment(orientation: number): Buffer {
  const payload = Buffer.concat([jpegPrefix, orientationData(orientation)])
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(payload.length + 2, 2)
  return Buffer.concat([head, payload])
}

/** A JPEG of `upright` as a camera of that orientation writes it. */
export async function orientedJpeg(
  orientation: number,
  upright: Rgb,
  quality = 95
): Promise<Buffer> {
  const { data, width, height } = storedAs(orientation, upright)
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i)
  const jpeg = await Transformer.fromRgbaPixels(rgba, width, height).jpeg(quality)
  return Buffer.concat([jpeg.subarray(0, 2), orientationSegment(orientation), jpeg.subarray(2)])
}

/** The PNG with an eXIf chunk before its last chunk, IEND. */
export function orientedPng(orientation: number, file: Uint8Array): Buffer {
  const exif = chunk('eXIf', orientationData(orientation))
  return Buffer.concat([file.subarray(0, -12), exif, file.subarray(-12)])
}

/** A lossless WebP in the extended format, with EXIF data as different writers put it. */
export async function orientedWebp(
  orientation: number,
  upright: Rgb,
  writer: 'plain' | 'little-endian' | 'with prefix' = 'plain'
): Promise<Buffer> {
  const { data, width, height } = storedAs(orientation, upright)
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i)
  const simple = await Transformer.fromRgbaPixels(rgba, width, height).webpLossless()
  const exif = {
    plain: orientationData(orientation),
    'little-endian': littleEndian(orientation),
    'with prefix': Buffer.concat([jpegPrefix, orientationData(orientation)])
  }[writer]
  const riffChunk = (name: string, content: Uint8Array): Buffer => {
    const head = Buffer.from(`${name}\0\0\0\0`, 'latin1')
    head.writeUInt32LE(content.length, 4)
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
  }
  const extended = Buffer.alloc(10)
  extended[0] = 0x18 // EXIF and alpha
  extended.writeUIntLE(width - 1, 4, 3)
  extended.writeUIntLE(height - 1, 7, 3)
  const body = Buffer.concat([
    Buffer.from('WEBP', 'latin1'),
    riffChunk('VP8X', extended),
    simple.subarray(12),
    riffChunk('EXIF', exif)
  ])
  const riff = Buffer.from('RIFF\0\0\0\0', 'latin1')
  riff.writeUInt32LE(body.length, 4)
  return Buffer.concat([riff, body])
}
