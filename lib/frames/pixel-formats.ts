/**
 * Layout of a raw frame's pixels, 8 bits a sample; an alpha channel is ignored.
 *
 * - `rgb`, `bgr`, `rgba`, `bgra`, `gray`: the channels of a pixel side by side.
 * - `nv12`: luma, then U and V of 2×2 pixels side by side (V4L2 `NV12`, ffmpeg `nv12`); `nv21`: V
 *   before U.
 * - `i420`: luma, then U, then V, each in a plane of its own (V4L2 `YU12`, ffmpeg `yuv420p`).
 * - `yuyv`: Y, U, Y, V for two pixels (V4L2 `YUYV`, ffmpeg `yuyv422`).
 *
 * Where a side is odd, the last chroma sample covers one pixel: chroma sides are rounded up.
 */
export type PixelFormat =
  | 'rgb'
  | 'bgr'
  | 'rgba'
  | 'bgra'
  | 'gray'
  | 'nv12'
  | 'nv21'
  | 'i420'
  | 'yuyv'

/** What a format says about one of its planes. */
export interface PlaneShape {
  readonly name: string
  /** Bytes of a row that hold pixels. */
  rowBytes(width: number): number
  rows(height: number): number
  /** Strides are multiples of this: samples that belong together stay together in every row. */
  readonly strideMultiple: number
  /** The plane's stride where only that of the first plane is known. */
  strideAfter(first: number): number
}

const half = (side: number): number => Math.ceil(side / 2)
const all = (side: number): number => side

function packed(channels: number): readonly PlaneShape[] {
  return [
    {
      name: 'the pixels',
      rowBytes: (width) => width * channels,
      rows: all,
      strideMultiple: 1,
      strideAfter: all
    }
  ]
}

const luma: PlaneShape = {
  name: 'luma',
  rowBytes: all,
  rows: all,
  strideMultiple: 1,
  strideAfter: all
}

/** U and V side by side; cameras give them luma's stride. */
const chromaPairs: PlaneShape = {
  name: 'chroma',
  rowBytes: (width) => 2 * half(width),
  rows: half,
  strideMultiple: 2,
  strideAfter: (first) => 2 * half(first)
}

/** U or V alone; cameras give them half of luma's stride. */
const chromaSamples: PlaneShape = {
  name: 'chroma',
  rowBytes: half,
  rows: half,
  strideMultiple: 1,
  strideAfter: half
}

const yuyv: PlaneShape = {
  name: 'the pixels',
  rowBytes: (width) => 4 * half(width),
  rows: all,
  strideMultiple: 2,
  strideAfter: all
}

/** The planes of each format, in the order of {@link RawFrame.layout}. */
export const planesOf: Readonly<Record<PixelFormat, readonly PlaneShape[]>> = {
  rgb: packed(3),
  bgr: packed(3),
  rgba: packed(4),
  bgra: packed(4),
  gray: packed(1),
  nv12: [luma, chromaPairs],
  nv21: [luma, chromaPairs],
  i420: [luma, chromaSamples, chromaSamples],
  yuyv: [yuyv]
}

export const pixelFormats = Object.keys(planesOf) as readonly PixelFormat[]

/** Whether range and matrix mean anything. */
export function isYuv(format: PixelFormat): boolean {
  return planesOf[format].length > 1 || format === 'yuyv'
}
