import test from 'ava'
import {
  type Box,
  EmbeddingMismatchError,
  FaceEmbedder,
  FaceEmbedding,
  FaceRecognizer,
  FarUnsupportedError,
  ImageDecodeError,
  InvalidArgumentError,
  NoFaceError,
  type PhotoInput,
  similarity,
  type VerifyOptions
} from '../../lib/index.js'
import { crop, photo, pixels, sideBySide } from '../support/fixtures.js'
import { overlap } from '../support/overlap.js'
import { gradient } from '../support/pictures.js'

let faces: FaceRecognizer
test.before(async () => {
  faces = await FaceRecognizer.open({ threads: 1 })
})
test.after.always(() => faces?.close())

const pairs: [string, string, boolean][] = [
  ['obama.jpg', 'obama2.jpg', true],
  ['obama.jpg', 'obama3.jpg', true],
  ['obama2.jpg', 'obama3.jpg', true],
  ['obama.jpg', 'biden.jpg', false],
  ['obama2.jpg', 'biden.jpg', false],
  ['obama3.jpg', 'biden.jpg', false]
]

for (const [a, b, same] of pairs) {
  test(`${a} and ${b}: ${same ? 'the same person' : 'different people'}`, async (t) => {
    const result = await faces.verify(photo(a), photo(b))
    t.log(`similarity ${result.similarity.toFixed(4)}, threshold ${result.threshold.toFixed(4)}`)
    t.is(result.same, same)
    t.is(result.same, result.similarity >= result.threshold)
    t.is(result.far, faces.manifest.calibration?.defaultFar)
    t.is(result.model, 'seesaw-shuffle')
    t.is(result.similarity, similarity(...result.embeddings))
  })
}

test('photos and embeddings can be mixed, in any order', async (t) => {
  const [a, b] = [photo('obama.jpg'), photo('biden.jpg')]
  const [left, right] = await Promise.all([faces.embed(a), faces.embed(b)])
  const expected = (await faces.verify(a, b)).similarity
  for (const [x, y] of [
    [left, right],
    [a, right],
    [left, b],
    [b, a]
  ] as const) {
    t.is((await faces.verify(x, y)).similarity, expected)
  }
  const stored = FaceEmbedding.fromJSON(JSON.parse(JSON.stringify(left)))
  t.is((await faces.verify(stored, b)).similarity, expected)
})

test('an embedding has length 1, and says where it comes from', async (t) => {
  const embedding = await faces.embed(photo('obama.jpg'))
  t.is(embedding.vector.length, 512)
  t.true(Math.abs(Math.hypot(...embedding.vector) - 1) < 1e-5)
  t.is(embedding.model, 'seesaw-shuffle')
  t.is(embedding.modelSha256, faces.manifest.files.bin.sha256)
  t.is(embedding.precision, 'fp32')
  t.is(embedding.faceCount, 1)
  t.deepEqual(embedding.face, (await faces.detect(photo('obama.jpg'), { quality: true }))[0])
})

test('step by step gives what the whole pipeline gives', async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1 })
  const whole = await faces.embed(photo('obama2.jpg'))
  t.truthy(whole.face)
  if (!whole.face) return
  const rgb = await faces.align(photo('obama2.jpg'), whole.face.landmarks)
  t.is(rgb.length, 112 * 112 * 3)
  const bgr = rgb.map((_, i) => rgb[i + 2 - 2 * (i % 3)] as number)
  for (const embedding of [
    await embedder.embed(rgb),
    await embedder.embed(rgb, { format: 'rgb' }),
    await embedder.embed(bgr, { format: 'bgr' })
  ]) {
    t.true(similarity(embedding, whole) > 0.999999)
  }
})

test("OpenCV's crops give nearly the same embeddings as ours", async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1 })
  for (const name of ['obama', 'obama2', 'obama3', 'biden']) {
    const ours = await faces.embed(photo(`${name}.jpg`))
    const theirs = await embedder.embed(await crop(`${name}.png`))
    t.log(`${name}: ${similarity(ours, theirs).toFixed(5)}`)
    t.true(similarity(ours, theirs) > 0.97)
  }
})

test('of several faces the most prominent one is taken', async (t) => {
  const [left, right] = [await pixels('obama.jpg'), await pixels('biden.jpg')]
  const both = await faces.embed({ ...sideBySide(left, right), format: 'rgb' })
  t.is(both.faceCount, 2)
  const obama = await faces.embed(photo('obama.jpg'))
  const biden = await faces.embed(photo('biden.jpg'))
  const box = biden.face?.box as Box
  t.true(box.width > (obama.face?.box.width ?? 0))
  // Detection works at half the scale here, so the face is found a little aside from where it is
  // found in the photo alone.
  t.true(overlap(both.face?.box as Box, { ...box, x: box.x + left.width }) > 0.9)
  t.true(similarity(both, biden) > 0.9)
  t.true(similarity(both, obama) < 0.3)
})

test('no face is an error with the best score seen', async (t) => {
  const frame = { data: gradient(320, 240), width: 320, height: 240, format: 'rgb' } as const
  const error = await t.throwsAsync(faces.embed(frame), { instanceOf: NoFaceError })
  t.is(error?.code, 'NO_FACE')
  t.true(error !== undefined && error.bestScore >= 0 && error.bestScore < 0.6)
  const strict = await t.throwsAsync(faces.embed(photo('obama.jpg'), { minScore: 1 }), {
    instanceOf: NoFaceError
  })
  t.true(strict !== undefined && strict.bestScore > 0.6 && strict.bestScore < 1)
  t.regex(error?.message ?? '', /in the photo: the best score seen is 0\.\d+, below .* 0\.6$/)
  t.regex(strict?.message ?? '', /"[^"]*obama\.jpg": the best score seen is 0\.\d+/)
  await t.throwsAsync(faces.verify(photo('obama.jpg'), frame), {
    instanceOf: NoFaceError,
    message: /in photo b: the best score seen/
  })
})

test('a stricter FAR gives a higher threshold', async (t) => {
  const embedding = await faces.embed(photo('obama.jpg'))
  const thresholds: number[] = []
  for (const far of [0.1, 0.02, 0.01, 0.001]) {
    const result = await faces.verify(embedding, embedding, { far })
    t.is(result.far, far)
    t.true(result.same)
    thresholds.push(result.threshold)
  }
  t.deepEqual(
    thresholds,
    [...thresholds].sort((x, y) => x - y)
  )
  t.is(new Set(thresholds).size, 4)
})

test('a threshold of one’s own decides, and its FAR is told', async (t) => {
  const embedding = await faces.embed(photo('obama.jpg'))
  const { threshold } = await faces.verify(embedding, embedding, { far: 0.01 })
  const result = await faces.verify(embedding, embedding, { threshold })
  t.is(result.threshold, threshold)
  t.true(result.far !== undefined && Math.abs(result.far / 0.01 - 1) < 1e-6)
  t.is((await faces.verify(embedding, embedding, { threshold: -1 })).far, undefined)
})

test('wrong options of verify are named', async (t) => {
  const a = photo('obama.jpg')
  const cases: [unknown, string][] = [
    [{ threshold: Number.NaN }, 'threshold'],
    [{ threshold: 1.5 }, 'threshold'],
    [{ threshold: '0.5' }, 'threshold'],
    [{ far: Number.NaN }, 'far'],
    [{ far: -1 }, 'far'],
    [{ far: 0.01, threshold: 0.5 }, 'threshold'],
    [{ minScore: Number.NaN }, 'minScore'],
    ['0.5', 'options']
  ]
  for (const [options, argument] of cases) {
    const error = await t.throwsAsync(faces.verify(a, a, options as VerifyOptions), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, argument)
  }
  await t.throwsAsync(faces.verify(a, a, { far: 1e-9 }), { instanceOf: FarUnsupportedError })
})

test('which of the two photos is wrong is told', async (t) => {
  const good = photo('obama.jpg')
  const nothing = 7 as unknown as PhotoInput
  const first = await t.throwsAsync(faces.verify(nothing, good), {
    instanceOf: InvalidArgumentError
  })
  t.is(first?.argument, 'a')
  const second = await t.throwsAsync(faces.verify(good, nothing), {
    instanceOf: InvalidArgumentError
  })
  t.is(second?.argument, 'b')
  await t.throwsAsync(faces.verify(good, photo('missing.jpg')), {
    instanceOf: ImageDecodeError,
    message: /missing\.jpg/
  })
})

test("another model's embedding is refused", async (t) => {
  const own = await faces.embed(photo('obama.jpg'))
  const { vector, model, modelSha256, precision } = own
  for (const other of [
    new FaceEmbedding(vector, { model: 'other', modelSha256, precision }),
    new FaceEmbedding(vector, { model, modelSha256: 'f'.repeat(64), precision }),
    new FaceEmbedding(vector, { model, modelSha256, precision: 'fp16' })
  ]) {
    await t.throwsAsync(faces.verify(own, other), { instanceOf: EmbeddingMismatchError })
    await t.throwsAsync(faces.verify(other, own), { instanceOf: EmbeddingMismatchError })
  }
})
