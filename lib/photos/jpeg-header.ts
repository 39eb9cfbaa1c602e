/** What the segments of a JPEG tell before its first scan (ITU-T T.81, B.2). */
export interface JpegHeader {
  readonly width: number
  readonly height: number
  /** Whether the decoder must keep all coefficients until the last scan. */
  readonly inScans: boolean
}

/** Files have a few dozen segments, or some hundreds where profiles or depth are cut into them. */
const maxSegments = 10_000
/** Rubbish between segments, which decoders skip; and tables, of which 4 kB are a lot. */
const maxRubbish = 65_536
const maxTables = 1 << 20

/** SOF0 to SOF15, without DHT, JPG and DAC, which lie among them. */
function isFrameMarker(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
}

/**
 * Walks the segments up to the first scan. Undefined where there is none, or only after more than
 * any photo has: whoever reads the header later takes no longer than this.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  let found: { width: number; height: number; components: number; progressive: boolean } | undefined
  let [rubbish, tables] = [0, 0]
  for (let at = 2, steps = 0; at + 3 < bytes.length && steps < maxSegments; steps++) {
    if (bytes[at] !== 0xff) {
      const next = bytes.indexOf(0xff, at)
      rubbish += next - at
      if (next < 0 || rubbish > maxRubbish) return undefined
      at = next
      continue
    }
    const marker = bytes[at + 1] as number
    if (marker === 0xff) {
      at += 1 // fill byte
      continue
    }
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2 // no segment follows
      continue
    }
    const [high, low] = [bytes[at + 2] as number, bytes[at + 3] as number]
    const length = (high << 8) | low
    if (marker === 0xd9 || length < 2 || at + 2 + length > bytes.length) return undefined
    if (isFrameMarker(marker) && found === undefined && length >= 8) {
      const number = (offset: number): number =>
        ((bytes[at + offset] as number) << 8) | (bytes[at + offset + 1] as number)
      found = {
        height: number(5),
        width: number(7),
        components: bytes[at + 9] as number,
        progressive: (marker & 3) === 2
      }
    }
    if (marker === 0xda) {
      if (found === undefined) return undefined
      const { width, height, components, progressive } = found
      // A scan of fewer components than there are will not be the only one.
      const inScans = progressive || (bytes[at + 4] as number) < components
      return { width, height, inScans }
    }
    const isData = (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe
    if (!isData) tables += length
    if (tables > maxTables) return undefined
    at += 2 + length
  }
  return undefined
}
