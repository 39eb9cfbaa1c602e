import type { Bytes } from '../frames/bytes.js'
import type { RawFrame } from '../frames/frame.js'
import { keysOf } from '../keys.js'

/** A photo: path, file URL, the bytes of an image file, or a raw frame. */
export type PhotoInput = string | URL | Bytes | RawFrame

export interface ImageOptions {
  /**
   * Photos of more pixels are refused before they are decoded. Default 52 million: whatever a camera
   * of 50 megapixels takes, and less than 512 MB of memory while it is decoded.
   */
  readonly maxPixels?: number
}

export const imageKeys = keysOf<ImageOptions>({ maxPixels: true })

export const defaultMaxPixels = 52_000_000

/** What a photo is decoded for. */
export interface PhotoUse {
  /**
   * Whether the pixels of a photo taken sideways are turned, or left as they lie and described by a
   * `rotation`: turning twelve megapixels takes nearly as long as decoding them, and their memory
   * once more.
   */
  readonly turned?: boolean
  /**
   * The longer side that is enough for a first look: a JPEG may be made smaller while it is
   * decoded, but not below this. By default all pixels are.
   */
  readonly side?: number
}
