import test from 'ava'
import { InvalidArgumentError } from '../../lib/errors.js'
import { type DetectOptions, type Face, FaceDetector, type Landmarks } from '../../lib/index.js'
import { orientedJpeg, type Rgb } from '../support/exif.js'
import { photo, pixels, recoded, sideBySide } from '../support/fixtures.js'
import { landmarkError, overlap } from '../support/overlap.js'
import { gradient, tiff } from '../support/pictures.js'

let detector: FaceDetector
let biden: Rgb
let upright: Face
test.before(async () => {
  detector = await FaceDetector.open({ threads: 1 })
  biden = await pixels('biden.jpg')
  // A file of the same pixels: a JPEG of this size would be made smaller while it is decoded.
  upright = (await detector.detect(tiff(1, biden)))[0] as Face
})
test.after.always(() => detector?.close())

test('a portrait shows one face, with landmarks where a face has them', async (t) => {
  const faces = await detector.detect(photo('biden.jpg'))
  t.is(faces.length, 1)
  const { box, score, landmarks } = faces[0] as Face
  t.true(score > 0.6 && score <= 1)
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks
  t.true(leftEye.x < nose.x && nose.x < rightEye.x)
  t.true(leftMouth.x < rightMouth.x)
  t.true(leftEye.y < nose.y && nose.y < leftMouth.y)
  for (const { x, y } of landmarks) {
    t.true(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height)
  }
})

for (let orientation = 1; orientation <= 8; orientation++) {
  test(`EXIF orientation ${orientation}: the same face`, async (t) => {
    const faces = await detector.detect(await orientedJpeg(orientation, biden))
    t.is(faces.length, 1)
    const face = faces[0] as Face
    t.true(overlap(face.box, upright.box) > 0.95, `IoU ${overlap(face.box, upright.box)}`)
    t.true(landmarkError(upright, face) < 0.02, `landmarks off by ${landmarkError(upright, face)}`)
  })
}

const layouts = [
  ['rgb', [0, 1, 2]],
  ['bgr', [2, 1, 0]],
  ['rgba', [0, 1, 2, 255]],
  ['bgra', [2, 1, 0, 255]]
] as const

for (const [format, channels] of layouts) {
  test(`a raw ${format} frame, with and without padding, gives exactly the photo's face`, async (t) => {
    const { width, height } = biden
    for (const padding of [0, 13]) {
      const { data, stride } = recoded(biden, channels, padding)
      const faces = await detector.detect({ data, stride, width, height, format })
      t.deepEqual(faces, [upright])
    }
  })
}

test('a grey frame gives nearly the same face', async (t) => {
  const { width, height } = biden
  const { data } = recoded(biden, [1])
  const faces = await detector.detect({ data, width, height, format: 'gray' })
  t.is(faces.length, 1)
  t.true(overlap((faces[0] as Face).box, upright.box) > 0.85)
})

test('a buffer may be changed as soon as the call was made', async (t) => {
  const { width, height } = biden
  const data = Uint8Array.from(biden.data)
  const result = detector.detect({ data, width, height, format: 'rgb' })
  data.fill(0)
  t.deepEqual(await result, [upright])
})

test('several faces are listed, best score first, as many as wanted', async (t) => {
  const pair = sideBySide(biden, await pixels('obama.jpg'))
  const frame = { ...pair, format: 'rgb' } as const
  const faces = await detector.detect(frame)
  t.is(faces.length, 2)
  t.true((faces[0] as Face).score >= (faces[1] as Face).score)
  t.deepEqual(await detector.detect(frame, { maxFaces: 1 }), faces.slice(0, 1))
})

test('no face is an empty list, not an error', async (t) => {
  const frame = { data: gradient(320, 240), width: 320, height: 240, format: 'rgb' } as const
  t.deepEqual(await detector.detect(frame), [])
  t.deepEqual(await detector.detect(photo('biden.jpg'), { minScore: 1 }), [])
})

for (const [width, height] of [
  [1, 1],
  [1, 500],
  [700, 1],
  [31, 33]
] as const) {
  test(`a picture of ${width}×${height} pixels does no harm`, async (t) => {
    const data = new Uint8Array(width * height * 3).fill(128)
    t.deepEqual(await detector.detect({ data, width, height, format: 'rgb' }), [])
  })
}

test('wrong options are named', async (t) => {
  const cases: [unknown, string][] = [
    [{ minScore: Number.NaN }, 'minScore'],
    [{ minScore: -0.1 }, 'minScore'],
    [{ minScore: 1.1 }, 'minScore'],
    [{ minScore: '0.5' }, 'minScore'],
    [{ maxFaces: 0 }, 'maxFaces'],
    [{ maxFaces: 2.5 }, 'maxFaces'],
    [{ maxSide: 10 }, 'maxSide'],
    [{ maxSide: Number.POSITIVE_INFINITY }, 'maxSide'],
    [null, 'options'],
    [0.5, 'options']
  ]
  for (const [options, argument] of cases) {
    const error = await t.throwsAsync(
      detector.detect(photo('biden.jpg'), options as DetectOptions),
      { instanceOf: InvalidArgumentError }
    )
    t.is(error?.argument, argument)
  }
})

test('wrong landmarks are refused', async (t) => {
  const point = { x: 1, y: 2 }
  for (const landmarks of [
    undefined,
    [],
    [point, point, point, point],
    [point, point, point, point, null],
    [point, point, point, point, { x: Number.NaN, y: 1 }],
    [point, point, point, point, { x: '1', y: 1 }]
  ]) {
    const error = await t.throwsAsync(
      detector.align(photo('biden.jpg'), landmarks as unknown as Landmarks),
      { instanceOf: InvalidArgumentError }
    )
    t.is(error?.argument, 'landmarks')
  }
})

test('landmarks all in one point give an error, not a crash', async (t) => {
  const point = { x: 10, y: 10 }
  const error = await t.throwsAsync(
    detector.align(photo('biden.jpg'), [point, point, point, point, point]),
    { instanceOf: InvalidArgumentError }
  )
  t.is(error?.argument, 'landmarks')
})
