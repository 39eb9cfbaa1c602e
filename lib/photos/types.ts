import type { Budget } from '../budget.js'
import type { Bytes } from '../frames/bytes.js'
import type { RawFrame } from '../frames/frame.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { keysOf } from '../keys.js'

/** A photo: path, file URL, the bytes of an image file, or a raw frame. */
export type PhotoInput = string | URL | Bytes | RawFrame

export interface ImageOptions {
  /**
   * Photos with more pixels are rejected before they are decoded. Default 52 million, enough for a
   * 50-megapixel camera. While it is decoded, a photo needs up to 3 bytes per pixel (JPEG; 9 if
   * progressive), 8 (PNG with alpha) or 20 (16-bit PNG, TIFF, AVIF).
   */
  readonly maxPixels?: number
  /** Larger image files are rejected before they are read, in bytes. Default 256 MiB. */
  readonly maxFileBytes?: number
}

export const imageKeys = keysOf<ImageOptions>({ maxPixels: true, maxFileBytes: true })

export const defaultMaxPixels = 52_000_000

/** 52 million pixels of four bytes, stored as they are, fit in. */
export const defaultMaxFileBytes = 256 * 2 ** 20

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

/** Where photos are decoded: how many at a time, and what memory they may take. */
export interface DecodeRoom {
  readonly decoders: Budget
  readonly bytes: Budget
}

/** How a file is going to be decoded. */
export interface DecodePlan {
  /** Bytes of memory that decoding takes, without the file. */
  readonly decoding: number
  /** Of them, those that are taken until the pixels have been used. */
  readonly kept: number
  decode(): Promise<NativeFrame>
}

/** Pixels to be looked at. */
export interface LoadedPhoto {
  readonly frame: NativeFrame
  /** Gives their memory back, once nobody reads it any more. May be called again. */
  release(): void
  /** Gives the memory to the caller, for whom it is no longer counted. */
  keep(): void
}
