// Footage whose truth is known: portraits that move over a background.
import type { RawFrame } from '../../lib/frames/frame.js'
import type { Rgb } from './exif.js'
import { pixels } from './fixtures.js'

/** Averages the pixels of `from` that fall on each pixel of the result. */
function shrunk(from: Rgb, width: number): Rgb {
  const height = Math.round((from.height * width) / from.width)
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [y, y + 1].map((row) => Math.floor((row * from.height) / height))
    for (let x = 0; x < width; x++) {
      const [left, right] = [x, x + 1].map((column) => Math.floor((column * from.width) / width))
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        for (let row = top as number; row < (bottom as number); row++) {
          for (let column = left as number; column < (right as number); column++) {
            sum += from.data[(row * from.width + column) * 3 + channel] as number
          }
        }
        const count =
          ((bottom as number) - (top as number)) * ((right as number) - (left as number))
        data[(y * width + x) * 3 + channel] = Math.round(sum / count)
      }
    }
  }
  return { data, width, height }
}

/** A portrait so many pixels wide. */
export async function portrait(name: string, width: number): Promise<Rgb> {
  return shrunk(await pixels(name), width)
}

export interface Sprite {
  readonly picture: Rgb
  readonly x: number
  readonly y: number
}

/** A frame with the sprites on a soft background; later ones cover earlier ones. */
export function scene(width: number, height: number, sprites: readonly Sprite[]): RawFrame {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shade = 90 + Math.round((60 * x) / width + (40 * y) / height)
      data.fill(shade, (y * width + x) * 3, (y * width + x) * 3 + 3)
    }
  }
  for (const { picture, x: left, y: top } of sprites) {
    const from = Math.max(0, -left)
    const to = Math.min(picture.width, width - left)
    for (let y = Math.max(0, -top); y < Math.min(picture.height, height - top); y++) {
      if (to <= from) break
      const row = picture.data.subarray(
        (y * picture.width + from) * 3,
        (y * picture.width + to) * 3
      )
      data.set(row, ((top + y) * width + left + from) * 3)
    }
  }
  return { data, width, height, format: 'rgb' }
}
