import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { decodeImage } from '../../lib/photos/load.js'
import type { Rgb } from './exif.js'

export function photo(name: string): string {
  return fileURLToPath(new URL(`../fixtures/photos/${name}`, import.meta.url))
}

/** An aligned crop as RGB bytes. */
export async function crop(name: string): Promise<Uint8Array> {
  const path = fileURLToPath(new URL(`../fixtures/crops/${name}`, import.meta.url))
  return (await decodeImage(path)).data
}

/** A photo's pixels as RGB. */
export async function pixels(name: string): Promise<Rgb> {
  const { data, width, height, format } = await decodeImage(await readFile(photo(name)))
  if (format !== 'rgb') throw new Error(`${name} is ${format}`)
  return { data, width, height }
}

/** Pixels of another order or number of channels, for tests of frame formats. */
export function recoded(
  { data, width, height }: Rgb,
  channels: readonly (0 | 1 | 2 | 255)[],
  padding = 0
): { data: Uint8Array; stride: number } {
  const stride = width * channels.length + padding
  const out = new Uint8Array(stride * height).fill(99)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [i, channel] of channels.entries()) {
        const value = channel === 255 ? 255 : (data[(y * width + x) * 3 + channel] as number)
        out[y * stride + x * channels.length + i] = value
      }
    }
  }
  return { data: out, stride }
}

/** Two pictures side by side, the shorter one with black below. */
export function sideBySide(left: Rgb, right: Rgb): Rgb {
  const width = left.width + right.width
  const height = Math.max(left.height, right.height)
  const data = new Uint8Array(width * height * 3)
  for (const [picture, offset] of [
    [left, 0],
    [right, left.width]
  ] as const) {
    for (let y = 0; y < picture.height; y++) {
      const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3)
      data.set(row, (y * width + offset) * 3)
    }
  }
  return { data, width, height }
}
