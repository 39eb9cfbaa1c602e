import { show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { type Bytes, bytesOf } from '../frames/bytes.js'

/** Side of an aligned face crop in pixels, as the networks take it. */
export const cropSize = 112

const cropBytes = cropSize * cropSize * 3

/** The bytes of an aligned crop; the addon copies them before its call returns. */
export function cropBytesOf(crop: Bytes): Uint8Array {
  const bytes = bytesOf(crop)
  if (bytes === undefined || bytes.byteLength !== cropBytes) {
    const got = bytes === undefined ? show(crop) : `${bytes.byteLength} bytes`
    throw new InvalidArgumentError(
      'crop',
      `crop must be a Uint8Array of ${cropSize} × ${cropSize} × 3 = ${cropBytes} bytes, not ${got}`
    )
  }
  return bytes
}
