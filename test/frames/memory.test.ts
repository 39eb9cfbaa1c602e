import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import {
  type FaceEmbedding,
  FaceRecognizer,
  type RawFrame,
  SeesawFaceError
} from '../../lib/index.js'
import { pixels } from '../support/fixtures.js'
import { encodeFrame, sampled } from '../support/frames.js'

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')

let faces: FaceRecognizer
let picture: RawFrame & { readonly data: Uint8Array }
let expected: FaceEmbedding
test.before(async () => {
  faces = await FaceRecognizer.open({ threads: 1, queueLimit: 256 })
  picture = encodeFrame(sampled(await pixels('obama.jpg'), 2), 'nv12')
  expected = await faces.embed(picture)
})
test.after.always(() => faces?.close())

/** Overwrites memory that was freed, if any was. */
function churn(): void {
  gc()
  for (let i = 0; i < 8; i++) new Uint8Array(picture.data.byteLength).fill(i)
  gc()
}

type Growable = ArrayBuffer & { resize(length: number): void }
const Resizable = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number }
) => Growable

const fates: [string, (data: Uint8Array) => void, (bytes: number) => ArrayBuffer][] = [
  ['overwritten', (data) => data.fill(0), (bytes) => new ArrayBuffer(bytes)],
  [
    'transferred and collected',
    ({ buffer }) => {
      structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
    },
    (bytes) => new ArrayBuffer(bytes)
  ],
  [
    'shrunk',
    ({ buffer }) => (buffer as Growable).resize(0),
    (bytes) => new Resizable(bytes, { maxByteLength: bytes })
  ]
]

for (const [name, act, make] of fates) {
  test(`a buffer ${name} while work is under way changes nothing`, async (t) => {
    const work: Promise<FaceEmbedding>[] = []
    for (let i = 0; i < 12; i++) {
      const data = new Uint8Array(make(picture.data.byteLength))
      data.set(picture.data)
      work.push(faces.embed({ ...picture, data }))
      act(data)
      churn()
    }
    for (const { vector } of await Promise.all(work)) t.deepEqual(vector, expected.vector)
  })
}

test('a buffer given away is read although nobody else holds it', async (t) => {
  const work: Promise<FaceEmbedding>[] = []
  for (let i = 0; i < 12; i++) {
    work.push(faces.embed({ ...picture, data: picture.data.slice(), transfer: true }))
    churn()
  }
  for (const { vector } of await Promise.all(work)) t.deepEqual(vector, expected.vector)
})

test('a SharedArrayBuffer is read where it is, also when nobody else holds it', async (t) => {
  const work: Promise<FaceEmbedding>[] = []
  for (let i = 0; i < 12; i++) {
    const data = new Uint8Array(new SharedArrayBuffer(picture.data.byteLength + 64), 64)
    data.set(picture.data)
    work.push(faces.embed({ ...picture, data }))
    churn()
  }
  for (const { vector } of await Promise.all(work)) t.deepEqual(vector, expected.vector)
})

test('what is written to shared memory before its turn comes is what is seen', async (t) => {
  const data = new Uint8Array(new SharedArrayBuffer(picture.data.byteLength))
  const before = Array.from({ length: 4 }, () => faces.embed(picture))
  const late = faces.embed({ ...picture, data })
  data.set(picture.data)
  await Promise.all(before)
  t.deepEqual((await late).vector, expected.vector)
})

test('a worker that writes to shared memory all the time does no harm', async (t) => {
  const data = new Uint8Array(new SharedArrayBuffer(picture.data.byteLength))
  data.set(picture.data)
  const writer = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     parentPort.postMessage('writing')
     for (let i = 0; ; i++) workerData.fill(i, (i * 9973) % workerData.length)`,
    { eval: true, workerData: data }
  )
  await new Promise((resolve) => writer.once('message', resolve))
  try {
    for (let i = 0; i < 20; i++) {
      const found = await faces.detect({ ...picture, data })
      for (const { score } of found) t.true(score >= 0.6 && score <= 1)
    }
  } finally {
    await writer.terminate()
  }
  data.set(picture.data)
  t.deepEqual((await faces.embed({ ...picture, data })).vector, expected.vector)
})

test('the file of a photo that is overwritten or transferred away too early: an error of ours, no crash', async (t) => {
  const { readFile } = await import('node:fs/promises')
  const { photo } = await import('../support/fixtures.js')
  const file = await readFile(photo('obama.jpg'))
  const whole = await faces.embed(file)
  const work: Promise<FaceEmbedding>[] = []
  for (let i = 0; i < 6; i++) {
    const bytes = new Uint8Array(file)
    work.push(faces.embed(bytes))
    if (i % 2) bytes.fill(0)
    else structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    churn()
  }
  // It is read when its turn comes, so that waiting calls hold no copies.
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'fulfilled') t.is(outcome.value.vector.length, whole.vector.length)
    else t.true(outcome.reason instanceof SeesawFaceError, String(outcome.reason))
  }
  t.deepEqual((await faces.embed(file)).vector, whole.vector)
})

test('many frames leave no memory behind', async (t) => {
  const round = async (): Promise<void> => {
    for (let i = 0; i < 25; i++) await faces.detect({ ...picture, data: picture.data.slice() })
  }
  const used = async (): Promise<number> => {
    for (let i = 0; i < 3; i++) {
      gc()
      await sleep(5)
    }
    return process.memoryUsage().arrayBuffers
  }
  await round()
  const before = await used()
  for (let i = 0; i < 3; i++) await round()
  const grown = (await used()) - before
  t.log(`grown by ${grown} bytes, a frame has ${picture.data.byteLength}`)
  t.true(grown < 3 * picture.data.byteLength)
})
