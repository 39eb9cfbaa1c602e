// Portraits made harder to find: small, turned, dark, partly covered.
import type { Rgb } from './exif.js'

export type Sample = (x: number, y: number, channel: number) => number

export function picture(width: number, height: number, sample: Sample): Rgb {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3)
    data[i] = sample(pixel % width, Math.floor(pixel / width), i % 3)
  }
  return { data, width, height }
}

export const at = ({ data, width }: Rgb, x: number, y: number, channel: number): number =>
  data[(y * width + x) * 3 + channel] as number

/** Mean of factor × factor pixels. */
export function shrunk(from: Rgb, factor: number): Rgb {
  const size = [from.width, from.height].map((side) => Math.floor(side / factor))
  const [width = 0, height = 0] = size
  return picture(width, height, (x, y, channel) => {
    let sum = 0
    for (let i = 0; i < factor * factor; i++) {
      const [column, row] = [i % factor, Math.floor(i / factor)]
      sum += at(from, x * factor + column, y * factor + row, channel)
    }
    return sum / (factor * factor)
  })
}

export function pasted(small: Rgb, left: number, top: number, width: number, height: number): Rgb {
  return picture(width, height, (x, y, channel) =>
    x >= left && x < left + small.width && y >= top && y < top + small.height
      ? at(small, x - left, y - top, channel)
      : 120
  )
}

/** Clockwise by quarters of a turn. */
export function turned(from: Rgb, quarters: number): Rgb {
  if (quarters === 0) return from
  const once = picture(from.height, from.width, (x, y, c) => at(from, y, from.height - 1 - x, c))
  return turned(once, quarters - 1)
}

/** Clockwise by any angle about a point; what comes from outside is grey. */
export function leaning(from: Rgb, degrees: number, [cx, cy]: readonly [number, number]): Rgb {
  const angle = (degrees * Math.PI) / 180
  return picture(from.width, from.height, (x, y, c) => {
    const column = Math.round(cx + (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle))
    const row = Math.round(cy + (y - cy) * Math.cos(angle) - (x - cx) * Math.sin(angle))
    const inside = column >= 0 && column < from.width && row >= 0 && row < from.height
    return inside ? at(from, column, row, c) : 120
  })
}

export function lit(from: Rgb, gain: number, offset = 0): Rgb {
  return picture(from.width, from.height, (x, y, c) => at(from, x, y, c) * gain + offset)
}

/** With one colour over a part: left, top, width, height. */
export function covered(from: Rgb, [left, top, width, height]: number[], colour: number[]): Rgb {
  const [x0 = 0, y0 = 0, w = 0, h = 0] = [left, top, width, height]
  return picture(from.width, from.height, (x, y, c) =>
    x >= x0 && x < x0 + w && y >= y0 && y < y0 + h ? (colour[c] as number) : at(from, x, y, c)
  )
}

/** Pictures beside each other on grey. */
export function collage(
  width: number,
  height: number,
  placed: readonly { readonly picture: Rgb; readonly left: number; readonly top: number }[]
): Rgb {
  const data = new Uint8Array(width * height * 3).fill(120)
  for (const { picture: part, left, top } of placed) {
    for (let y = 0; y < part.height; y++) {
      const row = part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3)
      data.set(row, ((top + y) * width + left) * 3)
    }
  }
  return { data, width, height }
}
