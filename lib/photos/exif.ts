/**
 * The orientation that JPEG, PNG and WebP files may carry; that of TIFF is the decoder's business.
 * What is damaged counts as absent: a picture is not refused for a label.
 */
export function orientationOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tiff = jpegExif(view) ?? pngExif(view) ?? webpExif(view)
  return tiff && tiffOrientation(tiff)
}

function tagAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)))
}

function part(view: DataView, at: number, length: number): DataView | undefined {
  if (at + length > view.byteLength) return undefined
  return new DataView(view.buffer, view.byteOffset + at, length)
}

/** The content of the first EXIF segment (CIPA DC-008, 4.7.2) before the picture itself begins. */
function jpegExif(view: DataView): DataView | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined
  for (let at = 2; at + 4 <= view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at += 1 // fill byte
      continue
    }
    if (marker === 0xda || marker === 0xd9) return undefined
    const length = view.getUint16(at + 2)
    if (length < 2) return undefined
    const prefix = marker === 0xe1 && length >= 8 ? part(view, at + 4, 6) : undefined
    if (prefix && tagAt(prefix, 0) === 'Exif' && prefix.getUint16(4) === 0) {
      return part(view, at + 10, length - 8)
    }
    at += 2 + length
  }
  return undefined
}

/** Chunks that are looked at; an image has fewer before its label, and hostile ones may have millions. */
const maxChunks = 100_000

/** The content of the eXIf chunk (PNG specification, third edition, 11.3.3.6). */
function pngExif(view: DataView): DataView | undefined {
  if (view.byteLength < 8 || view.getUint32(0) !== 0x89504e47) return undefined
  for (let at = 8, chunks = 0; at + 12 <= view.byteLength && chunks < maxChunks; chunks++) {
    const length = view.getUint32(at)
    if (tagAt(view, at + 4) === 'eXIf') return part(view, at + 8, length)
    at += 12 + length
  }
  return undefined
}

/** The content of the EXIF chunk (RFC 9649, 2.7); some writers put JPEG's prefix before it. */
function webpExif(view: DataView): DataView | undefined {
  if (view.byteLength < 12 || tagAt(view, 0) !== 'RIFF' || tagAt(view, 8) !== 'WEBP') {
    return undefined
  }
  for (let at = 12, chunks = 0; at + 8 <= view.byteLength && chunks < maxChunks; chunks++) {
    const length = view.getUint32(at + 4, true)
    if (tagAt(view, at) === 'EXIF') {
      const prefix = length >= 6 && part(view, at + 8, 6) && tagAt(view, at + 8) === 'Exif' ? 6 : 0
      return part(view, at + 8 + prefix, length - prefix)
    }
    at += 8 + length + (length % 2)
  }
  return undefined
}

/** Tag 274 of the first directory (TIFF 6.0; CIPA DC-008): one SHORT from 1 to 8. */
function tiffOrientation(tiff: DataView): number | undefined {
  if (tiff.byteLength < 8) return undefined
  const order = tiff.getUint16(0)
  const little = order === 0x4949
  if ((!little && order !== 0x4d4d) || tiff.getUint16(2, little) !== 42) return undefined
  const directory = tiff.getUint32(4, little)
  if (directory + 2 > tiff.byteLength) return undefined
  const count = tiff.getUint16(directory, little)
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > tiff.byteLength) return undefined
    if (tiff.getUint16(entry, little) !== 274) continue
    const value = tiff.getUint16(entry + 8, little)
    const good = tiff.getUint16(entry + 2, little) === 3 && value >= 1 && value <= 8
    return good ? value : undefined
  }
  return undefined
}

/** Degrees clockwise that make a photo upright, by those orientations that do not mirror. */
export const rotationOf: Readonly<Record<number, 0 | 90 | 180 | 270>> = {
  1: 0,
  3: 180,
  6: 90,
  8: 270
}
