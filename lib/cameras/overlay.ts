import type { Box } from '../faces/types.js'
import type { RawFrame } from '../frames/frame.js'

/** Boxes and labels drawn into the planes of a 4:2:0 frame, for a video of what was seen. */

export interface Mark {
  readonly box: Box
  readonly label: string
  /** Of the box, as Y, U and V. */
  readonly colour: readonly [number, number, number]
}

/** Five columns of seven pixels for each character, the top one in the lowest bit. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  0: [0x3e, 0x51, 0x49, 0x45, 0x3e],
  1: [0x00, 0x42, 0x7f, 0x40, 0x00],
  2: [0x42, 0x61, 0x51, 0x49, 0x46],
  3: [0x21, 0x41, 0x45, 0x4b, 0x31],
  4: [0x18, 0x14, 0x12, 0x7f, 0x10],
  5: [0x27, 0x45, 0x45, 0x45, 0x39],
  6: [0x3c, 0x4a, 0x49, 0x49, 0x30],
  7: [0x01, 0x71, 0x09, 0x05, 0x03],
  8: [0x36, 0x49, 0x49, 0x49, 0x36],
  9: [0x06, 0x49, 0x49, 0x29, 0x1e],
  A: [0x7e, 0x11, 0x11, 0x11, 0x7e],
  B: [0x7f, 0x49, 0x49, 0x49, 0x36],
  C: [0x3e, 0x41, 0x41, 0x41, 0x22],
  D: [0x7f, 0x41, 0x41, 0x22, 0x1c],
  E: [0x7f, 0x49, 0x49, 0x49, 0x41],
  F: [0x7f, 0x09, 0x09, 0x09, 0x01],
  G: [0x3e, 0x41, 0x49, 0x49, 0x7a],
  H: [0x7f, 0x08, 0x08, 0x08, 0x7f],
  I: [0x00, 0x41, 0x7f, 0x41, 0x00],
  J: [0x20, 0x40, 0x41, 0x3f, 0x01],
  K: [0x7f, 0x08, 0x14, 0x22, 0x41],
  L: [0x7f, 0x40, 0x40, 0x40, 0x40],
  M: [0x7f, 0x02, 0x0c, 0x02, 0x7f],
  N: [0x7f, 0x04, 0x08, 0x10, 0x7f],
  O: [0x3e, 0x41, 0x41, 0x41, 0x3e],
  P: [0x7f, 0x09, 0x09, 0x09, 0x06],
  Q: [0x3e, 0x41, 0x51, 0x21, 0x5e],
  R: [0x7f, 0x09, 0x19, 0x29, 0x46],
  S: [0x46, 0x49, 0x49, 0x49, 0x31],
  T: [0x01, 0x01, 0x7f, 0x01, 0x01],
  U: [0x3f, 0x40, 0x40, 0x40, 0x3f],
  V: [0x1f, 0x20, 0x40, 0x20, 0x1f],
  W: [0x3f, 0x40, 0x38, 0x40, 0x3f],
  X: [0x63, 0x14, 0x08, 0x14, 0x63],
  Y: [0x07, 0x08, 0x70, 0x08, 0x07],
  Z: [0x61, 0x51, 0x49, 0x45, 0x43],
  '#': [0x14, 0x7f, 0x14, 0x7f, 0x14],
  '.': [0x00, 0x60, 0x60, 0x00, 0x00],
  '-': [0x08, 0x08, 0x08, 0x08, 0x08],
  '?': [0x02, 0x01, 0x51, 0x09, 0x06],
  ' ': [0x00, 0x00, 0x00, 0x00, 0x00]
}

/** Letters without their accents, others as a question mark. */
function drawable(text: string): string {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()
  return [...plain].map((letter) => (letter in glyphs ? letter : '?')).join('')
}

class Canvas {
  readonly #data: Uint8Array
  readonly #width: number
  readonly #height: number
  readonly #chroma: number

  constructor({ width, height }: RawFrame, data: Uint8Array) {
    this.#data = data
    this.#width = width
    this.#height = height
    this.#chroma = Math.ceil(width / 2)
  }

  fill(left: number, top: number, right: number, bottom: number, colour: Mark['colour']): void {
    const [x0, x1] = [Math.max(0, left), Math.min(this.#width, right)]
    const luma = this.#width * this.#height
    const plane = this.#chroma * Math.ceil(this.#height / 2)
    for (let y = Math.max(0, top); y < Math.min(this.#height, bottom); y++) {
      if (x0 >= x1) return
      this.#data.fill(colour[0], y * this.#width + x0, y * this.#width + x1)
      const row = (y >> 1) * this.#chroma
      const [from, to] = [row + (x0 >> 1), row + ((x1 + 1) >> 1)]
      this.#data.fill(colour[1], luma + from, luma + to)
      this.#data.fill(colour[2], luma + plane + from, luma + plane + to)
    }
  }
}

/** A copy of an i420 frame without gaps, with the marks drawn into it. */
export function drawn(frame: RawFrame, marks: readonly Mark[]): Uint8Array {
  const data = Uint8Array.from(frame.data as Uint8Array)
  const canvas = new Canvas(frame, data)
  const scale = Math.max(1, Math.round(frame.height / 360))
  const line = 2 * scale
  for (const { box, label, colour } of marks) {
    const [left, top] = [Math.round(box.x), Math.round(box.y)]
    const [right, bottom] = [Math.round(box.x + box.width), Math.round(box.y + box.height)]
    canvas.fill(left, top, right, top + line, colour)
    canvas.fill(left, bottom - line, right, bottom, colour)
    canvas.fill(left, top, left + line, bottom, colour)
    canvas.fill(right - line, top, right, bottom, colour)
    const text = drawable(label)
    const height = 9 * scale
    const y = top >= height ? top - height : bottom
    canvas.fill(left, y, left + (6 * text.length + 1) * scale, y + height, colour)
    for (const [i, letter] of [...text].entries()) {
      for (const [column, bits] of (glyphs[letter] ?? []).entries()) {
        for (let row = 0; row < 7; row++) {
          if (((bits >> row) & 1) === 0) continue
          const [px, py] = [left + (6 * i + column + 1) * scale, y + (row + 1) * scale]
          canvas.fill(px, py, px + scale, py + scale, [16, 128, 128])
        }
      }
    }
  }
  return data
}
