import { runInNewContext } from 'node:vm'
import { markAsUntransferable } from 'node:worker_threads'
import test from 'ava'
import { ImageTooLargeError, InvalidArgumentError } from '../../lib/errors.js'
import { type RawFrame, takeFrame } from '../../lib/frames/frame.js'
import { releaseMemory } from '../../lib/frames/memory.js'
import { type PixelFormat, pixelFormats } from '../../lib/frames/pixel-formats.js'
import { planesFor } from '../support/frames.js'
import { wasmMemory } from '../support/wasm.js'

const limit = 1_000_000
const frame: RawFrame = { data: new Uint8Array(5 * 4 * 3), width: 5, height: 4, format: 'rgb' }

/** Bytes without gaps for 5×4 and 5×3 pixels; then a stride, and bytes with it for 5×3. */
const sizes: [PixelFormat, number, number, number, number][] = [
  ['rgb', 60, 45, 20, 60],
  ['bgr', 60, 45, 20, 60],
  ['rgba', 80, 60, 32, 96],
  ['bgra', 80, 60, 32, 96],
  ['gray', 20, 15, 8, 24],
  ['nv12', 20 + 12, 15 + 12, 8, 24 + 16],
  ['nv21', 20 + 12, 15 + 12, 8, 24 + 16],
  ['i420', 20 + 12, 15 + 12, 8, 24 + 16],
  ['yuyv', 48, 36, 16, 48]
]

test('the table has every format', (t) => {
  t.deepEqual(sizes.map(([format]) => format).sort(), [...pixelFormats].sort())
})

for (const [format, even, odd, stride, strided] of sizes) {
  test(`a ${format} frame holds the bytes of its planes, to its last pixel at least`, (t) => {
    const of = (bytes: number, height: number, stride?: number): RawFrame => ({
      data: new Uint8Array(bytes),
      width: 5,
      height,
      format,
      ...(stride !== undefined && { stride })
    })
    t.is(takeFrame(of(even, 4), limit).data.byteLength, even)
    t.is(takeFrame(of(odd, 3), limit).data.byteLength, odd)
    t.is(takeFrame(of(strided, 3, stride), limit).stride, stride)
    // The last row of the last plane may end before its stride does; V4L2's buffers are whole pages.
    const last = planesFor(format, 5, 3).layout.at(-1)?.stride ?? 0
    const wide = takeFrame(of(strided, 3, stride), limit).chroma?.at(-1)?.stride ?? stride
    const short = strided - (wide - last)
    for (const [size, height, given] of [
      [4096, 4],
      [even + 65535, 4],
      [4096, 3, stride],
      [short, 3, stride]
    ] as const) {
      t.notThrows(() => takeFrame(of(size, height, given), limit), `${size}`)
    }
    for (const [wrong, height, given] of [
      [0, 4],
      [even - 1, 4],
      [even + 65536, 4],
      [odd - 1, 3],
      [short - 1, 3, stride],
      [short + 65536, 3, stride]
    ] as [number, number, number?][]) {
      const error = t.throws(() => takeFrame(of(wrong, height, given), limit), {
        instanceOf: InvalidArgumentError
      })
      t.is(error?.argument, 'frame.data')
      t.regex(error?.message ?? '', new RegExp(`bytes.*${format}.*not ${wrong}`))
    }
  })

  test(`planes of ${format} may lie anywhere in the data, but not outside of it`, (t) => {
    const { layout, bytes } = planesFor(format, 5, 3, 4)
    const of = (change: number, planes: readonly object[] = layout): RawFrame => ({
      data: new Uint8Array(bytes + change),
      width: 5,
      height: 3,
      format,
      layout: planes as RawFrame['layout'] & object
    })
    t.notThrows(() => takeFrame(of(0), limit))
    t.notThrows(() => takeFrame(of(100), limit))
    t.notThrows(() => takeFrame(of(-4), limit)) // the last row ends before its stride
    t.is(argumentOf(t, of(-5)), 'frame.data')
    const last = layout.length - 1
    const spoilt = (plane: number, change: object): RawFrame =>
      of(
        0,
        layout.map((each, i) => (i === plane ? { ...each, ...change } : each))
      )
    t.is(argumentOf(t, spoilt(last, { stride: 1 })), `frame.layout[${last}].stride`)
    t.is(argumentOf(t, spoilt(last, { stride: '8' })), `frame.layout[${last}].stride`)
    t.is(argumentOf(t, spoilt(0, { offset: -1 })), 'frame.layout[0].offset')
    t.is(argumentOf(t, spoilt(0, { offset: 0.5 })), 'frame.layout[0].offset')
    t.is(argumentOf(t, spoilt(0, { offset: 1e15 })), 'frame.data')
    t.is(argumentOf(t, of(0, [])), 'frame.layout')
    t.is(argumentOf(t, of(0, [...layout, { offset: 0, stride: 40 }])), 'frame.layout')
    if (last > 0) {
      const { offset } = layout[0] as { offset: number }
      t.regex(argumentOf(t, spoilt(last, { offset })) ?? '', /^frame\.layout\[\d\]\.offset$/)
    }
  })
}

function argumentOf(t: import('ava').ExecutionContext, wrong: object): string | undefined {
  const error = t.throws(() => takeFrame(wrong as RawFrame, limit), {
    instanceOf: InvalidArgumentError
  })
  return error?.argument
}

const shared = (bytes: ArrayLike<number>): SharedArrayBuffer => {
  const buffer = new SharedArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  return buffer
}

test('pixels come from every kind of array, wherever it begins', (t) => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
  const foreign = runInNewContext('({ Uint8Array, DataView, ArrayBuffer, SharedArrayBuffer })')
  const inputs: [string, RawFrame['data']][] = [
    ['Uint8Array', bytes.subarray(2, 62)],
    ['Uint8ClampedArray', new Uint8ClampedArray(bytes.buffer, 2, 60)],
    ['DataView', new DataView(bytes.buffer, 2, 60)],
    ['ArrayBuffer', bytes.buffer.slice(2, 62)],
    ['Buffer', Buffer.from(bytes.buffer, 2, 60)],
    ['SharedArrayBuffer', shared(bytes.subarray(2, 62))],
    ['a view of a SharedArrayBuffer', new Uint8Array(shared(bytes), 2, 60)],
    ['Uint8Array of another realm', new foreign.Uint8Array(bytes.subarray(2, 62))],
    [
      'DataView of another realm',
      new foreign.DataView(new foreign.Uint8Array(bytes).buffer, 2, 60)
    ],
    ['ArrayBuffer of another realm', new foreign.Uint8Array(bytes.subarray(2, 62)).buffer]
  ]
  for (const [name, data] of inputs) {
    const taken = takeFrame({ ...frame, data }, limit)
    t.deepEqual([...taken.data], [...bytes.subarray(2, 62)], name)
  }
})

test('wrong fields are named', (t) => {
  const nv12: Partial<RawFrame> = { format: 'nv12', data: new Uint8Array(32) }
  const cases: [object, string][] = [
    [{ format: 'RGB' }, 'frame.format'],
    [{ format: 'nv99' }, 'frame.format'],
    [{ format: 'toString' }, 'frame.format'],
    [{ format: undefined }, 'frame.format'],
    [{ width: 0 }, 'frame.width'],
    [{ width: 5.5 }, 'frame.width'],
    [{ width: '5' }, 'frame.width'],
    [{ width: Number.NaN }, 'frame.width'],
    [{ width: 65536, height: 1 }, 'frame.width'],
    [{ height: -4 }, 'frame.height'],
    [{ height: Number.POSITIVE_INFINITY }, 'frame.height'],
    [{ stride: 14 }, 'frame.stride'],
    [{ stride: 15.5 }, 'frame.stride'],
    [{ stride: 1 << 21 }, 'frame.stride'],
    [{ stride: 15, layout: [{ offset: 0, stride: 15 }] }, 'frame.stride'],
    [{ layout: 7 }, 'frame.layout'],
    [{ layout: [7] }, 'frame.layout[0]'],
    [{ ...nv12, stride: 4 }, 'frame.stride'],
    [{ format: 'yuyv', stride: 13 }, 'frame.stride'],
    [
      {
        ...nv12,
        layout: [
          { offset: 0, stride: 5 },
          { offset: 20, stride: 7 }
        ]
      },
      'frame.layout[1].stride'
    ],
    [{ rotation: 45 }, 'frame.rotation'],
    [{ rotation: 360 }, 'frame.rotation'],
    [{ rotation: '90' }, 'frame.rotation'],
    [{ range: 'limited' }, 'frame.range'],
    [{ matrix: 'bt601' }, 'frame.matrix'],
    [{ ...nv12, range: 'tv' }, 'frame.range'],
    [{ ...nv12, matrix: 'bt2020' }, 'frame.matrix'],
    [{ transfer: 1 }, 'frame.transfer'],
    [{ data: undefined }, 'frame.data'],
    [{ data: Array.from(frame.data as Uint8Array) }, 'frame.data'],
    [{ data: new Uint16Array(60) }, 'frame.data']
  ]
  for (const [change, argument] of cases) {
    t.is(argumentOf(t, { ...frame, ...change }), argument, JSON.stringify(change))
  }
})

test('a detached or shrunk buffer is refused, not read', (t) => {
  const { buffer } = new Uint8Array(60)
  const view = new Uint8Array(buffer)
  const dataView = new DataView(buffer)
  structuredClone(buffer, { transfer: [buffer] })
  for (const data of [buffer, view, dataView]) {
    t.is(argumentOf(t, { ...frame, data }), 'frame.data')
  }
  // Resizable buffers are in Node, not yet in the types used here.
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number }
  ) => ArrayBuffer & { resize(length: number): void }
  const resizable = new Resizable(60, { maxByteLength: 60 })
  const [whole, part] = [new Uint8Array(resizable), new Uint8Array(resizable, 0, 60)]
  resizable.resize(30)
  for (const data of [resizable, whole, part]) {
    t.is(argumentOf(t, { ...frame, data }), 'frame.data')
  }
})

test('the pixel limit holds for frames', (t) => {
  t.throws(() => takeFrame(frame, 19), { instanceOf: ImageTooLargeError })
  t.notThrows(() => takeFrame(frame, 20))
})

test('plain memory is copied, shared memory is used where it is', (t) => {
  const plain = new Uint8Array(60)
  const taken = takeFrame({ ...frame, data: plain }, limit)
  t.not(taken.data.buffer, plain.buffer)
  plain.fill(7)
  t.true(taken.data.every((value) => value === 0))
  const buffer = new SharedArrayBuffer(60)
  t.is(takeFrame({ ...frame, data: buffer }, limit).data.buffer as unknown, buffer)
})

test('a buffer given away is moved, not copied', (t) => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => i).subarray(2, 62)
  const taken = takeFrame({ ...frame, data, transfer: true }, limit)
  t.is(data.byteLength, 0)
  t.is(data.buffer.byteLength, 0)
  t.is(taken.data.byteOffset, 2)
  t.is(taken.data[0], 2)
})

test('what cannot be given away is copied', (t) => {
  const kept = new ArrayBuffer(60)
  markAsUntransferable(kept)
  const inputs: [string, Uint8Array][] = [
    ['marked as untransferable', new Uint8Array(kept)],
    ["in Node's pool of small Buffers", Buffer.from(new Array(60).fill(1))]
  ]
  for (const [name, data] of inputs) {
    const taken = takeFrame({ ...frame, data, transfer: true }, limit)
    t.is(data.byteLength, 60, name)
    t.not(taken.data.buffer, data.buffer, name)
    t.deepEqual([...taken.data], [...data], name)
  }
})

test('a small part of a buffer is copied: moving it would move all of it', (t) => {
  const memory = wasmMemory({ initial: 512 })
  const data = new Uint8Array(memory.buffer, 64, 60).fill(5)
  const plain = new Uint8Array(new ArrayBuffer(1 << 20), 64, 60).fill(5)
  for (const each of [data, plain]) {
    const taken = takeFrame({ ...frame, data: each, transfer: true }, limit)
    t.is(each.byteLength, 60)
    t.true(taken.data.buffer.byteLength < 1000, `${taken.data.buffer.byteLength}`)
    t.true(taken.data.every((value) => value === 5))
  }
})

test('copies are used again once released, and nothing else is', (t) => {
  const big = { ...frame, data: new Uint8Array(3000 * 4), width: 1000 }
  const first = takeFrame(big, limit)
  const second = takeFrame(big, limit)
  t.not(first.data.buffer, second.data.buffer)
  releaseMemory(first.data)
  releaseMemory(first.data)
  const third = takeFrame(big, limit)
  t.is(third.data.buffer, first.data.buffer)
  t.not(takeFrame(big, limit).data.buffer, first.data.buffer)
  const foreign = new Uint8Array(3000 * 4)
  releaseMemory(foreign)
  releaseMemory(takeFrame({ ...big, data: new SharedArrayBuffer(12000) }, limit).data)
  t.not(takeFrame(big, limit).data.buffer, foreign.buffer)
})
