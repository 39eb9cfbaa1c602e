import { deflateSync } from 'node:zlib'
import { Transformer } from '@napi-rs/image'
import { orientedJpeg } from './exif.js'
import { chunk, gradient, png, tiff } from './pictures.js'

/** Image files that mean harm, or that a broken disk or network left behind. */
export interface HostileImage {
  readonly name: string
  readonly bytes: Uint8Array
}

const side = 16
const picture = { data: gradient(side, side), width: side, height: side }

/** The same numbers each time. */
function randomInts(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

async function wholeFiles(): Promise<Record<string, Uint8Array>> {
  const rgba = new Uint8Array(side * side * 4)
  rgba.forEach((_, i) => {
    rgba[i] = i % 4 === 3 ? 255 : (i * 37) % 256
  })
  const image = (): Transformer => Transformer.fromRgbaPixels(rgba, side, side)
  return {
    jpeg: await orientedJpeg(6, picture),
    png: png(side, side, 'rgba', 8, (x, y, c) => (x * y * (c + 3)) % 256),
    'png 16 bit': png(side, side, 'rgb', 16, (x, y) => (x * y * 257) % 65536),
    webp: await image().webpLossless(),
    avif: await image().avif({ quality: 60, speed: 10 }),
    tiff: tiff(6, picture),
    bmp: await image().bmp()
  }
}

/** A chunk, a marker or a box is doubled, moved or left out: what stays is well-formed in parts. */
function shuffled(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const from = random(bytes.length)
  const length = 1 + random(64)
  const to = random(bytes.length)
  const piece = bytes.subarray(from, from + length)
  return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to + random(2) * length)])
}

function damaged(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (let i = 1 + random(6); i > 0; i--) {
    // Mostly headers: that is where sizes and offsets are. Extreme numbers are likelier to harm.
    const at = random(random(2) ? Math.min(96, copy.length) : copy.length)
    copy[at] = [0, 255, 127, 128, random(256)][random(5)] ?? 0
  }
  return copy
}

/** A PNG of any declared size around any compressed data. */
function pngOf(width: number, height: number, bits: number, colour: number, raw: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bits, colour, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw, { level: 9 })),
    chunk('IEND', Buffer.alloc(0))
  ])
}

/** A JPEG that begins with EXIF whose directory is at, or points back to, its own start. */
function endlessExif(jpeg: Uint8Array, entries: number): Buffer {
  const body = Buffer.alloc(6 + 8 + 2 + 12 * entries + 4)
  body.write('Exif\0\0II*\0', 'latin1')
  body.writeUInt32LE(8, 10)
  body.writeUInt16LE(0xffff, 14)
  for (let i = 0; i < entries; i++) {
    body.writeUInt16LE(0x8769, 16 + 12 * i) // a directory inside, which is this one again
    body.writeUInt16LE(4, 18 + 12 * i)
    body.writeUInt32LE(1, 20 + 12 * i)
    body.writeUInt32LE(8, 24 + 12 * i)
  }
  body.writeUInt32LE(8, body.length - 4)
  const marker = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255])
  return Buffer.concat([jpeg.subarray(0, 2), marker, body, jpeg.subarray(2)])
}

/** Many application segments: a header without an end. */
function manySegments(jpeg: Uint8Array, count: number): Buffer {
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0xff, 0xff]), Buffer.alloc(65533)])
  const many = Array.from({ length: count }, () => segment)
  return Buffer.concat([jpeg.subarray(0, 2), ...many, jpeg.subarray(2)])
}

/** The frame header of a JPEG with another size. */
function resizedJpeg(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const copy = Uint8Array.from(jpeg)
  const at = copy.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(copy[i + 1] ?? 0))
  new DataView(copy.buffer).setUint16(at + 5, height)
  new DataView(copy.buffer).setUint16(at + 7, width)
  return copy
}

/** A TIFF with a field of the first directory replaced. */
function tiffField(tag: number, value: number): Uint8Array {
  const bytes = tiff(1, picture)
  for (let at = 10; at + 12 <= bytes.length; at += 12) {
    if (bytes.readUInt16LE(at) === tag) bytes.writeUInt32LE(value, at + 8)
  }
  return bytes
}

async function bombs(): Promise<Record<string, Uint8Array>> {
  const jpeg = await orientedJpeg(1, picture)
  const million = Buffer.alloc(1_000_000)
  const loop = tiff(1, picture)
  loop.writeUInt32LE(8, 10 + 12 * 10) // the next directory is the first one
  return {
    'a PNG of 4 gigapixels': pngOf(65_535, 65_535, 8, 6, million),
    'a PNG of 2^31 × 2^31': pngOf(2 ** 31 - 1, 2 ** 31 - 1, 8, 6, million),
    'a PNG without width': pngOf(0, 9, 8, 2, million),
    'a PNG whose data go on for 60 MB': pngOf(9, 9, 8, 2, Buffer.alloc(60_000_000)),
    'a PNG of 52 million pixels of one bit': pngOf(7200, 7200, 1, 0, Buffer.alloc(7200 * 901)),
    'a PNG of 52 million pixels, data of 40': pngOf(7200, 7200, 8, 6, Buffer.alloc(40)),
    'a PNG of 52 million pixels of 64 bits': pngOf(7200, 7200, 16, 6, million),
    'a PNG of a strange depth': pngOf(9, 9, 77, 6, million),
    'a JPEG of 65535 × 65535': resizedJpeg(jpeg, 65_535, 65_535),
    'a JPEG of 7200 × 7200, data of 16 × 16': resizedJpeg(jpeg, 7200, 7200),
    'a JPEG without height': resizedJpeg(jpeg, 16, 0),
    'a JPEG with 300 segments of EXIF': manySegments(jpeg, 300),
    'EXIF that contains itself': endlessExif(jpeg, 1),
    'EXIF that contains itself 5000 times': endlessExif(jpeg, 5000),
    'a TIFF whose directories go round': loop,
    'a TIFF of 65535 × 65535': Buffer.from(tiffField(256, 65_535)),
    'a TIFF of 2^32 rows': Buffer.from(tiffField(257, 2 ** 32 - 1)),
    'a TIFF with its pixels elsewhere': Buffer.from(tiffField(273, 2 ** 32 - 1)),
    'a TIFF with a strip of 4 GB': Buffer.from(tiffField(279, 2 ** 32 - 1)),
    'a TIFF of 65535 samples': Buffer.from(tiffField(277, 65_535))
  }
}

/** At least `count` files, the same each time. */
export async function hostileImages(count: number): Promise<HostileImage[]> {
  const images = Object.entries(await bombs()).map(([name, bytes]) => ({ name, bytes }))
  const whole = Object.entries(await wholeFiles())
  for (let round = 0; images.length < count; round++) {
    for (const [kind, bytes] of whole) {
      const random = randomInts(round * 31 + kind.length + 7)
      const cut = 1 + random(bytes.length - 1)
      images.push(
        { name: `${kind}, damaged, ${round}`, bytes: damaged(bytes, random) },
        { name: `${kind}, shuffled, ${round}`, bytes: shuffled(bytes, random) },
        { name: `${kind}, cut at ${cut}, ${round}`, bytes: bytes.subarray(0, cut) },
        {
          name: `${kind}, damaged and cut, ${round}`,
          bytes: damaged(bytes, random).subarray(0, cut)
        }
      )
    }
  }
  return images
}
