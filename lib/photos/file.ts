import { type FileHandle, open, stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ImageDecodeError, ImageTooLargeError, SeesawFaceError, systemCode } from '../errors.js'
import { unwritten } from '../frames/bytes.js'

/** All bytes in one go: FileHandle.readFile() asks for a small piece at a time. */
async function readAll(file: FileHandle, size: number): Promise<Uint8Array> {
  const content = unwritten(size)
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(content, at, size - at, at)
    if (bytesRead === 0) return content.subarray(0, at) // shortened meanwhile
    at += bytesRead
  }
  return content
}

function checkFileBytes(name: string, bytes: number, maxFileBytes: number): void {
  if (bytes <= maxFileBytes) return
  throw new ImageTooLargeError(
    `${name} has ${bytes} bytes, more than maxFileBytes (${maxFileBytes}) allows`
  )
}

/** Copied in one go before other work gets its turn: a few milliseconds' worth. */
const sliceBytes = 8 * 2 ** 20

/** The decoder reads in another thread, at its leisure: it gets a copy that nobody can take away. */
export async function copyPhotoFile(bytes: Uint8Array, maxFileBytes: number): Promise<Uint8Array> {
  const size = bytes.byteLength
  checkFileBytes('The image file', size, maxFileBytes)
  const copy = unwritten(size)
  for (let at = 0; at < size; at += sliceBytes) {
    if (at > 0) await nextTurn()
    if (bytes.byteLength !== size) {
      throw new ImageDecodeError('The bytes of the image file were taken away while they were read')
    }
    copy.set(bytes.subarray(at, at + sliceBytes), at)
  }
  return copy
}

export async function readPhotoFile(path: string, maxFileBytes: number): Promise<Uint8Array> {
  try {
    // Before it is opened: a pipe would block, a device would never end.
    const kind = await stat(path)
    if (!kind.isFile()) {
      const what = kind.isDirectory() ? 'a folder' : 'a device, pipe or socket'
      throw new ImageDecodeError(`Cannot read "${path}": it is ${what}, not a file`)
    }
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      checkFileBytes(`"${path}"`, size, maxFileBytes)
      return await readAll(file, size)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof SeesawFaceError) throw error
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'no such file',
      EACCES: 'permission denied'
    }
    const code = systemCode(error)
    const reason = reasons[code ?? ''] ?? code ?? String(error)
    throw new ImageDecodeError(`Cannot read "${path}": ${reason}`, { cause: error })
  }
}
