import { open } from 'node:fs/promises'
import { InvalidArgumentError } from '../../errors.js'

/**
 * Embeddings as NumPy's `np.save` writes a float32 matrix (NPY format 1.0 to 3.0), one face a row.
 * Anything else that a file of that format can hold is refused.
 */

export interface Matrix {
  readonly rows: number
  readonly size: number
  readonly values: Float32Array
}

const magic = '\x93NUMPY'
/** What is read must be of this size at most: 2 million faces of 512 numbers. */
const limits = { bytes: 2 ** 32, header: 65_536, size: 4096 }

const dictionary =
  /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \((\d{1,10}), (\d{1,10})\), \}[ ]*\n$/

interface Shape {
  readonly rows: number
  readonly size: number
}

function shapeOf(header: string, fail: (problem: string) => never): Shape {
  const match = dictionary.exec(header)
  if (match === null) fail('its header does not describe a matrix')
  const [, type, order, rows, size] = match
  if (type !== '<f4') fail(`it holds numbers of type "${type}"; float32 ("<f4") is needed`)
  if (order === 'True') fail('its numbers are in Fortran order; save a C-contiguous array')
  const shape = { rows: Number(rows), size: Number(size) }
  if (shape.rows < 1) fail('it has no rows')
  if (shape.size < 1 || shape.size > limits.size) {
    fail(`its rows have ${shape.size} numbers; from 1 to ${limits.size} can be read`)
  }
  return shape
}

export async function readNpy(path: string): Promise<Matrix> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new InvalidArgumentError('embeddings', `"${path}" cannot be used: ${problem}`, { cause })
  }
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), error)
  }
  await using _closed = { [Symbol.asyncDispose]: () => file.close() }
  const { size: bytes } = await file.stat()
  const read = async (at: number, length: number): Promise<Buffer> => {
    if (at + length > bytes) fail('it is shorter than its header says')
    const buffer = Buffer.alloc(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(buffer, done, length - done, at + done)
      if (bytesRead === 0) fail('it is shorter than its header says')
      done += bytesRead
    }
    return buffer
  }
  if (bytes > limits.bytes) fail(`it has ${bytes} bytes; up to ${limits.bytes} are read`)
  const start = await read(0, Math.min(12, bytes))
  if (start.toString('latin1', 0, 6) !== magic) fail('it is not a NumPy file (.npy)')
  const version = start[6] ?? 0
  if (version < 1 || version > 3) fail(`version ${version} of the format is not known`)
  const [at, length] = version === 1 ? [10, start.readUInt16LE(8)] : [12, start.readUInt32LE(8)]
  if (length > limits.header) fail(`its header has ${length} bytes`)
  const shape = shapeOf((await read(at, length)).toString('latin1'), fail)
  const expected = at + length + 4 * shape.rows * shape.size
  if (bytes !== expected) fail(`it has ${bytes} bytes instead of ${expected}`)
  const values = new Float32Array(shape.rows * shape.size)
  // A part at a time: one read takes 2 GiB at most.
  const part = 2 ** 20
  for (let from = 0; from < values.length; from += part) {
    const to = Math.min(from + part, values.length)
    const numbers = await read(at + length + 4 * from, 4 * (to - from))
    const view = new DataView(numbers.buffer, numbers.byteOffset, numbers.byteLength)
    for (let i = from; i < to; i++) {
      const value = view.getFloat32(4 * (i - from), true)
      if (!Number.isFinite(value)) fail(`row ${Math.floor(i / shape.size)} holds ${value}`)
      values[i] = value
    }
  }
  return { ...shape, values }
}

/** The bytes of a file that `np.load` reads. */
export function formatNpy({ rows, size, values }: Matrix): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${size}), }`
  // The numbers begin at a multiple of 64.
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const buffer = Buffer.alloc(10 + header.length + 4 * values.length)
  buffer.write(`${magic}\x01\x00`, 'latin1')
  buffer.writeUInt16LE(header.length, 8)
  buffer.write(header, 10, 'latin1')
  for (const [i, value] of values.entries()) buffer.writeFloatLE(value, 10 + header.length + 4 * i)
  return buffer
}
