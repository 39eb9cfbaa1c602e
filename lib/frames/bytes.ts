import { types } from 'node:util'
import { OutOfMemoryError } from '../errors.js'

/**
 * Memory that holds 8-bit samples. A view may begin anywhere in its buffer; objects of other realms
 * (`node:vm`, test runners) are as good as ours, which `instanceof` would not tell.
 */
export type Bytes = Uint8Array | Uint8ClampedArray | DataView | ArrayBuffer | SharedArrayBuffer

/** Views bytes of any accepted kind without copying; undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    if (
      types.isUint8Array(value) ||
      types.isUint8ClampedArray(value) ||
      (types.isDataView(value) as boolean)
    ) {
      const view = value as Uint8Array | DataView
      return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    }
    if (types.isAnyArrayBuffer(value)) return new Uint8Array(value)
  } catch {
    return new Uint8Array(0) // transferred away or shrunk: no bytes are left
  }
  return undefined
}

/** Whether the memory can never be taken away: it may grow, but neither move nor shrink. */
export function isShared(bytes: Uint8Array): boolean {
  return types.isSharedArrayBuffer(bytes.buffer)
}

/** Bytes that nobody has written to yet. @throws OutOfMemoryError where Node has a RangeError */
export function unwritten(length: number): Uint8Array {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  } catch (cause) {
    throw new OutOfMemoryError(`no memory for ${length} bytes`, { cause })
  }
}

/** A copy of our own. @throws OutOfMemoryError */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = unwritten(bytes.byteLength)
  copy.set(bytes)
  return copy
}
