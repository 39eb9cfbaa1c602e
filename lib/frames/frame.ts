import { checkInteger, checkOneOf, checkOptions, maxImageSide, show } from '../check.js'
import { ImageTooLargeError, InvalidArgumentError } from '../errors.js'
import { checkMisspelled, keysOf } from '../keys.js'
import { type Bytes, bytesOf } from './bytes.js'
import { memoryFor } from './memory.js'
import type { NativeFrame } from './native-frame.js'
import { isYuv, type PixelFormat, pixelFormats, planesOf } from './pixel-formats.js'

/** Where a plane of a frame lies in its `data`; the same as in WebCodecs. */
export interface PlaneLayout {
  /** Of the plane's first byte. */
  readonly offset: number
  /** Bytes from one row to the next. */
  readonly stride: number
}

/**
 * Pixels from a camera or another decoder. Further properties, such as a time, are allowed.
 *
 * **Memory.** A plain buffer is copied before the call returns, so you can reuse it at once. A
 * SharedArrayBuffer is read in place until the promise settles; concurrent writes may be visible in
 * the result but are memory-safe. With `transfer`, ownership of the buffer moves to the call, without
 * a copy.
 */
export interface RawFrame {
  readonly data: Bytes
  readonly width: number
  readonly height: number
  readonly format: PixelFormat
  /**
   * Bytes from one row to the next, of luma where there are planes: V4L2's and libcamera's stride.
   * Chroma then follows with the same stride (`nv12`, `nv21`) or half of it (`i420`). Without it
   * rows and planes follow each other without gaps, as in ffmpeg's raw video. The last row may end
   * with its last pixel, and the buffer may be up to 64 KiB longer, as drivers round it up to whole
   * pages. Anything longer is taken for another size or format, or needs a `layout`.
   */
  readonly stride?: number
  /**
   * Offset and stride of each plane instead, for planes that lie elsewhere: one entry for packed
   * formats, two for `nv12` and `nv21` (luma, chroma), three for `i420` (luma, U, V).
   */
  readonly layout?: readonly PlaneLayout[]
  /**
   * Degrees clockwise that make the picture upright, as for a camera that is mounted turned.
   * Boxes and landmarks are in pixels of the upright picture. Default 0.
   */
  readonly rotation?: 0 | 90 | 180 | 270
  /** YUV only: `'limited'` (black is 16, white 235; the default) or `'full'` (0 and 255, as in JPEG). */
  readonly range?: 'limited' | 'full'
  /** YUV only: `'bt601'` (the default; webcams, JPEG) or `'bt709'` (HD video). */
  readonly matrix?: 'bt601' | 'bt709'
  /**
   * Gives the memory of `data` to the call, as `postMessage` would: nothing is copied, and the
   * buffer with all its views is detached here. What cannot be given away (WebAssembly memory, small
   * Buffers of Node's pool) is copied, as is `data` that views less than half of its buffer.
   */
  readonly transfer?: boolean
}

const frameKeys = keysOf<RawFrame>({
  data: true,
  width: true,
  height: true,
  format: true,
  stride: true,
  layout: true,
  rotation: true,
  range: true,
  matrix: true,
  transfer: true
})

/** Most bytes by which rows may lie apart. */
const maxStride = 1 << 20

export function checkPixelCount(width: number, height: number, maxPixels: number): void {
  if (Math.max(width, height) > maxImageSide) {
    throw new ImageTooLargeError(
      `The image has ${width}×${height} pixels; no side may be longer than ${maxImageSide}`
    )
  }
  if (width * height > maxPixels) {
    throw new ImageTooLargeError(
      `The image has ${width}×${height} pixels, more than the ${maxPixels} allowed; raise maxPixels to accept it`
    )
  }
}

/** Of memory, on 64-bit ARM: by less than this drivers round buffers up. */
const largestPage = 65536

/** Where the pixels of a frame are. */
type Geometry = Pick<RawFrame, 'width' | 'height' | 'format' | 'stride' | 'layout'>

/** Last byte that a plane needs, plus one; its last row may end before its stride does. */
function endOf({ offset, stride }: PlaneLayout, rowBytes: number, rows: number): number {
  return offset + stride * (rows - 1) + rowBytes
}

/** Planes one after the other, the way cameras and ffmpeg write them. */
function followingPlanes({ width, height, format, stride }: Geometry): {
  readonly planes: readonly PlaneLayout[]
  /** How many bytes it takes at least. */
  readonly bytes: number
} {
  let [offset, bytes] = [0, 0]
  const planes = planesOf[format].map((shape, i) => {
    const rowBytes = shape.rowBytes(width)
    const wanted = stride === undefined || i === 0 ? stride : shape.strideAfter(stride)
    const plane = { offset, stride: Math.max(wanted ?? rowBytes, rowBytes) }
    const rows = shape.rows(height)
    bytes = endOf(plane, rowBytes, rows)
    offset += plane.stride * rows
    return plane
  })
  return { planes, bytes }
}

function checkStride(name: string, stride: unknown, rowBytes: number, multiple: number): void {
  checkInteger(name, stride, rowBytes, maxStride)
  if ((stride as number) % multiple !== 0) {
    throw new InvalidArgumentError(
      name,
      `${name} must be a multiple of ${multiple} in this format, not ${stride}`
    )
  }
}

/** U and V may share rows, as in IMC4; luma shares with nobody. */
function checkNoOverlap(name: string, planes: readonly PlaneLayout[], ends: readonly number[]) {
  const [luma, ...chroma] = planes.map(({ offset }, i) => ({ start: offset, end: ends[i] ?? 0 }))
  for (const [i, { start, end }] of chroma.entries()) {
    if (luma === undefined || start >= luma.end || end <= luma.start) continue
    const at = `${name}.layout[${i + 1}].offset`
    throw new InvalidArgumentError(at, `${at} of ${start}: this plane overlaps luma`)
  }
}

function givenPlanes(name: string, frame: Geometry, bytes: number): readonly PlaneLayout[] {
  const shapes = planesOf[frame.format]
  const layout: unknown = frame.layout
  if (!Array.isArray(layout) || layout.length !== shapes.length) {
    const got = Array.isArray(layout) ? `${layout.length}` : show(layout)
    throw new InvalidArgumentError(
      `${name}.layout`,
      `${name}.layout must list ${shapes.length} planes {offset, stride} for ${frame.format}, not ${got}`
    )
  }
  const ends: number[] = []
  const planes = shapes.map((shape, i): PlaneLayout => {
    const at = `${name}.layout[${i}]`
    checkOptions(at, layout[i])
    const { offset, stride } = layout[i] as PlaneLayout
    const rowBytes = shape.rowBytes(frame.width)
    checkInteger(`${at}.offset`, offset, 0, Number.MAX_SAFE_INTEGER)
    checkStride(`${at}.stride`, stride, rowBytes, shape.strideMultiple)
    const end = endOf({ offset, stride }, rowBytes, shape.rows(frame.height))
    if (end > bytes) {
      throw new InvalidArgumentError(
        `${name}.data`,
        `${name}.data has ${bytes} bytes, but plane ${i} (${shape.name}) reaches to byte ${end}`
      )
    }
    ends.push(end)
    return { offset, stride }
  })
  checkNoOverlap(name, planes, ends)
  return planes
}

function planesIn(name: string, frame: Geometry, bytes: number): readonly PlaneLayout[] {
  if (frame.layout !== undefined) {
    if (frame.stride !== undefined) {
      throw new InvalidArgumentError(
        `${name}.stride`,
        `Give either ${name}.stride or ${name}.layout, not both`
      )
    }
    return givenPlanes(name, frame, bytes)
  }
  if (frame.stride !== undefined) {
    const [first] = planesOf[frame.format]
    const multiple = first?.strideMultiple ?? 1
    checkStride(`${name}.stride`, frame.stride, first?.rowBytes(frame.width) ?? 0, multiple)
  }
  const expected = followingPlanes(frame)
  if (bytes < expected.bytes || bytes >= expected.bytes + largestPage) {
    const { width, height, format } = frame
    const strides = expected.planes.map(({ stride }) => stride).join(', ')
    throw new InvalidArgumentError(
      `${name}.data`,
      `${name}.data must hold at least ${expected.bytes} bytes for ${width}×${height} ${format} (stride ${strides}), and less than ${largestPage} more, not ${bytes}`
    )
  }
  return expected.planes
}

function checkPicture(name: string, frame: RawFrame): void {
  const { format, rotation, range, matrix, transfer } = frame
  if (rotation !== undefined && ![0, 90, 180, 270].includes(rotation)) {
    throw new InvalidArgumentError(
      `${name}.rotation`,
      `${name}.rotation must be 0, 90, 180 or 270, not ${show(rotation)}`
    )
  }
  if (range !== undefined) checkOneOf(`${name}.range`, range, ['limited', 'full'])
  if (matrix !== undefined) checkOneOf(`${name}.matrix`, matrix, ['bt601', 'bt709'])
  for (const [field, value] of [
    ['range', range],
    ['matrix', matrix]
  ]) {
    if (value !== undefined && !isYuv(format)) {
      throw new InvalidArgumentError(
        `${name}.${field}`,
        `${name}.${field} is for YUV formats; ${format} has none`
      )
    }
  }
  if (transfer !== undefined && typeof transfer !== 'boolean') {
    throw new InvalidArgumentError(
      `${name}.transfer`,
      `${name}.transfer must be true or false, not ${show(transfer)}`
    )
  }
}

/**
 * Checks a raw frame and makes its pixels safe to read while the work goes on in another thread;
 * `name` is what errors call it.
 */
export function takeFrame(frame: RawFrame, maxPixels: number, name = 'frame'): NativeFrame {
  checkOptions(name, frame)
  checkMisspelled(name, frame, frameKeys)
  const { width, height, format, stride, layout, rotation, range, matrix } = frame
  checkOneOf(`${name}.format`, format, pixelFormats)
  checkInteger(`${name}.width`, width, 1, maxImageSide)
  checkInteger(`${name}.height`, height, 1, maxImageSide)
  checkPixelCount(width, height, maxPixels)
  checkPicture(name, frame)
  const bytes = bytesOf(frame.data)
  if (bytes === undefined) {
    throw new InvalidArgumentError(
      `${name}.data`,
      `${name}.data must be a Uint8Array, Uint8ClampedArray, DataView, ArrayBuffer or SharedArrayBuffer, not ${show(frame.data)}`
    )
  }
  const geometry = {
    width,
    height,
    format,
    ...(stride !== undefined && { stride }),
    ...(layout !== undefined && { layout })
  }
  const [first, ...chroma] = planesIn(name, geometry, bytes.byteLength)
  return {
    data: memoryFor(bytes, frame.transfer ?? false),
    width,
    height,
    format,
    offset: first?.offset ?? 0,
    stride: first?.stride ?? 0,
    ...(chroma.length > 0 && { chroma }),
    ...(rotation !== undefined && { rotation }),
    ...(range !== undefined && { range }),
    ...(matrix !== undefined && { matrix })
  }
}
