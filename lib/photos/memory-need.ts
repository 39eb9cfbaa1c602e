import type { PhotoHeader, PhotoType } from './header.js'

/** Of the decoder of all formats but JPEG, at its most: measured by `npx tsx research/decode-memory.ts FILE…`. */
const bytesPerPixel: Readonly<Record<Exclude<PhotoType, 'png'>, number>> = {
  bmp: 8,
  webp: 10,
  tiff: 20,
  avif: 20,
  pnm: 20,
  // Only what is left to that decoder: CMYK, and mirrored ones.
  jpg: 20
}

/** Samples by the colour type of a PNG; a palette may have transparency. */
const pngSamples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 }

/** It decodes, and gives a copy; 16-bit samples and grey with alpha are then converted once more. */
function bytesPerPngPixel(file: Uint8Array): number {
  const first = String.fromCharCode(...file.subarray(12, 16))
  const samples = first === 'IHDR' ? (pngSamples[file[25] as number] ?? 4) : 4
  const wide = first !== 'IHDR' || file[24] === 16
  const stored = samples * (wide ? 2 : 1)
  const converted = samples === 2 ? 1 : wide ? samples : 0
  return 2 * stored + converted
}

/** Bytes of memory that `@napi-rs/image` takes for a photo while it decodes it, without the file. */
export function memoryNeed(file: Uint8Array, { type, width, height }: PhotoHeader): number {
  return width * height * (type === 'png' ? bytesPerPngPixel(file) : bytesPerPixel[type])
}
