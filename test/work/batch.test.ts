import test from 'ava'
import {
  combineEmbeddings,
  FaceEmbedder,
  type FaceEmbedding,
  FaceRecognizer,
  ImageDecodeError,
  similarity
} from '../../lib/index.js'
import { type BatchResult, runBatch } from '../../lib/work/batch.js'
import { embedding } from '../support/embeddings.js'
import { crop, photo } from '../support/fixtures.js'

async function all<I, V>(batch: AsyncIterable<BatchResult<I, V>>): Promise<BatchResult<I, V>[]> {
  const results: BatchResult<I, V>[] = []
  for await (const result of batch) results.push(result)
  return results
}

test('the order of the inputs is kept, and no more than wanted are at work', async (t) => {
  let [atWork, most] = [0, 0]
  const delays = [30, 1, 20, 5, 1, 10]
  const progress: number[] = []
  const options = { concurrency: 3, onProgress: (done: number) => progress.push(done) }
  const results = await all(
    runBatch(delays, options, async (delay) => {
      most = Math.max(most, ++atWork)
      await new Promise((resolve) => setTimeout(resolve, delay))
      atWork--
      return delay * 2
    })
  )
  t.deepEqual(
    results.map(({ index, value }) => [index, value]),
    delays.map((delay, i) => [i, delay * 2])
  )
  t.true(most > 1 && most <= 3, `${most}`)
  t.deepEqual(progress, [1, 2, 3, 4, 5, 6])
})

test('inputs are taken as there is room, and left when the consumer leaves', async (t) => {
  let [taken, closed] = [0, false]
  function* inputs() {
    try {
      for (;;) yield taken++
    } finally {
      closed = true
    }
  }
  for await (const { index } of runBatch(inputs(), { concurrency: 2 }, async (n) => n)) {
    if (index === 3) break
  }
  t.true(closed)
  t.true(taken <= 6, `${taken}`)
})

test('errors of ours are values, others are thrown', async (t) => {
  const job = async (n: number): Promise<number> => {
    if (n === 1) throw new ImageDecodeError('broken')
    if (n === 3) throw new TypeError('a bug')
    return n
  }
  const [, second, third] = await all(runBatch([0, 1, 2], {}, job))
  t.true(second?.error instanceof ImageDecodeError)
  t.is(third?.value, 2)
  await t.throwsAsync(all(runBatch([0, 3, 2], {}, job)), { instanceOf: TypeError })
})

test('a signal ends a batch', async (t) => {
  const controller = new AbortController()
  const batch = runBatch([1, 2, 3], { signal: controller.signal, concurrency: 1 }, async (n) => n)
  t.is((await batch.next()).value?.value, 1)
  controller.abort()
  t.is(await batch.next().catch((reason) => reason), controller.signal.reason)
})

test('a result comes when it is ready, not when there are more inputs', async (t) => {
  // Each input is given only once the result before it has come: as in a request and its response.
  let answered = 0
  async function* inputs() {
    for (let n = 0; n < 3; n++) {
      while (answered < n) await new Promise((resolve) => setTimeout(resolve, 1))
      yield n
    }
  }
  const values: number[] = []
  for await (const { value } of runBatch(inputs(), { concurrency: 4 }, async (n) => n)) {
    values.push(value as number)
    answered++
  }
  t.deepEqual(values, [0, 1, 2])
})

test('a signal ends a batch whose source is silent, and the source is told', async (t) => {
  const controller = new AbortController()
  let closed = false
  const silent = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<number>>(() => undefined),
      return: async () => {
        closed = true
        return { done: true as const, value: undefined }
      }
    })
  }
  const batch = all(runBatch(silent, { signal: controller.signal }, async (n) => n))
  controller.abort()
  t.is(await batch.catch((reason) => reason), controller.signal.reason)
  t.true(closed)
})

test('nothing is yielded after a signal, also of what was ready before it', async (t) => {
  const controller = new AbortController()
  const options = { signal: controller.signal, concurrency: 4 }
  const values: number[] = []
  const batch = (async () => {
    for await (const { value } of runBatch([1, 2, 3, 4], options, async (n) => n)) {
      values.push(value as number)
      await new Promise((resolve) => setTimeout(resolve, 5))
      controller.abort()
    }
  })()
  t.is(await batch.catch((reason) => reason), controller.signal.reason)
  t.deepEqual(values, [1])
})

test('an abort during the last input is not the end of the inputs', async (t) => {
  const controller = new AbortController()
  function* inputs() {
    yield 1
    controller.abort()
  }
  const batch = all(runBatch(inputs(), { signal: controller.signal }, async (n) => n))
  t.is(await batch.catch((reason) => reason), controller.signal.reason)
})

test('a source that fails ends the batch after what came before it', async (t) => {
  function* inputs() {
    yield 1
    throw new RangeError('the source')
  }
  const values: number[] = []
  await t.throwsAsync(
    async () => {
      for await (const { value } of runBatch(inputs(), {}, async (n) => n)) {
        values.push(value as number)
      }
    },
    { instanceOf: RangeError }
  )
  t.deepEqual(values, [1])
})

test('photos: embeddings in order, a missing one as an error', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1 })
  const photos = [photo('obama.jpg'), 'no such.jpg', photo('obama2.jpg')]
  const results = await all(faces.embedAll(photos))
  t.deepEqual(
    results.map(({ input, error }) => [input, error?.code]),
    [
      [photos[0], undefined],
      [photos[1], 'IMAGE_DECODE'],
      [photos[2], undefined]
    ]
  )
  const [a, , b] = results
  t.deepEqual(a?.value?.vector, (await faces.embed(photo('obama.jpg'))).vector)
  const template = combineEmbeddings([a?.value as FaceEmbedding, b?.value as FaceEmbedding])
  const other = await faces.embed(photo('obama3.jpg'))
  t.true(similarity(template, other) > similarity(a?.value as FaceEmbedding, other))
  t.throws(() => faces.embedAll(3 as never), { code: 'INVALID_ARGUMENT' })
  t.throws(() => faces.embedAll([], { concurrency: 0 }), { code: 'INVALID_ARGUMENT' })
})

test('crops', async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1 })
  const crops = [await crop('biden.png'), new Uint8Array(3)]
  const [good, bad] = await all(embedder.embedAll(crops))
  t.deepEqual(good?.value?.vector, (await embedder.embed(crops[0] as Uint8Array)).vector)
  t.is(bad?.error?.code, 'INVALID_ARGUMENT')
})

test('a template is the normalised mean', (t) => {
  const template = combineEmbeddings([embedding([1, 0, 0]), embedding([0, 1, 0])])
  t.deepEqual(
    Array.from(template.vector, (value) => value.toFixed(5)),
    ['0.70711', '0.70711', '0.00000']
  )
  t.is(similarity(combineEmbeddings([embedding([3, 4])]), embedding([3, 4])), 1)
})

for (const [name, list, code] of [
  ['nothing', [], 'INVALID_ARGUMENT'],
  ['no list', 'x', 'INVALID_ARGUMENT'],
  ['no embeddings', [{}], 'INVALID_ARGUMENT'],
  ['opposites', [embedding([1, 0]), embedding([-1, 0])], 'INVALID_ARGUMENT'],
  ['two models', [embedding([1]), embedding([1], { model: 'n' })], 'EMBEDDING_MISMATCH'],
  ['two precisions', [embedding([1]), embedding([1], { precision: 'fp16' })], 'EMBEDDING_MISMATCH']
] as const) {
  test(`no template of ${name}`, (t) => {
    t.throws(() => combineEmbeddings(list as never), { code })
  })
}
