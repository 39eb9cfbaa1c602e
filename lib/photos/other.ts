import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JsColorType } from '@napi-rs/image'
import { loadBinding, loadDecoder } from '../addon/load.js'
import { checkPixelCount } from '../frames/frame.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { orientationOf, rotationOf } from './exif.js'
import type { PhotoHeader } from './header.js'
import type { PhotoUse } from './types.js'

/** What the decoder gives, and of how many channels. */
const channelsOf = { gray: 1, rgb: 3, rgba: 4 } as const

interface Layout {
  readonly format: keyof typeof channelsOf
  readonly channels: number
  readonly bits: 8 | 16
}

/** How the decoder hands out pixels, by its colour type; float (HDR) images are not photos. */
const layouts: Readonly<Partial<Record<keyof typeof JsColorType, Layout>>> = {
  L8: { format: 'gray', channels: 1, bits: 8 },
  La8: { format: 'gray', channels: 2, bits: 8 },
  Rgb8: { format: 'rgb', channels: 3, bits: 8 },
  Rgba8: { format: 'rgba', channels: 4, bits: 8 },
  L16: { format: 'gray', channels: 1, bits: 16 },
  La16: { format: 'gray', channels: 2, bits: 16 },
  Rgb16: { format: 'rgb', channels: 3, bits: 16 },
  Rgba16: { format: 'rgba', channels: 4, bits: 16 }
}

/** Pixels converted in one go before other work gets its turn: a few milliseconds' worth. */
const slicePixels = 1 << 20

/** The 16-bit samples of these bytes; copied only where they do not lie as such samples must. */
function wide(pixels: Uint8Array): Uint16Array {
  const aligned = pixels.byteOffset % 2 === 0 ? pixels : new Uint8Array(pixels)
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2)
}

/** Brings 16-bit samples to 8 bits and drops the alpha of grey images. */
async function narrow(pixels: Uint8Array, layout: Layout, count: number): Promise<Uint8Array> {
  const kept = channelsOf[layout.format]
  const out = new Uint8Array(count * kept)
  const source = layout.bits === 16 ? wide(pixels) : pixels
  const scale = layout.bits === 16 ? 257 : 1 // 65535 = 255 × 257
  for (let from = 0; from < count; from += slicePixels) {
    const to = Math.min(from + slicePixels, count)
    for (let pixel = from; pixel < to; pixel++) {
      for (let channel = 0; channel < kept; channel++) {
        const sample = source[pixel * layout.channels + channel] as number
        out[pixel * kept + channel] = Math.round(sample / scale)
      }
    }
    await nextTurn()
  }
  return out
}

/**
 * The decoder's object keeps the pixels until it is collected, and V8 does not know of them: it is
 * told, or would see no reason to collect.
 */
const collected = new FinalizationRegistry((bytes: number) => weigh(-bytes))

function weigh(bytes: number): void {
  // An addon built before there was this function decodes as well, and has memory collected later.
  loadBinding().weigh?.(bytes)
}

/** Decodes by `@napi-rs/image`, which knows all formats; `need` is the memory that it takes. */
export async function decodeOther(
  file: Uint8Array,
  { type }: PhotoHeader,
  need: number,
  maxPixels: number,
  use: PhotoUse
): Promise<NativeFrame> {
  const [addon, decoder] = [loadBinding(), await loadDecoder()]
  // This decoder fills up what is missing of a JPEG, and does not tell.
  if (type === 'jpg' && !(await addon.jpegEnds(file))) {
    throw new Error('the JPEG is truncated (it has no end-of-image marker)')
  }
  const image = new decoder.Transformer(file)
  const kept = Math.round(need / 2) // the other half is those it gives
  weigh(kept)
  collected.register(image, kept)
  const { width, height, colorType, ...metadata } = await image.metadata(true)
  const orientation = metadata.orientation ?? orientationOf(file) ?? 1
  // The header reader and the decoder could disagree on a crafted file.
  checkPixelCount(width, height, maxPixels)
  const colours = Object.keys(layouts) as (keyof typeof layouts)[]
  const colour = colours.find((name) => decoder.JsColorType[name] === colorType)
  const layout = colour && layouts[colour]
  if (layout === undefined) throw new Error('pixels of this type are not supported')
  const described = use.turned ? undefined : rotationOf[orientation]
  const asItIs = orientation === 1 || described !== undefined
  let data: Uint8Array = await (asItIs ? image : image.rotate(orientation)).rawPixels()
  if (data.byteLength !== width * height * layout.channels * (layout.bits / 8)) {
    throw new Error('the decoder returned an unexpected number of bytes')
  }
  if (layout.bits === 16 || layout.channels === 2) {
    data = await narrow(data, layout, width * height)
  }
  const across = !asItIs && orientation >= 5
  const size = { width: across ? height : width, height: across ? width : height }
  const { format } = layout
  const stride = size.width * channelsOf[format]
  return { data, ...size, stride, format, ...(described && { rotation: described }) }
}
