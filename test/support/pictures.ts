import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import type { Rgb } from './exif.js'
import { randomNumbers } from './faces.js'

/** A picture whose every pixel and corner can be told apart, smooth enough for JPEG. */
export function gradient(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      data[at] = Math.round((x / (width - 1)) * 255)
      data[at + 1] = Math.round((y / (height - 1)) * 255)
      data[at + 2] = Math.round((1 - x / (width - 1)) * 128)
    }
  }
  return data
}

type PngColour = 'gray' | 'rgb' | 'gray-alpha' | 'rgba'

const colourTypes: Readonly<Record<PngColour, { code: number; channels: number }>> = {
  gray: { code: 0, channels: 1 },
  rgb: { code: 2, channels: 3 },
  'gray-alpha': { code: 4, channels: 2 },
  rgba: { code: 6, channels: 4 }
}

function crc(bytes: Uint8Array): number {
  if (typeof crc32 === 'function') return crc32(bytes)
  let value = 0xffffffff // Node 20 has no zlib.crc32
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}

/** A chunk of a PNG with its length and checksum. */
export function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** Encodes a PNG by hand, so that any bit depth and colour type can be had. */
export function png(
  width: number,
  height: number,
  colour: PngColour,
  bits: 1 | 8 | 16,
  sample: (x: number, y: number, channel: number) => number = () => 0
): Buffer {
  const { code, channels } = colourTypes[colour]
  const rowBytes = Math.ceil((width * channels * bits) / 8)
  const raw = Buffer.alloc(height * (rowBytes + 1))
  if (bits > 1) {
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < width * channels; i++) {
        const at = y * (rowBytes + 1) + 1 + (i * bits) / 8
        const value = sample(Math.floor(i / channels), y, i % channels)
        if (bits === 16) raw.writeUInt16BE(value, at)
        else raw[at] = value
      }
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bits, code, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0))
  ])
}

/** A crop of 112×112 with waves of its own: no face, but an embedding unlike others. */
export function drawnCrop(seed: number): Buffer {
  const random = randomNumbers(seed * 7919 + 1)
  const waves = Array.from({ length: 18 }, () => ({
    x: random() * 0.3,
    y: random() * 0.3,
    phase: random() * 6.28
  }))
  return png(112, 112, 'rgb', 8, (x, y, channel) => {
    const own = waves.slice(channel * 6, channel * 6 + 6)
    const sum = own.reduce((all, wave) => all + Math.sin(wave.x * x + wave.y * y + wave.phase), 0)
    return Math.round(128 + 20 * sum)
  })
}

/** A folder for each of so many people, with a crop in it. */
export async function drawPeople(folder: string, count: number): Promise<void> {
  for (let person = 0; person < count; person++) {
    await mkdir(join(folder, `p${person}`), { recursive: true })
    await writeFile(join(folder, `p${person}`, 'x.png'), drawnCrop(person))
  }
}

/** An uncompressed little-endian RGB TIFF with an orientation tag (TIFF 6.0, baseline RGB). */
export function tiff(orientation: number, { data, width, height }: Rgb): Buffer {
  const [short, long] = [3, 4]
  const bitsAt = 8 + 2 + 10 * 12 + 4
  const pixelsAt = bitsAt + 6
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, 3, bitsAt],
    [259, short, 1, 1], // no compression
    [262, short, 1, 2], // RGB
    [273, long, 1, pixelsAt],
    [274, short, 1, orientation],
    [277, short, 1, 3],
    [278, long, 1, height],
    [279, long, 1, data.length]
  ]
  const head = Buffer.alloc(pixelsAt)
  head.write('II*\0', 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(entries.length, 8)
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * i
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(count, at + 4)
    head.writeUInt32LE(value, at + 8)
  }
  for (let i = 0; i < 3; i++) head.writeUInt16LE(8, bitsAt + 2 * i)
  return Buffer.concat([head, data])
}

export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`)
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length
}
