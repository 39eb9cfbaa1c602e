// The addon itself, with arguments that the library never gives it.
import test from 'ava'
import { loadBinding } from '../../lib/addon/load.js'
import type { NativeEngine, NativeEngineOptions } from '../../lib/addon/types.js'
import type { NativeFrame } from '../../lib/frames/native-frame.js'
import { loadDetectorModel } from '../../lib/models/load.js'
import { detectOptionsToNative } from '../../lib/work/detect-options.js'

const side = 4000
const options = { ...detectOptionsToNative({ maxFaces: 9 }), quality: false }
const landmarks = Float32Array.of(38, 52, 74, 52, 56, 72, 42, 92, 71, 92)

/** `object` with a getter for `key` that transfers the memory of `bytes` away. */
function thief<T extends object>(object: T, key: keyof T, bytes: Uint8Array<ArrayBuffer>): T {
  const value = object[key]
  return Object.defineProperty({ ...object }, key, {
    get() {
      if (bytes.byteLength > 0) structuredClone(bytes, { transfer: [bytes.buffer] })
      return value
    }
  })
}

type Call = (engine: NativeEngine, frame: NativeFrame, bytes: Uint8Array<ArrayBuffer>) => unknown

const calls: [string, Call][] = [
  ['a width', (e, frame, bytes) => e.align(thief(frame, 'width', bytes), landmarks)],
  ['a format', (e, frame, bytes) => e.detect(thief(frame, 'format', bytes), options)],
  ['an option of detect', (e, f, bytes) => e.detect(f, thief(options, 'maxFaces', bytes))]
]

const engineOptions: NativeEngineOptions = {
  threads: 1,
  queueLimit: 4,
  precision: 'fp32',
  implementation: 'auto'
}

for (const [what, call] of calls) {
  test(`${what} whose getter transfers the pixels away is an error`, async (t) => {
    const engine = new (loadBinding().Engine)(engineOptions)
    await engine.loadDetector((await loadDetectorModel()).files)
    const data = new Uint8Array(side * side * 3)
    const frame: NativeFrame = { data, width: side, height: side, stride: side * 3, format: 'rgb' }
    const error = await t.throwsAsync(async () => call(engine, frame, data))
    t.like(error, { code: 'INVALID_ARGUMENT', argument: 'data' })
    await engine.close()
  })
}

test('a model whose weights are a getter that transfers the description away', async (t) => {
  const engine = new (loadBinding().Engine)(engineOptions)
  const param = new Uint8Array(64 * 2 ** 20)
  const model = thief({ param, bin: new Uint8Array(4) }, 'bin', param)
  await t.throwsAsync(engine.loadDetector(model), { message: /the text ends/ })
  await engine.close()
})

test('bytes of a Buffer, a subclass and shared memory are taken as they are', async (t) => {
  class Pixels extends Uint8Array {}
  const engine = new (loadBinding().Engine)(engineOptions)
  const size = 112 * 112 * 3
  const fill = (bytes: Uint8Array): Uint8Array => bytes.map((_, i) => (i * 7) % 256)
  const plain = fill(new Uint8Array(size))
  const shared = new Uint8Array(new SharedArrayBuffer(size + 8), 8)
  shared.set(plain)
  const frame = { width: 112, height: 112, stride: 336, format: 'rgb' } as const
  const expected = await engine.align({ data: plain, ...frame }, landmarks)
  for (const data of [Buffer.from(plain), new Pixels(plain), shared]) {
    t.deepEqual(await engine.align({ data, ...frame }, landmarks), expected)
  }
  await engine.close()
})
