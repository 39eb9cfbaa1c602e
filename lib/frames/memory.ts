import { OutOfMemoryError } from '../errors.js'
import { isShared } from './bytes.js'

/**
 * Memory for another thread to read. Whatever the caller does meanwhile, nobody may detach or
 * shrink what is being read: JavaScript can do that to any ArrayBuffer it can reach, at any time,
 * and a reference to the object does not keep its memory. Hence there are three ways, none of which
 * leaves an ArrayBuffer being read in the caller's hands:
 *
 * - A SharedArrayBuffer is read in place. It can be neither detached nor shrunk.
 * - A buffer given away (`transfer`) is detached from the caller and read in place.
 * - All else is copied, into memory used again and again, which never leaves this package.
 */
export function memoryFor(bytes: Uint8Array, transfer: boolean): Uint8Array {
  if (isShared(bytes)) return bytes
  return (transfer && moved(bytes)) || copied(bytes)
}

/** Whether `memoryFor` made this a copy: it is ours, and nobody else may be given it. */
export function isCopy({ buffer }: Uint8Array): boolean {
  return own.has(buffer)
}

/**
 * Undefined for what is not to be given away: Node's pool of small Buffers, WebAssembly memory, what
 * is marked as untransferable, and a small part of a buffer, all of which would go with it.
 */
function moved(bytes: Uint8Array): Uint8Array | undefined {
  const { byteOffset, byteLength } = bytes
  const buffer = bytes.buffer as ArrayBuffer
  if (2 * byteLength < buffer.byteLength) return undefined
  try {
    const taken = structuredClone(buffer, { transfer: [buffer] })
    // Node 20 does not refuse: it clones what it cannot move. The clone is a copy like any other.
    if (buffer.byteLength !== 0) own.add(taken)
    return new Uint8Array(taken, byteOffset, byteLength)
  } catch {
    return undefined
  }
}

/**
 * Copies no longer in use. New memory costs several times what copying into it does, as the system
 * clears every page. Weak, so that the next full collection takes what is not needed any more.
 */
let spares: WeakRef<ArrayBuffer>[] = []
const maxSpares = 4
/** Our own buffers, in use or spare: nobody else's may come back as a spare. */
const own = new WeakSet<ArrayBufferLike>()

/** A spare is taken for a copy that fills at least half of it. */
function spareFor(length: number): ArrayBuffer | undefined {
  const alive = spares.filter((spare) => spare.deref() !== undefined)
  const index = alive.findIndex((spare) => {
    const size = spare.deref()?.byteLength ?? 0
    return size >= length && size <= 2 * length
  })
  const found = index < 0 ? undefined : alive.splice(index, 1)[0]?.deref()
  spares = alive
  return found
}

/** @throws OutOfMemoryError where V8 has a RangeError */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new OutOfMemoryError(`no memory to copy a frame of ${bytes.byteLength} bytes`, { cause })
  }
}

function copied(bytes: Uint8Array): Uint8Array {
  const buffer = spareFor(bytes.byteLength)
  if (buffer === undefined) {
    const copy = copyOf(bytes)
    own.add(copy.buffer)
    return copy
  }
  const copy = new Uint8Array(buffer, 0, bytes.byteLength)
  copy.set(bytes)
  return copy
}

/** Gives back what `memoryFor` returned, once nobody reads it any more. May be left out. */
export function releaseMemory({ buffer }: Uint8Array): void {
  if (!own.has(buffer)) return
  if (spares.some((spare) => spare.deref() === buffer)) return
  spares.push(new WeakRef(buffer as ArrayBuffer))
  if (spares.length > maxSpares) spares.shift()
}
