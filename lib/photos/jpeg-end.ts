/**
 * Tells whether a JPEG file runs to its end-of-image marker. The decoder fills what is missing of a
 * truncated file with grey and reports success, so the structure is walked here: segments by their
 * lengths, entropy-coded data by its markers (ITU-T T.81, B.1.1).
 */
export function isCompleteJpeg(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return false
  let at = 2
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) {
      // Entropy-coded data, or garbage between segments, which decoders skip as well.
      at = bytes.indexOf(0xff, at)
      if (at < 0) return false
      continue
    }
    const marker = bytes[at + 1] as number
    if (marker === 0xd9) return true
    if (marker === 0xff) {
      at += 1 // fill byte
    } else if (marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2 // stuffed zero, or a marker without a segment
    } else {
      if (at + 3 >= bytes.length) return false
      const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
      if (length < 2) return false
      at += 2 + length
    }
  }
  return false
}
