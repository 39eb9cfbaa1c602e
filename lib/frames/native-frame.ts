import type { PixelFormat } from './pixel-formats.js'

/** A frame as the addon takes it: pixels, and where in the memory they are. */
export interface NativeFrame {
  data: Uint8Array
  width: number
  height: number
  /** Bytes from one row to the next, of luma where there are planes. */
  stride: number
  format: PixelFormat
  /** Of the first row; 0 when left out. */
  offset?: number
  /** U and V of I420, or the one plane of NV12 and NV21. */
  chroma?: readonly { readonly offset: number; readonly stride: number }[]
  /** Clockwise; 0 when left out. */
  rotation?: 0 | 90 | 180 | 270
  /** `'limited'` and `'bt601'` when left out. */
  range?: 'limited' | 'full'
  matrix?: 'bt601' | 'bt709'
  /**
   * Where the pixels are those of a photo made smaller: its JPEG file, of which more is decoded
   * where it is needed, and its full size. Faces are told in pixels of the photo.
   */
  photo?: NativePhoto
}

export interface NativePhoto {
  file: Uint8Array
  width: number
  height: number
  /** Sides are divided by this and rounded up. */
  reducedBy: 2 | 4 | 8
}
