import test from 'ava'
import { type DetectOptions, type Face, FaceRecognizer, similarity } from '../../lib/index.js'
import type { Rgb } from '../support/exif.js'
import { photo, pixels } from '../support/fixtures.js'
import { collage, covered, leaning, lit, shrunk, turned } from '../support/retouch.js'

const names = ['biden.jpg', 'obama.jpg', 'obama2.jpg', 'obama3.jpg'] as const
let recognizer: FaceRecognizer
let portraits: Rgb[]
test.before(async () => {
  recognizer = await FaceRecognizer.open({ threads: 1 })
  // Half the size is quicker to retouch and shows the same faces.
  portraits = (await Promise.all(names.map(pixels))).map((picture) => shrunk(picture, 2))
})
test.after.always(() => recognizer?.close())

const detect = (rgb: Rgb, options: DetectOptions = {}): Promise<Face[]> =>
  recognizer.detect({ ...rgb, format: 'rgb' }, options)
const embed = (rgb: Rgb) => recognizer.embed({ ...rgb, format: 'rgb' })

for (const degrees of [90, 180, 270, 20, -35, 50, 135]) {
  test(`faces turned by ${degrees}° are found and recognised`, async (t) => {
    for (const [i, portrait] of portraits.entries()) {
      const [{ box }] = (await detect(portrait)) as [Face]
      const centre = [box.x + box.width / 2, box.y + box.height / 2] as const
      const quarters = degrees % 90 === 0
      const picture = quarters ? turned(portrait, degrees / 90) : leaning(portrait, degrees, centre)
      const faces = await detect(picture)
      t.is(faces.length, 1, names[i])
      const likeness = similarity(await embed(portrait), await embed(picture))
      t.true(likeness > 0.6, `${names[i]}: similarity ${likeness}`)
    }
  })
}

test('without rotations a face on its side has landmarks as if it stood, or is not found', async (t) => {
  const [portrait] = portraits as [Rgb]
  const picture = turned(portrait, 2)
  const [plain] = await detect(picture, { rotations: false })
  const [searched] = await detect(picture)
  if (!searched) return t.fail()
  // Upside down: the eyes are below the mouth.
  t.true(searched.landmarks[0].y > searched.landmarks[3].y)
  if (plain) t.true(plain.landmarks[0].y < plain.landmarks[3].y)
})

const hard: [string, (picture: Rgb, face: Face) => Rgb][] = [
  ['dark', (picture) => lit(picture, 0.08)],
  ['backlit: grey and without contrast', (picture) => lit(picture, 0.25, 150)],
  [
    'masked: nose and mouth under light blue',
    (picture, { landmarks: [left, right, nose, mouthLeft], box }) =>
      covered(
        picture,
        [box.x, nose.y - 3, box.width, mouthLeft.y - nose.y + (right.x - left.x) * 0.5].map(
          Math.round
        ),
        [150, 190, 220]
      )
  ],
  [
    'dark glasses',
    (picture, { landmarks: [left, right], box }) =>
      covered(
        picture,
        [box.x, Math.min(left.y, right.y) - 8, box.width, 20].map(Math.round),
        [20, 20, 20]
      )
  ]
]
for (const [name, retouch] of hard) {
  test(`hard to see: ${name}`, async (t) => {
    for (const [i, portrait] of portraits.entries()) {
      const [face] = await detect(portrait)
      t.is((await detect(retouch(portrait, face as Face))).length, 1, names[i])
    }
  })
}

/** A crowd: small copies of all portraits and one large one. */
function crowd(): { picture: Rgb; count: number } {
  const small = portraits.map((portrait) => shrunk(portrait, 8))
  const placed = [{ picture: portraits[0] as Rgb, left: 40, top: 40 }]
  for (let row = 0; row < 6; row++) {
    for (let column = 0; column < 10; column++) {
      placed.push({
        picture: small[(row + column) % small.length] as Rgb,
        left: 800 + column * 110,
        top: 30 + row * 180
      })
    }
  }
  return { picture: collage(2000, 1150, placed), count: placed.length }
}

test('a thorough search finds the small faces beside a large one, each once', async (t) => {
  const { picture, count } = crowd()
  const quick = await detect(picture)
  const thorough = await detect(picture, { search: 'thorough', rotations: false })
  t.log(`${quick.length} quick, ${thorough.length} thorough, ${count} there`)
  t.true(quick.length < count)
  t.is(thorough.length, count)
  t.deepEqual(await detect(picture, { search: 'thorough', rotations: false }), thorough)
  const large = await detect(picture, { search: 'thorough', minFaceSize: 60 })
  t.is(large.length, 1)
  const few = await detect(picture, { search: 'thorough', maxFaces: 7 })
  t.is(few.length, 7)
})

test('searchPixels bounds the search: with nothing to spend only the first size is seen', async (t) => {
  const { picture } = crowd()
  t.deepEqual(
    await detect(picture, { search: 'thorough', rotations: false, searchPixels: 0 }),
    await detect(picture, { rotations: false })
  )
})

for (const [name, options] of [
  ['search', { search: 'slow' }],
  ['rotations', { rotations: 1 }],
  ['minFaceSize', { minFaceSize: -1 }],
  ['minFaceSize', { minFaceSize: 2.5 }],
  ['searchPixels', { searchPixels: Number.NaN }]
] as const) {
  test(`refused: ${JSON.stringify(options)}`, async (t) => {
    await t.throwsAsync(recognizer.detect(photo('biden.jpg'), options as DetectOptions), {
      code: 'INVALID_ARGUMENT',
      message: new RegExp(`^${name} must be`)
    })
  })
}
