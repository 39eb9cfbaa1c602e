import { type FileHandle, open, stat } from 'node:fs/promises'
import { ImageDecodeError, ImageTooLargeError, SeesawFaceError, systemCode } from '../errors.js'
import { unwritten } from '../frames/bytes.js'

/** An image file is not read when larger than this; no photo within the pixel limit comes near. */
export const maxFileBytes = 512 * 1024 * 1024

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

export async function readPhotoFile(path: string): Promise<Uint8Array> {
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
      if (size > maxFileBytes) {
        throw new ImageTooLargeError(`"${path}" has ${size} bytes, more than any photo should`)
      }
      return await readAll(file, size)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof SeesawFaceError) throw error
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file',
      EACCES: 'permission denied'
    }
    const code = systemCode(error)
    const reason = reasons[code ?? ''] ?? code ?? String(error)
    throw new ImageDecodeError(`Cannot read "${path}": ${reason}`, { cause: error })
  }
}
