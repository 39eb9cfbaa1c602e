/** Photos made worse in the ways that cameras do. */
export interface Picture {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

function drawn(
  width: number,
  height: number,
  sample: (x: number, y: number, channel: number) => number
): Picture {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        data[(y * width + x) * 3 + c] = Math.max(0, Math.min(255, Math.round(sample(x, y, c))))
      }
    }
  }
  return { data, width, height }
}

function pixel({ data, width, height }: Picture, x: number, y: number, channel: number): number {
  const column = Math.max(0, Math.min(width - 1, x))
  const row = Math.max(0, Math.min(height - 1, y))
  return data[(row * width + column) * 3 + channel] as number
}

export function mirrored(picture: Picture): Picture {
  return drawn(picture.width, picture.height, (x, y, c) =>
    pixel(picture, picture.width - 1 - x, y, c)
  )
}

/** Every pixel the mean of a box of width × height pixels. */
function boxed(picture: Picture, width: number, height: number): Picture {
  const [left, top] = [Math.floor(width / 2), Math.floor(height / 2)]
  return drawn(picture.width, picture.height, (x, y, c) => {
    let sum = 0
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) sum += pixel(picture, x + i - left, y + j - top, c)
    }
    return sum / (width * height)
  })
}

/** A photo from further away: every pixel the mean of factor × factor pixels. */
function shrunk(picture: Picture, factor: number): Picture {
  const [width, height] = [picture.width / factor, picture.height / factor].map(Math.floor)
  return drawn(width ?? 1, height ?? 1, (x, y, c) => {
    let sum = 0
    for (let i = 0; i < factor * factor; i++) {
      sum += pixel(picture, x * factor + (i % factor), y * factor + Math.floor(i / factor), c)
    }
    return sum / factor ** 2
  })
}

function lit(picture: Picture, gain: number, offset: number): Picture {
  return drawn(picture.width, picture.height, (x, y, c) => pixel(picture, x, y, c) * gain + offset)
}

export const degradations: Readonly<
  Record<string, (picture: Picture, random: () => number) => Picture>
> = {
  none: (picture) => picture,
  // Out of focus: two boxes are nearly a triangle.
  blur: (picture, random) => {
    const side = 3 + 2 * Math.floor(random() * 5)
    return boxed(boxed(picture, side, 1), 1, side)
  },
  motion: (picture, random) => boxed(picture, 5 + 2 * Math.floor(random() * 8), 1),
  far: (picture, random) => shrunk(picture, 2 + Math.floor(random() * 7)),
  dark: (picture, random) => lit(picture, 0.04 + 0.3 * random(), 0),
  bright: (picture, random) => lit(picture, 1.5 + 3 * random(), 60 * random()),
  // Against the light: everything grey.
  hazy: (picture, random) => {
    const gain = 0.05 + 0.3 * random()
    return lit(picture, gain, (1 - gain) * 128)
  }
}
