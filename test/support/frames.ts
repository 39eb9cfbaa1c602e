import type { RawFrame } from '../../lib/frames/frame.js'
import type { PixelFormat } from '../../lib/frames/pixel-formats.js'
import type { Rgb } from './exif.js'

type Settings = Pick<RawFrame, 'range' | 'matrix'>

/** Where samples are, written down once more and plainly: ITU-R BT.601 and BT.709 in floats. */
interface Samples {
  readonly y: (x: number, y: number) => number
  readonly u: (x: number, y: number) => number
  readonly v: (x: number, y: number) => number
}

const weights = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const

function rgbOf(y: number, u: number, v: number, { range, matrix = 'bt601' }: Settings): number[] {
  const [kr, kb] = weights[matrix]
  const full = range === 'full'
  const luma = full ? y / 255 : (y - 16) / 219
  const pb = (u - 128) / (full ? 255 : 224)
  const pr = (v - 128) / (full ? 255 : 224)
  const red = luma + 2 * (1 - kr) * pr
  const blue = luma + 2 * (1 - kb) * pb
  const green = (luma - kr * red - kb * blue) / (1 - kr - kb)
  return [red, green, blue].map((value) => Math.min(Math.max(value, 0), 1) * 255)
}

function yuvOf([red, green, blue]: number[], { range, matrix = 'bt601' }: Settings): number[] {
  const [kr, kb] = weights[matrix]
  const [r, g, b] = [red as number, green as number, blue as number].map((value) => value / 255)
  const luma = kr * (r as number) + (1 - kr - kb) * (g as number) + kb * (b as number)
  const pb = ((b as number) - luma) / (2 * (1 - kb))
  const pr = ((r as number) - luma) / (2 * (1 - kr))
  return range === 'full'
    ? [luma * 255, 128 + pb * 255, 128 + pr * 255]
    : [16 + luma * 219, 128 + pb * 224, 128 + pr * 224]
}

const channels: Readonly<Partial<Record<PixelFormat, readonly number[]>>> = {
  rgb: [0, 1, 2],
  bgr: [2, 1, 0],
  rgba: [0, 1, 2],
  bgra: [2, 1, 0],
  gray: [0, 0, 0]
}
const bytesPerPixel: Readonly<Partial<Record<PixelFormat, number>>> = {
  rgb: 3,
  bgr: 3,
  rgba: 4,
  bgra: 4,
  gray: 1
}

/** Strides and offsets of a frame without gaps, or with the given gap after each row and plane. */
export function planesFor(
  format: PixelFormat,
  width: number,
  height: number,
  gap = 0
): { layout: { offset: number; stride: number }[]; bytes: number } {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)]
  const rows: readonly (readonly [bytes: number, rows: number])[] =
    format === 'yuyv'
      ? [[4 * w, height]]
      : format === 'i420'
        ? [
            [width, height],
            [w, h],
            [w, h]
          ]
        : format === 'nv12' || format === 'nv21'
          ? [
              [width, height],
              [2 * w, h]
            ]
          : [[width * (bytesPerPixel[format] as number), height]]
  let bytes = 0
  const layout = rows.map(([row, count]) => {
    const plane = { offset: bytes + gap, stride: row + gap }
    bytes = plane.offset + plane.stride * count
    return plane
  })
  return { layout, bytes }
}

function samplesOf(
  format: PixelFormat,
  data: Uint8Array,
  layout: readonly { offset: number; stride: number }[]
): Samples {
  const at = (plane: number, x: number, y: number): number => {
    const { offset, stride } = layout[plane] as { offset: number; stride: number }
    return data[offset + y * stride + x] as number
  }
  const half = (value: number): number => Math.floor(value / 2)
  switch (format) {
    case 'yuyv':
      return {
        y: (x, y) => at(0, 2 * x, y),
        u: (x, y) => at(0, 4 * half(x) + 1, y),
        v: (x, y) => at(0, 4 * half(x) + 3, y)
      }
    case 'i420':
      return {
        y: (x, y) => at(0, x, y),
        u: (x, y) => at(1, half(x), half(y)),
        v: (x, y) => at(2, half(x), half(y))
      }
    default: {
      const first = format === 'nv12' ? 0 : 1
      return {
        y: (x, y) => at(0, x, y),
        u: (x, y) => at(1, 2 * half(x) + first, half(y)),
        v: (x, y) => at(1, 2 * half(x) + 1 - first, half(y))
      }
    }
  }
}

/** The colour of a pixel of the frame as it lies in memory, in floats. */
export function referencePixel(
  frame: RawFrame & { readonly data: Uint8Array },
  layout: readonly { offset: number; stride: number }[],
  x: number,
  y: number
): number[] {
  const { data, format } = frame
  const order = channels[format]
  if (order) {
    const { offset, stride } = layout[0] as { offset: number; stride: number }
    const pixel = offset + y * stride + x * (bytesPerPixel[format] as number)
    return order.map((channel) => data[pixel + channel] as number)
  }
  const samples = samplesOf(format, data, layout)
  return rgbOf(samples.y(x, y), samples.u(x, y), samples.v(x, y), frame)
}

/** The frame as a camera of that format would have taken the picture, rows without gaps. */
export function encodeFrame(
  picture: Rgb,
  format: PixelFormat,
  settings: Settings = {}
): RawFrame & { readonly data: Uint8Array } {
  const { width, height } = picture
  const { layout, bytes } = planesFor(format, width, height)
  const data = new Uint8Array(bytes)
  const colour = (x: number, y: number): number[] => {
    const from = (Math.min(y, height - 1) * width + Math.min(x, width - 1)) * 3
    return [...picture.data.subarray(from, from + 3)]
  }
  const put = (plane: number, x: number, y: number, value: number): void => {
    const { offset, stride } = layout[plane] as { offset: number; stride: number }
    data[offset + y * stride + x] = Math.round(value)
  }
  const order = channels[format]
  const tall = format === 'yuyv' ? 1 : 2 // rows that share a chroma sample
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const rgb = colour(x, y)
      if (order) {
        const step = bytesPerPixel[format] as number
        for (const [channel, place] of order.entries()) {
          put(0, x * step + place, y, rgb[channel] as number)
        }
        if (step === 4) put(0, x * 4 + 3, y, 255)
        continue
      }
      put(0, format === 'yuyv' ? 2 * x : x, y, yuvOf(rgb, settings)[0] as number)
      if (x % 2 || y % tall) continue
      const block: number[][] = []
      for (let dy = 0; dy < tall; dy++) block.push(colour(x, y + dy), colour(x + 1, y + dy))
      const mean = [0, 1, 2].map(
        (channel) =>
          block.reduce((sum, pixel) => sum + (pixel[channel] as number), 0) / block.length
      )
      const [, u, v] = yuvOf(mean, settings) as [number, number, number]
      if (format === 'yuyv') {
        put(0, 2 * x + 1, y, u)
        put(0, 2 * x + 3, y, v)
      } else if (format === 'i420') {
        put(1, x / 2, y / 2, u)
        put(2, x / 2, y / 2, v)
      } else {
        put(1, x + (format === 'nv12' ? 0 : 1), y / 2, u)
        put(1, x + (format === 'nv12' ? 1 : 0), y / 2, v)
      }
    }
  }
  return { data, width, height, format, ...settings }
}

/** Every `step`-th pixel of every `step`-th row. */
export function sampled({ data, width, height }: Rgb, step: number): Rgb {
  const [w, h] = [Math.floor(width / step), Math.floor(height / step)]
  const out = new Uint8Array(w * h * 3)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const from = (y * step * width + x * step) * 3
      out.set(data.subarray(from, from + 3), (y * w + x) * 3)
    }
  }
  return { data: out, width: w, height: h }
}
