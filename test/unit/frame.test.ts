import test from 'ava'
import { ImageTooLargeError, InvalidArgumentError } from '../../lib/errors.js'
import { copyFrame, type PixelFormat, type RawFrame } from '../../lib/frame.js'

const limit = 1_000_000
const frame: RawFrame = { data: new Uint8Array(5 * 4 * 3), width: 5, height: 4, format: 'rgb' }

const sizes: [PixelFormat, number][] = [
  ['rgb', 3],
  ['bgr', 3],
  ['rgba', 4],
  ['bgra', 4],
  ['gray', 1]
]

for (const [format, channels] of sizes) {
  test(`a ${format} frame holds exactly stride × height bytes`, (t) => {
    const of = (bytes: number, stride?: number): RawFrame => ({
      data: new Uint8Array(bytes),
      width: 5,
      height: 4,
      format,
      ...(stride !== undefined && { stride })
    })
    t.is(copyFrame(of(20 * channels), limit).stride, 5 * channels)
    t.is(copyFrame(of(4 * (5 * channels + 7), 5 * channels + 7), limit).stride, 5 * channels + 7)
    for (const wrong of [0, 20 * channels - 1, 20 * channels + 1]) {
      const error = t.throws(() => copyFrame(of(wrong), limit), {
        instanceOf: InvalidArgumentError
      })
      t.is(error?.argument, 'data')
      t.regex(error?.message ?? '', new RegExp(`${20 * channels} bytes.*not ${wrong}`))
    }
  })
}

test('pixels are copied, from every kind of array', (t) => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
  const inputs = [
    bytes.subarray(2, 62),
    new Uint8ClampedArray(bytes.buffer, 2, 60),
    bytes.buffer.slice(2, 62),
    Buffer.from(bytes.buffer, 2, 60)
  ]
  for (const data of inputs) {
    const copy = copyFrame({ ...frame, data }, limit)
    t.deepEqual([...copy.data], [...bytes.subarray(2, 62)])
    t.not(copy.data.buffer, bytes.buffer)
  }
})

test('wrong fields are named', (t) => {
  const cases: [object, string][] = [
    [{ format: 'RGB' }, 'format'],
    [{ format: 'nv99' }, 'format'],
    [{ format: 'toString' }, 'format'],
    [{ format: undefined }, 'format'],
    [{ width: 0 }, 'width'],
    [{ width: 5.5 }, 'width'],
    [{ width: '5' }, 'width'],
    [{ width: Number.NaN }, 'width'],
    [{ width: 65536, height: 1 }, 'width'],
    [{ height: -4 }, 'height'],
    [{ height: Number.POSITIVE_INFINITY }, 'height'],
    [{ stride: 14 }, 'stride'],
    [{ stride: 15.5 }, 'stride'],
    [{ data: undefined }, 'data'],
    [{ data: Array.from(frame.data as Uint8Array) }, 'data'],
    [{ data: new Uint16Array(60) }, 'data']
  ]
  for (const [change, argument] of cases) {
    const error = t.throws(() => copyFrame({ ...frame, ...change }, limit), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, argument, JSON.stringify(change))
  }
})

test('a detached buffer is refused, not read', (t) => {
  const { buffer } = new Uint8Array(60)
  structuredClone(buffer, { transfer: [buffer] })
  const error = t.throws(() => copyFrame({ ...frame, data: buffer }, limit), {
    instanceOf: InvalidArgumentError
  })
  t.is(error?.argument, 'data')
})

test('the pixel limit holds for frames', (t) => {
  t.throws(() => copyFrame(frame, 19), { instanceOf: ImageTooLargeError })
  t.notThrows(() => copyFrame(frame, 20))
})
