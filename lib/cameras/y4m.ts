import { maxImageSide } from '../check.js'
import { CameraError } from '../errors.js'
import type { RawFrame } from '../frames/frame.js'

/**
 * YUV4MPEG2, the format in which ffmpeg and others hand raw video from one program to the next: a
 * line that tells the size, then for each frame a line and its planes (mjpegtools, yuv4mpeg(5)).
 */

/** A line longer than this is no header. */
const maxLine = 4096

interface Shape {
  readonly width: number
  readonly height: number
  /** Frames a second; undefined where the stream does not tell. */
  readonly fps: number | undefined
  readonly bytes: number
  frame(data: Uint8Array): RawFrame
}

function fail(what: string): never {
  throw new CameraError(`the video is not usable: ${what}`)
}

function side(name: string, text: string | undefined): number {
  const value = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  if (value < 1 || value > maxImageSide) fail(`its ${name} is ${JSON.stringify(text ?? 'missing')}`)
  return value
}

function framesPerSecond(text: string | undefined): number | undefined {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(text ?? '')
  const fps = match ? Number(match[1]) / Number(match[2]) : 0
  return Number.isFinite(fps) && fps > 0 ? fps : undefined
}

/** What the first line says. */
export function shapeOf(line: string): Shape {
  const [magic, ...words] = line.split(' ')
  if (magic !== 'YUV4MPEG2') fail('it is not YUV4MPEG2')
  const fields = new Map(words.map((word) => [word.slice(0, 1), word.slice(1)]))
  const width = side('width', fields.get('W'))
  const height = side('height', fields.get('H'))
  const colours = fields.get('C') ?? '420'
  const fps = framesPerSecond(fields.get('F'))
  const range = words.includes('XCOLORRANGE=FULL') ? 'full' : 'limited'
  if (colours === 'mono') {
    const frame = (data: Uint8Array): RawFrame => ({ data, width, height, format: 'gray' })
    return { width, height, fps, bytes: width * height, frame }
  }
  if (!/^420(jpeg|mpeg2|paldv)?$/.test(colours)) fail(`its colours are "${colours}", not 4:2:0`)
  const [chromaWidth, chromaHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)]
  const luma = width * height
  const chroma = chromaWidth * chromaHeight
  const layout = [
    { offset: 0, stride: width },
    { offset: luma, stride: chromaWidth },
    { offset: luma + chroma, stride: chromaWidth }
  ]
  return {
    width,
    height,
    fps,
    bytes: luma + 2 * chroma,
    frame: (data) => ({ data, width, height, format: 'i420', layout, range })
  }
}

/** Takes lines and blocks of bytes from chunks of any size. */
class Reader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value])
    return true
  }

  /** Undefined at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.subarray(0, maxLine).indexOf(10)
      if (end >= 0) {
        const line = Buffer.from(this.#rest.subarray(0, end)).toString('latin1')
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      if (this.#rest.length >= maxLine) fail('it is not YUV4MPEG2')
      if (!(await this.#more())) {
        if (this.#rest.length > 0) fail('it ends within a line')
        return undefined
      }
    }
  }

  /** Undefined where the stream ends before there are so many. */
  async block(length: number): Promise<Uint8Array | undefined> {
    const block = new Uint8Array(length)
    let filled = 0
    for (;;) {
      const part = this.#rest.subarray(0, length - filled)
      block.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
      if (filled === length) return block
      if (!(await this.#more())) return undefined
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

export interface VideoFrame {
  readonly frame: RawFrame
  /** From 0. */
  readonly index: number
  readonly fps: number | undefined
}

/**
 * The frames of a YUV4MPEG2 stream, each in memory of its own. A stream that ends in the middle of a
 * frame, as one does whose program was killed, ends with the frame before.
 */
export async function* y4mFrames(
  chunks: AsyncIterable<Uint8Array>,
  maxPixels: number
): AsyncGenerator<VideoFrame, void, undefined> {
  const reader = new Reader(chunks)
  try {
    const header = await reader.line()
    if (header === undefined) return
    const shape = shapeOf(header)
    const pixels = shape.width * shape.height
    if (pixels > maxPixels) fail(`its frames have ${pixels} pixels, more than ${maxPixels}`)
    for (let index = 0; ; index++) {
      const line = await reader.line()
      if (line === undefined) return
      if (line !== 'FRAME' && !line.startsWith('FRAME ')) fail('a frame does not begin with FRAME')
      const data = await reader.block(shape.bytes)
      if (data === undefined) return
      yield { frame: shape.frame(data), index, fps: shape.fps }
    }
  } finally {
    await reader.close()
  }
}
