import test from 'ava'
import {
  FaceEmbedder,
  type FaceEmbedderOptions,
  InvalidArgumentError,
  PrecisionUnsupportedError,
  similarity
} from '../../lib/index.js'
import { crop } from '../support/fixtures.js'

let embedder: FaceEmbedder
let obama: Uint8Array
test.before(async () => {
  embedder = await FaceEmbedder.open({ threads: 1 })
  obama = await crop('obama.png')
})
test.after.always(() => embedder?.close())

test('the same crop gives the same embedding, bit for bit, whatever runs beside', async (t) => {
  const first = await embedder.embed(obama)
  const again = await Promise.all(Array.from({ length: 20 }, () => embedder.embed(obama)))
  for (const { vector } of again) t.deepEqual(vector, first.vector)
})

test('more threads give the same embedding', async (t) => {
  await using two = await FaceEmbedder.open({ threads: 2 })
  t.is(two.threads, 2)
  t.true(similarity(await two.embed(obama), await embedder.embed(obama)) > 0.999999)
})

test('fused kernels, where there are any, and NCNN give the same embedding', async (t) => {
  await using plain = await FaceEmbedder.open({ implementation: 'ncnn' })
  t.is(plain.implementation, 'ncnn')
  t.true(similarity(await plain.embed(obama), await embedder.embed(obama)) > 0.99999)
  const wanted = FaceEmbedder.open({ implementation: 'fused' })
  if (embedder.implementation === 'fused') {
    await using fused = await wanted
    t.is(fused.implementation, 'fused')
    t.deepEqual((await fused.embed(obama)).vector, (await embedder.embed(obama)).vector)
  } else {
    const error = await t.throwsAsync(wanted, { instanceOf: InvalidArgumentError })
    t.is(error?.argument, 'implementation')
  }
})

test('every kind of array is taken, and copied at once', async (t) => {
  const { vector } = await embedder.embed(obama)
  const copies = [
    Buffer.from(obama),
    new Uint8ClampedArray(obama),
    Uint8Array.from(obama).buffer,
    new Uint8Array([0, ...obama]).subarray(1)
  ]
  for (const copy of copies) t.deepEqual((await embedder.embed(copy)).vector, vector)
  const reused = Uint8Array.from(obama)
  const pending = embedder.embed(reused)
  reused.fill(0)
  t.deepEqual((await pending).vector, vector)
})

test('the result belongs to JavaScript and can be transferred', async (t) => {
  const { vector } = await embedder.embed(obama)
  const values = Array.from(vector)
  const moved = structuredClone(vector, { transfer: [vector.buffer as ArrayBuffer] })
  t.deepEqual(Array.from(moved), values)
})

test('half precision agrees, or says that this CPU has none', async (t) => {
  let half: FaceEmbedder
  try {
    half = await FaceEmbedder.open({ threads: 1, precision: 'fp16' })
  } catch (error) {
    t.true(error instanceof PrecisionUnsupportedError)
    return
  }
  const embedding = await half.embed(obama)
  await half.close()
  t.is(embedding.precision, 'fp16')
  const full = await embedder.embed(obama)
  const dot = embedding.vector.reduce(
    (sum, value, i) => sum + value * (full.vector[i] as number),
    0
  )
  t.true(dot > 0.999)
})

test('wrong crops and formats are named', async (t) => {
  const cases: [unknown, unknown, string][] = [
    [undefined, undefined, 'crop'],
    ['photo.jpg', undefined, 'crop'],
    [new Uint8Array(0), undefined, 'crop'],
    [new Uint8Array(37631), undefined, 'crop'],
    [new Uint8Array(37633), undefined, 'crop'],
    [new Float32Array(37632), undefined, 'crop'],
    [Array.from(obama), undefined, 'crop'],
    [obama, { format: 'rgba' }, 'format'],
    [obama, { format: 'RGB' }, 'format'],
    [obama, { format: 7 }, 'format'],
    [obama, 'bgr', 'options'],
    [obama, null, 'options']
  ]
  for (const [input, options, argument] of cases) {
    const error = await t.throwsAsync(
      embedder.embed(input as Uint8Array, options as { format?: 'rgb' }),
      { instanceOf: InvalidArgumentError }
    )
    t.is(error?.argument, argument)
  }
})

test('wrong options of open are named', async (t) => {
  const cases: [unknown, string][] = [
    [{ threads: 0 }, 'threads'],
    [{ threads: 1.5 }, 'threads'],
    [{ threads: Number.NaN }, 'threads'],
    [{ threads: '2' }, 'threads'],
    [{ threads: null }, 'threads'],
    [{ powersave: 'on' }, 'powersave'],
    [{ powersave: 0 }, 'powersave'],
    [{ threads: 1000 }, 'threads'],
    [{ precision: 'int4' }, 'precision'],
    [{ precision: 16 }, 'precision'],
    [{ implementation: 'fast' }, 'implementation'],
    [{ implementation: true }, 'implementation'],
    [{ queueLimit: 0 }, 'queueLimit'],
    [{ spinMicroseconds: -1 }, 'spinMicroseconds'],
    [{ spinMicroseconds: 0.5 }, 'spinMicroseconds'],
    [{ spinMicroseconds: 1_000_001 }, 'spinMicroseconds'],
    [{ queueLimit: Number.POSITIVE_INFINITY }, 'queueLimit'],
    [{ model: '../seesaw-shuffle' }, 'model'],
    [{ model: 5 }, 'model'],
    [{ modelDir: 5 }, 'modelDir'],
    ['seesaw-shuffle', 'options'],
    [null, 'options']
  ]
  for (const [options, argument] of cases) {
    const error = await t.throwsAsync(FaceEmbedder.open(options as FaceEmbedderOptions), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, argument, JSON.stringify(options))
  }
})
